"""A killed run, resumed, ends on the uninterrupted run's bits."""

import errno
import functools
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import threading

import jax.numpy as jnp
import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_rows

import fallline as fl
from fallline.record import atomic, checkpoint, migrations

SCRIPT = """
import sys
sys.path.insert(0, {root!r})
from tests.engine.test_resume import train_and_die
train_and_die({folder!r})
"""

METHOD = fl.Nesterov(lr=0.01, form="look_ahead")
CHOICES = {"batch_size": 8, "epochs": 60, "seed": 3, "checkpoint_steps": 50}


@functools.cache
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


def as_a_kill_leaves_it(run, to):
    """Copy the folder of a run that is under way, all of whose checkpoints stay, without what is half written."""
    shutil.copytree(run, to, ignore=shutil.ignore_patterns("*.tmp"))


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
    with pytest.raises(ValueError, match=r"since the run began, this has changed: data: \w{8} → \w{8}\."):
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
    with pytest.raises(fl.FalllineError, match=r"has changed: data: .*the times of writing .* `cp -p` keeps these"):
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
            as_a_kill_leaves_it(folder / "run", folder / str(look.epoch))

    choices = {"batch_size": 8, "epochs": 40, "patience": 3, "checkpoint_steps": 5, "keep_checkpoints": 99}
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


def pause_at(step):
    def callback(look):
        if look.step >= step:
            look.pause()

    return callback


def begun_and_paused(out, step=20, **choices):
    """A run in a folder, stopped at about a step, and how far it came."""
    choices = {"batch_size": 8, "epochs": 6, "seed": 3} | choices
    return fl.train(problem(), METHOD, **choices, callbacks=[pause_at(step)], out=out).history["step"][-1]


def test_the_same_call_again_goes_on_and_with_other_choices_says_which(tmp_path, unsaved):
    out, choices = tmp_path / "run", {"batch_size": 8, "epochs": 6, "seed": 0}
    at = begun_and_paused(out, seed=0)
    with pytest.raises(
        fl.FalllineError, match=r"has changed: batch_size: 8 → 16; epochs: 6 → 9\. .*allow_changes=True"
    ):
        fl.train(problem(), METHOD, batch_size=16, epochs=9, out=out)
    seen = []
    again = fl.train(
        problem(), METHOD, **choices, checkpoint_seconds=9, out=out, progress=lambda p: seen.append(p.step)
    )
    assert min(seen) > at
    assert_same(again, unsaved)
    with pytest.raises(fl.FalllineError, match="already holds a run"):
        fl.train(problem(), METHOD, **choices, out=out)


def test_what_is_allowed_to_change_is_kept_with_its_step(tmp_path, uninterrupted):
    """A run made longer on its way is the longer run from the beginning."""
    at = begun_and_paused(tmp_path / "run", epochs=7)
    chosen = CHOICES | {"checkpoint_steps": None}
    record = fl.train(problem(), METHOD, **chosen, out=tmp_path / "run", allow_changes=True)
    assert_same(record, uninterrupted)
    assert record.provenance["changes"] == [{"step": at, "what": "epochs", "then": 7, "now": 60}]
    assert fl.load(tmp_path / "run").provenance["changes"] == record.provenance["changes"]


def test_another_rate_that_is_allowed_is_taken_from_the_next_step_on(tmp_path):
    at = begun_and_paused(tmp_path / "run")
    other = fl.Nesterov(lr=0.001, form="look_ahead")
    choices = {"batch_size": 8, "epochs": 6, "seed": 3, "out": tmp_path / "run", "allow_changes": True}
    rates = fl.train(problem(), other, **choices).history["lr"]
    np.testing.assert_allclose([rates[at - 1], rates[at]], [0.01, 0.001], rtol=1e-6)


