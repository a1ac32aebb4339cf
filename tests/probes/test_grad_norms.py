"""The gradient's length by array."""

import jax.numpy as jnp
import numpy as np
import pytest
from tests.engine.linear import line, squared_rows

import fallline as fl

X = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
Y = X.sum(1)


def test_a_column_for_every_array():
    problem = fl.Problem(init=line, loss=squared_rows, data=(X, Y))
    record = fl.train(problem, fl.SGD(lr=0.05), batch_size="full", steps=4, probes="gradnorms")
    residual = -Y  # the first step is taken at zero
    by_hand = {"grad_norm/w": np.linalg.norm(2 * residual @ X / 30), "grad_norm/b": abs(2 * residual.mean())}
    for name, norm in by_hand.items():
        assert record.history[name][0] == pytest.approx(norm, rel=1e-5)
    squares = record.history["grad_norm/w"] ** 2 + record.history["grad_norm/b"] ** 2
    assert squares == pytest.approx(record.history["grad_norm"] ** 2, rel=1e-5)


def test_layers_are_named_by_their_path():
    def init(key):
        return [{"w": jnp.ones((3, 2))}, {"w": jnp.ones(2)}]

    def loss(params, batch):
        return (jnp.tanh(batch.x @ params[0]["w"]) @ params[1]["w"] - batch.y) ** 2

    history = fl.train(
        fl.Problem(init=init, loss=loss, data=(X, Y)), fl.SGD, steps=3, probes=[fl.GradNorms(every=2)]
    ).history
    assert (
        np.isnan(history["grad_norm/0.w"]).tolist()
        == np.isnan(history["grad_norm/1.w"]).tolist()
        == [False, True, False]
    )


def test_a_run_is_resumed_with_its_probes(tmp_path):
    problem = fl.Problem(init=line, loss=squared_rows, data=(X, Y))
    record = fl.train(problem, fl.SGD(lr=0.05), steps=3, probes="gradnorms(every=2)", out=tmp_path / "run")
    assert record.spec.probes == ("gradnorms(every=2)",)
    assert fl.load(tmp_path / "run").spec == record.spec
    assert fl.Spec.from_toml(record.spec.to_toml()) == record.spec


@pytest.mark.parametrize(
    ("probes", "said"),
    [
        (["gradnorms", fl.GradNorms()], "measured already"),
        ("gradnrms", "Did you mean 'gradnorms'"),
    ],
)
def test_refusals(probes, said):
    problem = fl.Problem(init=line, loss=squared_rows, data=(X, Y))
    with pytest.raises(fl.FalllineError, match=said):
        fl.train(problem, fl.SGD, steps=1, probes=probes)


def test_no_probe():
    problem = fl.Problem(init=line, loss=squared_rows, data=(X, Y))
    with pytest.raises(fl.FalllineError, match="not a probe"):
        fl.train(problem, fl.SGD, steps=1, probes=[3])
