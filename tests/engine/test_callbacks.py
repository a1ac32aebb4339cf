"""What callbacks see at a look, and what they may change."""

from __future__ import annotations

import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_rows

import fallline as fl
from fallline.core.errors import DataError, InvalidType, InvalidValue
from fallline.engine.program import clock

PER_EPOCH = 5
CHOICES = {"batch_size": 8, "epochs": 12}


@pytest.fixture(scope="module")
def problem():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    y = x.sum(1) + rng.normal(size=60).astype(np.float32)
    data = fl.Data(train=(x[:40], y[:40]), validation=(x[40:], y[40:]))
    return fl.Problem(init=line, loss=squared_rows, data=data, predict=fit)


@pytest.fixture(scope="module")
def whole(problem):
    return fl.train(problem, fl.SGD(lr=0.1), **CHOICES)


def test_every_epoch_is_looked_at(problem, whole):
    seen = []

    def note(look):
        seen.append((look.step, look.epoch, look.samples, look.loss, look.validation["loss"], look.lr))
        assert look.history.keys() == whole.history.keys()
        assert len(look.history["loss"]) == look.step
        assert look.epoch_history.keys() == whole.epochs.keys()
        np.testing.assert_array_equal(look.epoch_history["train_loss"], whole.epochs["train_loss"][: look.epoch])
        assert look.seconds == look.history["seconds"][-1]

    record = fl.train(problem, fl.SGD(lr=0.1), **CHOICES, callbacks=[note])
    np.testing.assert_array_equal(record.history["loss"], whole.history["loss"])
    step, epoch, samples, loss, validation, lr = map(np.array, zip(*seen, strict=True))
    np.testing.assert_array_equal(step, whole.epochs["step"])
    np.testing.assert_array_equal(epoch, whole.epochs["epoch"])
    np.testing.assert_array_equal(samples, whole.epochs["samples"])
    np.testing.assert_array_equal(loss, whole.history["loss"][step - 1])
    np.testing.assert_array_equal(validation, whole.epochs["val_loss"])
    np.testing.assert_allclose(lr, 0.1, rtol=1e-6)


def test_a_rate_is_set_between_steps(problem, whole):
    """From the step after the look on, without another program; the steps are those of plain descent."""
    before = clock.programs

    def third(look):
        if look.epoch == 3:
            look.set_lr(0.01)
            assert look.lr == pytest.approx(0.01)

    record = fl.train(problem, fl.SGD(lr=0.1), **CHOICES, callbacks=[third])
    assert clock.programs == before
    np.testing.assert_allclose(record.history["lr"], np.repeat([0.1, 0.01], [15, 45]), rtol=1e-6)
    np.testing.assert_array_equal(record.history["loss"][:16], whole.history["loss"][:16])
    assert not np.array_equal(record.history["loss"][16:], whole.history["loss"][16:])


@pytest.mark.parametrize(
    "method",
    [
        fl.chain(fl.ClipNorm(1.0), fl.SGD(lr=fl.Cosine(0.1, steps=60))),
        fl.SGD(lr=fl.Plateau(0.1, factor=0.5, patience=0)),
    ],
    ids=lambda method: method.name(),
)
def test_a_schedule_is_scaled_to_the_rate_set(problem, method):
    rates = []

    def halve(look):
        if look.epoch == 4:
            rates.append(look.lr)
            look.set_lr(look.lr / 2)

    plain = fl.train(problem, method, **CHOICES)
    record = fl.train(problem, method, **CHOICES, callbacks=[halve])
    expected = plain.history["lr"].copy()
    if not isinstance(getattr(method, "lr", None), fl.Plateau):  # whose drops follow the validation, which now differs
        expected[20:] /= 2
        np.testing.assert_allclose(record.history["lr"], expected, rtol=1e-5)
    assert record.history["lr"][20] == pytest.approx(rates[0] / 2, rel=1e-6)


@pytest.mark.parametrize(
    ("method", "lr", "error", "message"),
    [
        (fl.SGD(lr=0.1), -1.0, InvalidValue, "lr must be in"),
        (fl.SGD(lr=0.1), "0.1", InvalidType, "a learning rate is a number"),
        (fl.chain(fl.ClipNorm(1.0), fl.SGD(lr=fl.Cosine(0.1, steps=5))), 0.1, InvalidValue, "the schedule is at 0"),
    ],
    ids=str,
)
def test_a_rate_that_cannot_be_set_is_refused(problem, method, lr, error, message):
    with pytest.raises(error, match=message):
        fl.train(problem, method, batch_size=8, epochs=2, callbacks=[lambda look: look.set_lr(lr)])


def test_a_callback_stops_a_run(problem, whole):
    record = fl.train(
        problem, fl.SGD(lr=0.1), **CHOICES, callbacks=[lambda look: look.epoch == 4 and look.stop("it is good enough")]
    )
    assert record.outcome == "stopped_early"
    assert record.why == "it is good enough, at step 20 of 60"
    np.testing.assert_array_equal(record.history["loss"], whole.history["loss"][:20])
    with pytest.raises(InvalidType, match="the reason is text"):
        fl.train(problem, fl.SGD(lr=0.1), **CHOICES, callbacks=[lambda look: look.stop(4)])


