"""A killed run, resumed, ends on the uninterrupted run's bits."""

import os
import pathlib
import shutil
import signal
import subprocess
import sys

import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_rows

import fallline as fl

SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from tests.engine.test_resume import train_and_die
train_and_die({folder!r})
"""

METHOD = fl.Nesterov(lr=0.01, form="look_ahead")
CHOICES = {"batch_size": 8, "epochs": 60, "seed": 3, "checkpoint_steps": 50}


def problem():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 3)).astype(np.float32)
    y = x.sum(1) + rng.normal(size=60).astype(np.float32)
    data = fl.Data(train=(x[:50], y[:50]), validation=(x[50:], y[50:]), test=(x[50:], y[50:]))
    return fl.Problem(init=line, loss=squared_rows, data=data, predict=fit, metrics={"mae": mae})


def mae(y_pred, y_true):
    return np.abs(y_pred - y_true).mean()


def assert_same(one, two):
    assert one.outcome == two.outcome
    for table in ("history", "epochs", "arrays"):
        left, right = getattr(one, table), getattr(two, table)
        assert set(left) == set(right)
        for name in left.keys() - {"seconds"}:
            assert np.array_equal(left[name], right[name], equal_nan=True), (table, name)
    assert one.test == two.test


@pytest.fixture(scope="module")
def uninterrupted():
    return fl.train(problem(), METHOD, **CHOICES)


def at_checkpoints(out, number, do):
    """Return a callback that does something once, when the run's folder holds so many checkpoints."""
    done = []

    def callback(look):
        if not done and len(list(out.glob("checkpoints/step-*"))) >= number:
            done.append(look.step)
            do()

    return callback


def train_and_die(folder):
    """Train in the folder `run`, keep in `early` how it was before the first checkpoint, and die at the second."""
    out, early = os.path.join(folder, "run"), os.path.join(folder, "early")

    def keep():
        shutil.copytree(out, early)

    def die():
        os.kill(os.getpid(), signal.SIGKILL)

    callbacks = [at_checkpoints(pathlib.Path(out), 0, keep), at_checkpoints(pathlib.Path(out), 2, die)]
    fl.train(problem(), METHOD, **CHOICES, callbacks=callbacks, out=out)


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """The folder of a process that was killed, `run`, and how it was before the first checkpoint, `early`."""
    folder = tmp_path_factory.mktemp("killed")
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    script = SCRIPT.format(root=root, folder=str(folder))
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    return folder


def copied(folder, tmp_path):
    return shutil.copytree(folder, tmp_path / "run")


def test_after_kill_9_the_resumed_run_is_the_uninterrupted_one(tmp_path, killed, uninterrupted):
    out = copied(killed / "run", tmp_path)
    with pytest.raises(ValueError, match="resume"):
        fl.load(out)
    assert_same(fl.resume(out, problem()), uninterrupted)
    assert fl.load(out).outcome == "finished"


def test_a_kill_before_the_first_checkpoint_starts_again(tmp_path, killed, uninterrupted):
    out = copied(killed / "early", tmp_path)
    assert (out / "run.json").exists()
    assert not list(out.glob("checkpoints/step-*"))
    assert_same(fl.resume(out, problem()), uninterrupted)


def test_a_signal_saves_and_the_run_resumes(tmp_path, uninterrupted):
    out = tmp_path / "run"
    send = at_checkpoints(out, 1, lambda: signal.raise_signal(signal.SIGTERM))
    fl.train(problem(), METHOD, **CHOICES, callbacks=[send], out=out)
    interrupted = fl.load(out)
    assert interrupted.outcome == "interrupted"
    assert interrupted.provenance["signal"] == signal.SIGTERM
    assert_same(fl.resume(out, problem()), uninterrupted)


@pytest.fixture(scope="module")
def unsaved():
    return fl.train(problem(), METHOD, batch_size=8, epochs=6)


@pytest.mark.parametrize("checkpoint_steps", [1, 5, 7, 10**6])
def test_chunk_lengths_do_not_change_the_bits(tmp_path, unsaved, checkpoint_steps):
    choices = {"batch_size": 8, "epochs": 6, "checkpoint_steps": checkpoint_steps}
    often = fl.train(problem(), METHOD, **choices, out=tmp_path / "run")
    assert_same(often, unsaved)
    assert_same(fl.load(tmp_path / "run"), unsaved)


def test_what_has_ended_or_changed_is_not_resumed(tmp_path, killed):
    fl.train(problem(), METHOD, batch_size=8, epochs=1, out=tmp_path / "done")
    with pytest.raises(ValueError, match="nothing to resume"):
        fl.resume(tmp_path / "done", problem())
    out = copied(killed / "run", tmp_path)
    other = problem()
    other = fl.Problem(init=other.init, loss=other.loss, data=(other.data.train.x + 1, other.data.train.y))
    with pytest.raises(ValueError, match="fingerprints differ"):
        fl.resume(out, other)
    with pytest.raises(ValueError, match="problem of your own"):
        fl.resume(out)


def test_a_streamed_file_written_again_is_not_resumed_and_says_what_counts(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("x,y\n" + "".join(f"{n},{n * n}.5\n" for n in range(40)))

    def stop(progress) -> None:
        raise KeyboardInterrupt

    problem = fl.problems.for_data(path, target="y", model="linear", stream=True)
    with pytest.raises(KeyboardInterrupt):
        fl.train(problem, fl.SGD(lr=0.1), epochs=3, out=tmp_path / "run", checkpoint_steps=1, progress=stop)
    os.utime(path, ns=(0, 1))
    with pytest.raises(fl.FalllineError, match=r"fingerprints differ.*the times of writing .* `cp -p` keeps these"):
        fl.resume(tmp_path / "run")


def test_a_method_of_ones_own_is_asked_for(tmp_path) -> None:
    optax = pytest.importorskip("optax")
    problem, method = fl.problems.for_data("iris", model="linear"), fl.from_optax(lambda lr: optax.sgd(lr), lr=0.1)
    whole = fl.train(problem, method, epochs=3)

    def stop(progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fl.train(problem, method, epochs=3, out=tmp_path / "run", checkpoint_steps=1, progress=stop)
    with pytest.raises(fl.FalllineError, match=r"cannot be made again from .*fl.resume\(path, method="):
        fl.resume(tmp_path / "run")
    assert fl.resume(tmp_path / "run", method=method).test == whole.test


@pytest.fixture(scope="module")
def stopped_early(tmp_path_factory):
    """A run that patience ends, and the folder that holds its folder as it was after each epoch."""
    folder = tmp_path_factory.mktemp("stopped")

    def as_it_was(look):
        if look.ends_epoch:
            shutil.copytree(folder / "run", folder / str(look.epoch))

    choices = {"batch_size": 8, "epochs": 40, "patience": 3, "checkpoint_steps": 5}
    record = fl.train(problem(), fl.Momentum(lr=0.01, beta=0.9), **choices, callbacks=[as_it_was], out=folder / "run")
    return record, folder


@pytest.mark.parametrize("epoch", [3, 6, 8])
def test_the_best_epoch_and_the_patience_are_taken_up_again(stopped_early, epoch):
    """Folders as they were in the middle of a run, with the best before and after that, end as the run itself did."""
    whole, folder = stopped_early
    assert whole.outcome == "stopped_early"
    assert (whole.provenance["best_epoch"], len(whole.epochs["epoch"])) == (5, 8)
    resumed = fl.resume(folder / str(epoch), problem())
    assert_same(resumed, whole)
    assert resumed.why == whole.why
    assert resumed.provenance["best_epoch"] == whole.provenance["best_epoch"]