def test_a_kill_after_an_allowed_change_does_not_undo_it(tmp_path):
    begun_and_paused(tmp_path / "run", epochs=3, step=5)

    def stop(progress):
        raise KeyboardInterrupt

    choices = {"batch_size": 8, "epochs": 6, "seed": 3, "out": tmp_path / "run", "allow_changes": True}
    with pytest.raises(KeyboardInterrupt):
        fl.train(problem(), METHOD, **choices, progress=stop)
    assert fl.resume(tmp_path / "run", problem()).epochs["epoch"][-1] == 6


def test_versions_and_devices_are_compared(tmp_path, monkeypatch):
    begun_and_paused(tmp_path / "run")
    monkeypatch.setattr("jax.__version__", "99.1")
    with pytest.raises(fl.FalllineError, match=r"has changed: jax: .* → 99\.1\. .*allow_changes=True"):
        fl.resume(tmp_path / "run", problem())
    record = fl.resume(tmp_path / "run", problem(), allow_changes=True)
    assert record.outcome == "finished"
    assert [change["what"] for change in record.provenance["changes"]] == ["jax"]
    assert record.provenance["jax"] == "99.1"


def test_another_model_is_refused_by_name_whatever_is_allowed(tmp_path):
    begun_and_paused(tmp_path / "run")
    mine = problem()

    def wider(key):
        return {**line(key), "more": np.zeros(2, np.float32)}

    def half(key):
        return {name: array.astype(np.float16) for name, array in line(key).items()}

    for init, message in (
        (wider, r"differ in .*params/more"),
        (half, r"is float32\[\d*\], the model's is float16"),
    ):
        other = fl.Problem(init=init, loss=mine.loss, data=mine.data)
        with pytest.raises(fl.FalllineError, match=message):
            fl.resume(tmp_path / "run", other, allow_changes=True)


def test_a_full_disk_ends_the_run_in_words_and_nothing_before_it_is_lost(tmp_path, monkeypatch, uninterrupted):
    out, stage, full = tmp_path / "run", atomic.stage, threading.Event()

    def stage_if_there_is_room(folder, name, data):
        if full.is_set():
            raise atomic.cannot("write", folder / name, OSError(errno.ENOSPC, "No space left on device"))
        return stage(folder, name, data)

    monkeypatch.setattr(atomic, "stage", stage_if_there_is_room)
    choices = CHOICES | {"callbacks": [at_checkpoints(out, 1, full.set)], "out": out}
    with pytest.raises(fl.FalllineError, match=r"cannot write .*: no space left.* Free some space") as caught:
        fl.train(problem(), METHOD, **choices)
    kept = max(int(path.name[5:14]) for path in out.glob("checkpoints/step-*"))
    assert f"The run up to step {kept:,} is kept: fl.resume(" in caught.value.__notes__[-1]
    full.clear()
    assert_same(fl.resume(out, problem()), uninterrupted)


def test_a_checkpoint_of_a_newer_format_is_refused_and_one_of_another_run_passed_over(tmp_path, killed, uninterrupted):
    out = copied(killed / "run", tmp_path)
    begun_and_paused(tmp_path / "other", step=250, checkpoint_steps=10, epochs=60)
    (alien,) = (tmp_path / "other").glob("checkpoints/step-00000025*")
    shutil.copy(alien, out / "checkpoints")
    with pytest.warns(UserWarning, match=f"{alien.name} is passed over: it is another run's"):
        assert_same(fl.resume(out, problem()), uninterrupted)

    future = copied(killed / "run", tmp_path / "future")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrations, "CHECKPOINT", (*migrations.CHECKPOINT, dict))
        checkpoint.save(future, 200, {"w": np.zeros(3)}, {})
    with pytest.raises(fl.FalllineError, match=r"written by a newer Fallline: its format is 3, .*reads up to 2"):
        fl.resume(future, problem())


