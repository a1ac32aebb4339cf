"""A killed run, resumed, ends on the uninterrupted run's bits."""

import os
import shutil
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_rows

import fallline as fl

SCRIPT = """
import sys, numpy as np, fallline as fl
sys.path.insert(0, {root!r})
from tests.engine.test_resume import problem
fl.train(problem(), fl.Nesterov(lr=0.01, form="look_ahead"), **{choices!r}, out={out!r})
"""

CHOICES = {"batch_size": 8, "epochs": 4000, "seed": 3, "checkpoint_steps": 500}


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
    return fl.train(problem(), fl.Nesterov(lr=0.01, form="look_ahead"), **CHOICES)


def start(out):
    root = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
    script = SCRIPT.format(root=root, choices=CHOICES, out=str(out))
    return subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def wait_for_checkpoints(out, process, number):
    deadline = time.monotonic() + 60
    while len(list(out.glob("checkpoints/step-*"))) < number:
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_after_kill_9_the_resumed_run_is_the_uninterrupted_one(tmp_path, uninterrupted):
    process = start(tmp_path / "run")
    wait_for_checkpoints(tmp_path / "run", process, 2)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    with pytest.raises(ValueError, match="resume"):
        fl.load(tmp_path / "run")
    assert_same(fl.resume(tmp_path / "run", problem()), uninterrupted)
    assert fl.load(tmp_path / "run").outcome == "finished"


def test_a_kill_before_the_first_checkpoint_starts_again(tmp_path, uninterrupted):
    process = start(tmp_path / "run")
    deadline = time.monotonic() + 60
    while not (tmp_path / "run" / "run.json").exists() and time.monotonic() < deadline:
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stderr.close()
    assert_same(fl.resume(tmp_path / "run", problem()), uninterrupted)


def test_a_signal_saves_and_the_run_resumes(tmp_path, uninterrupted):
    process = start(tmp_path / "run")
    wait_for_checkpoints(tmp_path / "run", process, 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(60) == 0, process.stderr.read().decode()
    process.stderr.close()
    interrupted = fl.load(tmp_path / "run")
    assert interrupted.outcome == "interrupted"
    assert interrupted.provenance["signal"] == signal.SIGTERM
    assert_same(fl.resume(tmp_path / "run", problem()), uninterrupted)


@pytest.mark.parametrize("checkpoint_steps", [1, 7, 100, 10**6])
def test_chunk_lengths_do_not_change_the_bits(tmp_path, checkpoint_steps):
    choices = {"batch_size": 8, "epochs": 20}
    plain = fl.train(problem(), fl.Adam, **choices)
    often = fl.train(problem(), fl.Adam, **choices, checkpoint_steps=checkpoint_steps, out=tmp_path / "run")
    assert_same(often, plain)
    assert_same(fl.load(tmp_path / "run"), plain)


def test_what_has_ended_or_changed_is_not_resumed(tmp_path):
    fl.train(problem(), fl.SGD, epochs=1, out=tmp_path / "done")
    with pytest.raises(ValueError, match="nothing to resume"):
        fl.resume(tmp_path / "done", problem())
    process = start(tmp_path / "run")
    wait_for_checkpoints(tmp_path / "run", process, 1)
    process.kill()
    process.wait()
    process.stderr.close()
    other = problem()
    other = fl.Problem(init=other.init, loss=other.loss, data=(other.data.train.x + 1, other.data.train.y))
    with pytest.raises(ValueError, match="fingerprints differ"):
        fl.resume(tmp_path / "run", other)
    with pytest.raises(ValueError, match="problem of your own"):
        fl.resume(tmp_path / "run")


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
    problem, method = fl.problems.for_data("iris"), fl.from_optax(lambda lr: optax.sgd(lr), lr=0.1)
    whole = fl.train(problem, method, epochs=3)

    def stop(progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fl.train(problem, method, epochs=3, out=tmp_path / "run", checkpoint_steps=1, progress=stop)
    with pytest.raises(fl.FalllineError, match=r"cannot be made again from .*fl.resume\(path, method="):
        fl.resume(tmp_path / "run")
    assert fl.resume(tmp_path / "run", method=method).test == whole.test


@pytest.mark.parametrize("epoch", [3, 6, 8])
def test_the_best_epoch_and_the_patience_are_taken_up_again(tmp_path, epoch):
    """Folders as they were in the middle of a run, with the best before and after that, end as the run itself did."""
    out, then = tmp_path / "run", tmp_path / "then"
    choices = {"batch_size": 8, "epochs": 40, "patience": 3, "checkpoint_steps": 5}
    method = fl.Momentum(lr=0.01, beta=0.9)

    def as_it_was(look):
        if look.ends_epoch and look.epoch == epoch:
            shutil.copytree(out, then)

    whole = fl.train(problem(), method, **choices, callbacks=[as_it_was], out=out)
    assert whole.outcome == "stopped_early"
    assert (whole.provenance["best_epoch"], len(whole.epochs["epoch"])) == (5, 8)
    resumed = fl.resume(then, problem())
    assert_same(resumed, whole)
    assert resumed.why == whole.why
    assert resumed.provenance["best_epoch"] == whole.provenance["best_epoch"]
