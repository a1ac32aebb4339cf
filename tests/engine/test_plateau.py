"""Rates lowered by validation, against torch's scheduler fed the run's own validation losses."""

import shutil
import signal

import jax
import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_rows

import fallline as fl
from fallline.engine.program import clock

PER_EPOCH = 5


def problem(noise=1.0):
    """40 rows to train on, 5 steps an epoch; validation on noisy rows, so that its loss soon stops improving."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    y = x.sum(1) + noise * rng.normal(size=60).astype(np.float32)
    data = fl.Data(train=(x[:40], y[:40]), validation=(x[40:], y[40:]))
    return fl.Problem(init=line, loss=squared_rows, data=data, predict=fit)


def torchs_rates(losses, peak, **choices):
    """The rate of every epoch by torch.optim.lr_scheduler.ReduceLROnPlateau."""
    torch = pytest.importorskip("torch")
    optimiser = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=peak)
    optimiser.step()
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(optimiser, eps=0, **choices)
    rates = []
    for loss in losses:
        rates.append(optimiser.param_groups[0]["lr"])
        scheduler.step(loss)
    return np.array(rates)


@pytest.mark.parametrize(
    ("patience", "cooldown", "threshold"),
    [(0, 0, 1e-4), (0, 3, 0.05), (2, 0, 0.05), (2, 3, 1e-4), (5, 0, 1e-4), (5, 3, 0.05)],
)
def test_drops_are_torchs(patience, cooldown, threshold):
    choices = {"patience": patience, "cooldown": cooldown, "threshold": threshold, "factor": 0.5}
    record = fl.train(problem(), fl.SGD(lr=fl.Plateau(0.1, floor=0.01, **choices)), batch_size=8, epochs=40)
    expected = torchs_rates(record.epochs["val_loss"], 0.1, min_lr=0.001, **choices)
    assert len(set(expected)) > 2
    np.testing.assert_allclose(record.history["lr"], np.repeat(expected, PER_EPOCH), rtol=1e-5)


def test_a_drop_compiles_nothing():
    mine = problem()
    fl.train(mine, fl.SGD(lr=fl.Plateau(0.1, patience=1000)), batch_size=8, epochs=30)
    before = clock.programs
    record = fl.train(mine, fl.SGD(lr=fl.Plateau(0.1, patience=0, factor=0.7)), batch_size=8, epochs=30)
    assert len(set(record.history["lr"])) > 2
    assert clock.programs == before


def drops(record, name="lr"):
    return np.flatnonzero(np.diff(record.history[name])) + 1


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda p: fl.chain(fl.ClipNorm(1.0), fl.SGD(lr=p)), "lr"),
        (lambda p: fl.by_path({"w": fl.SGD(lr=p), "*": fl.SGD(lr=0.1)}), "w lr"),
        (lambda p: fl.Accumulate(fl.SGD(lr=p), every=2), "lr"),
        (lambda p: fl.WeightDecay(fl.Average(fl.SGD(lr=p), decay=0.5)), "lr"),
        (lambda p: fl.SGD(lr=fl.Warmup(p, steps=1)), "lr"),
        (lambda p: fl.by_path({"*": fl.chain(fl.Accumulate(fl.SGD(lr=fl.Warmup(p, steps=1)), every=1))}), "lr"),
    ],
    ids=["chain", "by_path", "accumulate", "wrapped twice", "a schedule's peak", "all together"],
)
def test_it_is_heard_wherever_it_stands(make, name):
    record = fl.train(problem(), make(fl.Plateau(0.1, patience=1, factor=0.5)), batch_size=8, epochs=30)
    expected = np.repeat(torchs_rates(record.epochs["val_loss"], 0.1, patience=1, factor=0.5), PER_EPOCH)
    assert len(drops(record, name)) > 1
    np.testing.assert_allclose(record.history[name][PER_EPOCH:], expected[PER_EPOCH:], rtol=1e-5)


def test_any_number_may_listen():
    record = fl.train(
        problem(), fl.Momentum(lr=0.05, beta=fl.Plateau(0.9, patience=1, factor=0.5)), batch_size=8, epochs=30
    )
    expected = np.repeat(torchs_rates(record.epochs["val_loss"], 0.9, patience=1, factor=0.5), PER_EPOCH)
    np.testing.assert_allclose(record.history["beta"], expected, rtol=1e-5)
    assert len(drops(record, "beta")) > 1


def test_validation_is_heard_at_the_end_of_every_epoch_and_at_no_other_step():
    record = fl.train(problem(), fl.SGD(lr=fl.Plateau(0.1, patience=0)), batch_size=8, steps=52)
    assert len(record.epochs["val_loss"]) == 11
    assert np.isfinite(record.epochs["val_loss"]).all()
    assert (drops(record) % PER_EPOCH == 0).all()


def test_it_listens_for_convolutions_too(images):
    x, y = images.data.train
    data = fl.Data(train=(x[:14], y[:14]), validation=(x[14:], 1 - y[14:]))
    mine = fl.Problem(init=images.init, loss=images.loss, data=data)
    record = fl.train(mine, fl.SGD(lr=fl.Plateau(0.5, patience=0, factor=0.5)), batch_size=8, epochs=6)
    expected = np.repeat(torchs_rates(record.epochs["val_loss"], 0.5, patience=0, factor=0.5), 2)
    np.testing.assert_allclose(record.history["lr"], expected, rtol=1e-6)
    assert len(set(expected)) > 1


def test_without_validation_it_is_refused(by_rows):
    for method in (fl.SGD(lr=fl.Plateau(0.1)), fl.chain(fl.SGD(lr=fl.Warmup(fl.Plateau(0.1), steps=3)))):
        with pytest.raises(ValueError, match="listens to the validation loss, and there is no validation part"):
            fl.train(by_rows, method)


def test_in_a_path_it_stays_where_it_is():
    path = fl.minimize(fl.surfaces.Booth(), method=fl.SGD(lr=fl.Plateau(0.02, patience=0)), steps=30)
    np.testing.assert_allclose(path.in_force["lr"], 0.02, rtol=1e-6)


def test_a_run_that_diverges_reports_the_last_good_parameters():
    mine, method = problem(), fl.SGD(lr=fl.Plateau(1.0, patience=0, factor=0.999))
    record = fl.train(mine, method, batch_size="full", epochs=2000)
    assert record.outcome == "diverged"
    assert len(set(record.history["lr"])) > 5
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(record.params))
    # The last row is the loss that failed, after the last step; the good parameters stand before that step.
    good = fl.train(mine, method, batch_size="full", steps=len(record.history["loss"]) - 2)
    for name, p in good.params.items():
        np.testing.assert_array_equal(record.params[name], p)


CHOICES = {"batch_size": 8, "epochs": 60, "seed": 3, "checkpoint_steps": 50}
METHOD = "chain(clipnorm(5.0), adam(lr=plateau(0.1, factor=0.8, patience=2, cooldown=1)))"


@pytest.fixture(scope="module")
def whole():
    return fl.train(problem(), METHOD, **CHOICES)


@pytest.mark.parametrize("sign", [signal.SIGKILL, signal.SIGTERM])
def test_an_interrupted_run_resumes_to_the_same_bits(tmp_path, whole, sign):
    """What a kill leaves is the folder as it was in the middle of the run; a signal ends the run there."""
    out, then = tmp_path / "run", tmp_path / "then"

    def interrupt(look):
        if look.step > 120 and not then.exists():
            shutil.copytree(out, then)
            if sign == signal.SIGTERM:
                signal.raise_signal(sign)

    cut = fl.train(problem(), METHOD, **CHOICES, callbacks=[interrupt], out=out)
    assert cut.outcome == ("interrupted" if sign == signal.SIGTERM else "finished")
    taken_up = []
    left = out if sign == signal.SIGTERM else then
    resumed = fl.resume(left, problem(), progress=lambda progress: taken_up.append(progress.step))
    written = 120 if sign == signal.SIGTERM else 0  # a kill may come before the last checkpoint is on the disk
    assert written < taken_up[0] < 300
    assert len(drops(whole)) > 5
    for table in ("history", "epochs", "arrays"):
        one, two = getattr(resumed, table), getattr(whole, table)
        assert set(one) == set(two)
        for name in set(one) - {"seconds"}:
            np.testing.assert_array_equal(one[name], two[name], err_msg=f"{table} {name}")