def test_a_run_of_the_first_format_goes_on(tmp_path):
    """A folder as version 0.1.0 wrote it, whose checkpoints do not say whose they are."""
    early = pathlib.Path(__file__).parent.parent / "record" / "format-1"
    out = shutil.copytree(early, tmp_path / "run")
    before = fl.load(out)
    choices = {"batch_size": 32, "epochs": 4, "seed": 3, "patience": 3}
    whole = fl.train(fl.problems.for_data("iris", model="linear"), fl.Momentum(lr=0.05, beta=0.9), **choices)
    assert before.provenance["devices"] == before.provenance["processes"] == 1
    record = fl.resume(out, allow_changes=True)  # other machines have other devices and versions
    np.testing.assert_array_equal(record.history["loss"][:6], before.history["loss"])
    np.testing.assert_allclose(record.history["loss"], whole.history["loss"], rtol=1e-4)
    assert json.loads((out / "run.json").read_text())["format"] == 2


def test_a_run_that_blows_up_right_after_a_checkpoint_ends_on_the_same_parameters(tmp_path):
    """The parameters to report are those before the last good step: a checkpoint at the last good one lacks them."""
    out, early = tmp_path / "run", tmp_path / "early"

    def as_it_was(look):
        if not early.exists():
            as_a_kill_leaves_it(out, early)

    choices = {"batch_size": 8, "epochs": 60, "checkpoint_steps": 1, "keep_checkpoints": 99}
    whole = fl.train(problem(), fl.SGD(lr=0.9), **choices, callbacks=[as_it_was], out=out)
    assert whole.outcome.failed
    shutil.copytree(out / "checkpoints", early / "checkpoints", dirs_exist_ok=True)
    assert len(list(early.glob("checkpoints/step-*"))) > 5
    assert_same(fl.resume(early, problem()), whole)


def climbing():
    """A problem whose loss is not a number once the parameter, which grows by the rate at every step, is beyond 4.5."""

    def loss(params, batch):
        return jnp.where(params["w"] >= 4.5, jnp.nan, -params["w"]) + 0 * batch.x[:, 0]

    rows = np.zeros((8, 1), np.float32)
    return fl.Problem(init=lambda key: {"w": jnp.zeros(())}, loss=loss, data=(rows, rows[:, 0]))


@pytest.mark.parametrize("step", [4, 5])
def test_a_signal_just_before_the_step_that_fails_ends_at_the_same_parameters(tmp_path, step):
    def stop(look):
        if look.step == step:
            signal.raise_signal(signal.SIGTERM)

    choices = {"batch_size": "full", "steps": 20}
    cut = fl.train(climbing(), fl.SGD(lr=1.0), **choices, callbacks=[stop], out=tmp_path / "run")
    assert cut.outcome == "interrupted"
    resumed = fl.resume(tmp_path / "run", climbing(), callbacks=[lambda look: None])
    assert (resumed.outcome.failed, float(resumed.arrays["w"])) == (True, 4.0)
    assert_same(resumed, fl.train(climbing(), fl.SGD(lr=1.0), **choices))


@pytest.mark.parametrize("change", ["method", "lr"])
def test_a_change_outlasts_a_kill_before_the_next_checkpoint(tmp_path, change):
    """What a kill leaves is the folder as it was at the first look after the change."""
    run, killed = tmp_path / "run", tmp_path / "killed"
    choices = {"batch_size": "full", "steps": 40}

    def die(look):
        if not killed.exists():
            shutil.copytree(run, killed)

    fl.train(
        problem(), fl.SGD(lr=0.1), **choices, callbacks=[lambda look: look.step == 16 and look.pause("so")], out=run
    )
    if change == "method":
        fl.train(problem(), fl.SGD(lr=0.001), **choices, callbacks=[die], out=run, allow_changes=True)
    else:
        fl.resume(run, problem(), callbacks=[die], lr=0.001)
    resumed = fl.resume(killed, problem())
    np.testing.assert_allclose(resumed.history["lr"], np.repeat([0.1, 0.001], [16, 24]), rtol=1e-6)
    assert [each["what"] for each in resumed.provenance["changes"]] == [change]
