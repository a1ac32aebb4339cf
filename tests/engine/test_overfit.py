"""A few batches learned by heart, and the dry run."""

from __future__ import annotations

import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_mean, squared_rows

import fallline as fl
from fallline.core.errors import InvalidValue


def numbered(count=50, loss=squared_rows):
    """Rows that differ from one another, with an exact fit through any three of them but through no more."""
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(count, 3)).astype(np.float32), rng.normal(size=count).astype(np.float32)
    parts = fl.Data(train=(x, y), validation=(x, y), test=(x, y))
    return fl.Problem(init=line, loss=loss, data=parts, predict=fit, metrics={"mae": lambda p, t: abs(p - t).mean()})


@pytest.mark.parametrize("loss", [squared_rows, squared_mean])
def test_the_first_batches_are_seen_again_and_again(loss):
    """The batches of the whole run's beginning, in the same order each time."""
    method = fl.SGD(lr=1e-12)  # stands still, so that losses tell the batches
    few = fl.train(numbered(loss=loss), method, batch_size=8, overfit_batches=3, epochs=4)
    whole = fl.train(numbered(loss=loss), method, batch_size=8, epochs=1)
    np.testing.assert_allclose(few.history["loss"], np.tile(whole.history["loss"][:3], 4), rtol=1e-6)
    assert not few.test
    assert not [name for name in few.epochs if name.startswith("val_")]


def test_what_can_be_learned_goes_to_zero():
    record = fl.train(numbered(), fl.SGD(lr=0.05), batch_size=2, overfit_batches=1)
    assert record.history["step"][-1] == 1000
    first, last = (float(record.epochs["train_loss"][i]) for i in (0, -1))
    assert last < 0.01 * first
    assert record.why.endswith(
        f"the loss on 1 batch fell from {first:.4g} to {last:.4g}, near zero: the model can learn"
    )


def test_what_cannot_be_learned_is_told():
    """Forty rows are too many for a line."""
    record = fl.train(numbered(), fl.SGD(lr=0.01), batch_size=8, overfit_batches=5, epochs=30)
    assert "not to near zero" in record.why
    assert "Look at the learning rate" in record.why


def test_it_is_resumed_on_the_same_rows(tmp_path):
    choices = {"batch_size": 8, "overfit_batches": 2, "epochs": 20}
    whole = fl.train(numbered(), fl.SGD(lr=0.01), **choices)

    def fail(look):
        if look.epoch == 7:
            raise RuntimeError("cut")

    with pytest.raises(RuntimeError, match="cut"):
        fl.train(numbered(), fl.SGD(lr=0.01), **choices, callbacks=[fail], out=tmp_path / "run")
    resumed = fl.resume(tmp_path / "run", numbered())
    np.testing.assert_array_equal(resumed.history["loss"], whole.history["loss"])
    assert resumed.why == whole.why


def test_batches_of_a_stream_are_learned_by_heart():
    """Ten given batches, of which the first two are kept."""
    x, y = numbered(80).data.train
    given = fl.data.batches([(x[i : i + 8], y[i : i + 8]) for i in range(0, 80, 8)])
    problem = fl.Problem(init=line, loss=squared_rows, data=fl.Data(train=given), predict=fit)
    record = fl.train(problem, fl.SGD(lr=1e-12), overfit_batches=2, epochs=3)
    expected = [np.mean(y[i : i + 8].astype(np.float64) ** 2) for i in (0, 8)] * 3
    np.testing.assert_allclose(record.history["loss"], expected, rtol=1e-5)


def test_a_dry_run_tells_sizes_and_times(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    record = fl.train(numbered(), fl.Adam(lr=0.1), batch_size=8, epochs=100, dry_run=True)
    facts = record.provenance["dry_run"]
    assert (facts["parameters"], facts["parameter_bytes"]) == (4, 16)
    assert facts["data_bytes"] == 3 * 50 * 4 * 4
    assert facts["method_bytes"] == 2 * 16 + 4  # two moments, and the count
    y = numbered().data.train.y.astype(np.float64)
    assert facts["run_seconds"] == pytest.approx(100 * facts["epoch_seconds"])
    assert "rows: 50 training, 50 validation, 50 test; 2.4 kB" in record.why
    assert "a row: x float32[3], y float32" in record.why
    assert f"validation, untrained: loss {np.mean(y**2):.4g}, mae {np.mean(abs(y)):.4g}" in record.why
    assert "an epoch: 7 steps" in record.why
    assert "the run: 700 steps" in record.why
    assert not list(tmp_path.iterdir())
    assert not len(record.history)
    with pytest.raises(InvalidValue, match="a dry run writes nothing"):
        fl.train(numbered(), fl.Adam, dry_run=True, out=tmp_path / "run")


def test_a_dry_run_does_what_the_run_would_refuse_later(by_rows):
    """A metric that fails is found out at once."""
    broken = fl.Problem(
        init=line,
        loss=squared_rows,
        predict=fit,
        metrics={"odd": lambda p, t: "high"},
        data=fl.Data(train=by_rows.data.train, validation=by_rows.data.train),
    )
    with pytest.raises(fl.FalllineError, match="metric 'odd' returned str"):
        fl.train(broken, fl.Adam, dry_run=True)
