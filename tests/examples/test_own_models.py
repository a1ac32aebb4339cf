"""A model of one's own: what the engine, the disk and the command line see of it."""

import dataclasses
import re
from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl

EXAMPLES = Path(__file__).parents[2] / "examples"
NEEDS = {"plain": "jax", "equinox_cnn": "equinox", "flax_nnx": "flax", "flax_linen": "flax"}
STATEFUL = [name for name in NEEDS if name != "plain"]


@pytest.fixture(scope="module", params=NEEDS)
def trained(request):
    """An example's problem, without its validation part, and the record of two epochs."""
    pytest.importorskip(NEEDS[request.param], reason=f"{NEEDS[request.param]} is not installed")
    problem = fl.problems.from_file(f"{EXAMPLES / request.param}.py:problem")
    problem = dataclasses.replace(problem, data=fl.Data(train=problem.data.train, test=problem.data.test))
    return problem, fl.train(problem, fl.Adam(lr=0.01), epochs=2, last_batch="drop")


def test_it_learns(trained):
    _, record = trained
    assert record.outcome == "finished"
    assert record.test["accuracy"] > 0.9


def test_a_loaded_run_predicts_a_row_alone_as_among_others(trained, tmp_path):
    """Neither the other rows (batch statistics) nor chance (dropout) play a part once training is over."""
    problem, record = trained
    x, y = problem.data.test
    among = record.predict(x)
    assert np.mean(among.argmax(axis=1) == y) == pytest.approx(record.test["accuracy"], abs=1e-6)
    there = fl.load(record.save(tmp_path / "run"), problem=problem)
    np.testing.assert_allclose(there.predict(x[:1]), among[:1], rtol=1e-4, atol=1e-5)


def test_running_statistics_are_those_of_the_training_rows(trained):
    """Digits are standardised, so what the first layer gives has a spread that training has seen and zero has not."""
    problem, record = trained
    if not problem.stateful:
        assert not record.model_arrays
        return
    arrays = [array for array in record.model_arrays.values() if array.size > 1]
    assert len(arrays) == 2
    assert not any(np.all(array == 0) or np.all(array == 1) for array in arrays)


X = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)


def test_a_whole_module_is_refused_with_the_way_to_part_it():
    eqx = pytest.importorskip("equinox")
    problem = fl.Problem(
        init=lambda key: eqx.nn.MLP(3, "scalar", 8, 2, key=key),
        loss=lambda model, batch: jnp.stack([model(row) for row in batch.x]) ** 2,
        data=X,
    )
    with pytest.raises(fl.FalllineError, match=r"\.activation.*eqx\.partition\(model, eqx\.is_inexact_array\)"):
        fl.train(problem, fl.SGD(lr=0.1), steps=1)


def test_a_module_with_its_own_keys_is_refused_with_the_way_to_part_it():
    nnx = pytest.importorskip("flax.nnx")
    problem = fl.Problem(
        init=lambda key: nnx.Dropout(0.5, rngs=nnx.Rngs(key)), loss=lambda model, batch: model(batch.x)[:, 0], data=X
    )
    with pytest.raises(fl.FalllineError, match=r"rngs.*nnx\.split\(model, nnx\.Param"):
        fl.train(problem, fl.SGD(lr=0.1), steps=1)


def test_what_the_page_quotes_stands_in_the_examples():
    page = (EXAMPLES.parent / "docs/own-models.md").read_text()
    files = ["\n".join(map(str.strip, path.read_text().splitlines())) for path in EXAMPLES.glob("*.py")]
    quoted = re.findall(r"```py\n(.*?)\n```", page, re.DOTALL)
    assert len(quoted) >= 6
    for block in quoted:
        lines = "\n".join(map(str.strip, block.splitlines()))
        assert any(lines in file for file in files), block