def lower_at_three(look):
    if look.epoch == 3:
        look.set_lr(0.01)


def test_a_rate_that_was_set_survives_what_a_callback_raises(problem, tmp_path):
    expected = fl.train(problem, fl.SGD(lr=0.1), **CHOICES, callbacks=[lower_at_three])

    def fail(look):
        if look.epoch == 3:
            raise ZeroDivisionError("in the user's own code")

    out = tmp_path / "run"
    with pytest.raises(ZeroDivisionError) as raised:
        fl.train(problem, fl.SGD(lr=0.1), **CHOICES, callbacks=[lower_at_three, fail], out=out)
    assert raised.value.__notes__ == [
        f"The run up to step 15 is kept: fl.resume({str(out)!r}, problem) goes on from there."
    ]
    cut = fl.load(out)
    assert cut.outcome == "interrupted"
    assert cut.why == "ZeroDivisionError at step 15: in the user's own code"
    np.testing.assert_array_equal(cut.history["loss"], expected.history["loss"][:15])
    resumed = fl.resume(out, problem)
    for name in expected.history.keys() - {"seconds"}:
        np.testing.assert_array_equal(resumed.history[name], expected.history[name])
    np.testing.assert_array_equal(resumed.params["w"], expected.params["w"])


def test_a_callback_that_fails_at_the_last_look_leaves_nothing_to_do(problem, whole, tmp_path):
    def fail(look):
        if look.step == look.steps:
            raise InvalidValue("that was all")

    with pytest.raises(InvalidValue, match="that was all"):
        fl.train(problem, fl.SGD(lr=0.1), **CHOICES, callbacks=[fail], out=tmp_path / "run")
    resumed = fl.resume(tmp_path / "run", problem)
    assert resumed.outcome == "finished"
    np.testing.assert_array_equal(resumed.params["w"], whole.params["w"])


def test_data_that_vanish_leave_what_was_reached(problem, tmp_path):
    """An iterator whose file goes in the third epoch; the same data, back again, are resumed to the same bits."""
    x, y = problem.data.train

    def batches(lost):
        def make(epoch):
            for i in range(PER_EPOCH):
                if epoch == 2 and i == 3 and lost:
                    raise DataError("day-3.parquet: there is no such file any more.")
                yield x[8 * i : 8 * i + 8], y[8 * i : 8 * i + 8]

        data = fl.Data(train=fl.data.batches(make, steps_per_epoch=PER_EPOCH), validation=problem.data.validation)
        return fl.Problem(init=line, loss=squared_rows, data=data, predict=fit)

    method, out = fl.Momentum(lr=0.05), tmp_path / "run"
    with pytest.raises(DataError, match="no such file") as raised:
        fl.train(batches(lost=True), method, epochs=4, patience=4, out=out)
    assert "fl.resume(" in raised.value.__notes__[0]
    cut = fl.load(out)
    assert cut.outcome == "interrupted"
    assert "DataError" in cut.why
    assert 0 < cut.history["step"][-1] <= 2 * PER_EPOCH
    expected = fl.train(batches(lost=False), method, epochs=4, patience=4)
    resumed = fl.resume(out, batches(lost=False))
    np.testing.assert_array_equal(resumed.history["loss"], expected.history["loss"])
    np.testing.assert_array_equal(resumed.params["w"], expected.params["w"])
    assert resumed.why == expected.why


def pause_at_four(look):
    if look.epoch == 4:
        look.pause("the kettle boils")


def test_a_paused_run_goes_on_to_the_same_bits(problem, whole, tmp_path):
    paused = fl.train(problem, fl.SGD(lr=0.1), **CHOICES, out=tmp_path / "run", callbacks=[pause_at_four])
    assert (paused.outcome, paused.why) == ("interrupted", "the kettle boils, at step 20 of 60")
    assert paused.test == {}
    record = fl.resume(tmp_path / "run", problem)
    assert record.outcome == "finished"
    np.testing.assert_array_equal(record.history["loss"], whole.history["loss"])
    with pytest.raises(InvalidType, match="the reason is text"):
        fl.train(problem, fl.SGD(lr=0.1), **CHOICES, callbacks=[lambda look: look.pause(4)])


def test_a_run_is_resumed_at_another_rate(problem, tmp_path):
    """As if the rate had been set where it was paused; and a run that is killed after that goes on with it."""

    def lower_at_four(look):
        if look.epoch == 4:
            look.set_lr(0.01)

    lowered = fl.train(problem, fl.SGD(lr=0.1), **CHOICES, callbacks=[lower_at_four])
    fl.train(problem, fl.SGD(lr=0.1), **CHOICES, out=tmp_path / "run", callbacks=[pause_at_four])
    with pytest.raises(InvalidValue, match="lr must be in"):
        fl.resume(tmp_path / "run", problem, lr=-1.0)
    again = fl.resume(tmp_path / "run", problem, lr=0.01, callbacks=[lambda look: look.epoch == 8 and look.pause()])
    assert again.outcome == "interrupted"
    record = fl.resume(tmp_path / "run", problem)
    np.testing.assert_allclose(record.history["lr"], np.repeat([0.1, 0.01], [20, 40]), rtol=1e-6)
    np.testing.assert_array_equal(record.history["loss"], lowered.history["loss"])
