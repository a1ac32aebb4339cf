"""A race that was killed, or stopped, ends on the very numbers of the one that never was."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from polars.testing import assert_frame_equal
from tests.engine.test_streaming import Blocks

import fallline as fl
import fallline.engine.crew
import fallline.lab.race
from fallline.core.errors import RunError
from fallline.core.outcome import Outcome
from fallline.engine.contest import Contestant
from fallline.engine.log import Log
from fallline.lab.measure import measure_of

ROOT = Path(__file__).parents[2]
CHILD = """
import sys
sys.path.insert(0, {root!r})
from tests.lab.test_race_resume import race_and_die
race_and_die({folder!r})
"""
TIMES = ["seconds", "seconds_to_target"]
PATIENCE = 60
"""Seconds after which whatever waits is taken to hang."""

RNG = np.random.default_rng(5)
X = RNG.normal(size=(90, 5)).astype(np.float32)
Y = np.tanh(X @ RNG.normal(size=5)).astype(np.float32)


class Counted:
    """A metric that counts the epochs of all runs: each is validated once."""

    calls = 0

    def __call__(self, y_pred: Any, y_true: Any) -> float:
        self.calls += 1
        return float(np.abs(y_pred - y_true).mean())


counted = Counted()


def init(key: Any) -> dict[str, Any]:
    return {"a": 0.5 * jax.random.normal(key, (5, 7)), "b": jnp.ones(7)}


def fit(p: Any, x: Any) -> Any:
    return jnp.tanh(x @ p["a"]) @ p["b"]


problem = fl.Problem(
    init=init,
    loss=lambda p, batch: (fit(p, batch.x) - batch.y) ** 2,
    predict=fit,
    metrics={"lowest": counted},
    data=fl.Data(train=(X[:60], Y[:60]), validation=(X[60:75], Y[60:75]), test=(X[75:], Y[75:])),
)

RACES: dict[str, dict[str, Any]] = {
    "threads": {"lanes": "threads", "elimination": "halving", "lr": [0.01, 0.1, 0.3, 1e3], "epochs": 27},
    "lanes": {"lanes": "vmap", "elimination": "hyperband", "lr": [0.01, 0.03, 0.1, 0.3, 1e3], "epochs": 81},
}
METHODS = {
    "threads": [fl.SGD(lr=fl.Plateau(0.1, patience=2)), fl.SGD(lr=fl.Plateau(0.1, factor=0.5))],
    "lanes": [fl.Adam(b1=0.8), fl.Adam],
}


def raced(name: str, out: Path | None = None, **more: Any) -> Any:
    choices = {**RACES[name], "seeds": 2, "final_seeds": 3, "batch_size": 7, "checkpoint_seconds": 0.0, **more}
    return fl.compare(problem, METHODS[name], out=out, **choices)


def files(race: Path) -> int:
    return len(list(race.glob("under_way/0*")))


def race_and_die(folder: str) -> None:
    """Run both races in one process, which is killed when both have said for some time where their runs stand.

    One that is far by then waits for the other.
    """
    fallline.engine.crew.LOOK_SECONDS = fallline.lab.race.LOOK_SECONDS = 0.001
    far = {name: threading.Event() for name in RACES}

    def go(name: str) -> None:
        def hold(progress: Any) -> None:
            if progress.share > 0.6:
                far[name].set()
                time.sleep(PATIENCE)

        raced(name, Path(folder) / name, progress=hold)

    for name in RACES:
        threading.Thread(target=go, args=(name,), daemon=True).start()
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and not all(far[name].is_set() or newest(Path(folder) / name) > 5 for name in RACES):
        time.sleep(0.001)
    os.kill(os.getpid(), signal.SIGKILL)


def newest(race: Path) -> int:
    """Return the number of the newest file that says where runs stand."""
    return max((int(path.name[:6]) for path in race.glob("under_way/0*")), default=0)


@pytest.fixture(autouse=True)
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fallline.engine.crew.LOOK_SECONDS", 0.001)
    monkeypatch.setattr("fallline.engine.run.LOOK_SECONDS", 0.005)
    monkeypatch.setattr("fallline.lab.race.LOOK_SECONDS", 0.01)
    monkeypatch.setattr("fallline.engine.grouping.PLACES", range(4, 3, -1))


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("killed")
    script = CHILD.format(root=str(ROOT), folder=str(folder))
    done = subprocess.run([sys.executable, "-c", script], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    return folder


@pytest.fixture(scope="module")
def whole() -> dict[str, tuple[Any, int]]:
    """The races that nothing interrupts, and how many epochs they validated."""
    found = {}
    for name in RACES:
        before = counted.calls
        found[name] = (raced(name), counted.calls - before)
    return found


def assert_same(one: Any, other: Any) -> None:
    assert (one.outcome, one.verdict) == (other.outcome, other.verdict)
    for table in ("table", "runs"):
        left, right = (getattr(each, table) for each in (one, other))
        assert_frame_equal(left.drop(TIMES, strict=False), right.drop(TIMES, strict=False), check_exact=True)
    for ours, theirs in zip(one.records, other.records, strict=True):
        assert (ours.spec.method, ours.spec.seed, ours.why) == (theirs.spec.method, theirs.spec.seed, theirs.why)
        assert ours.test == theirs.test
        for table in ("history", "epochs"):
            left, right = (getattr(each, table) for each in (ours, theirs))
            assert left.keys() == right.keys()
            for name in left.keys() - {"seconds"}:
                assert np.array_equal(left[name], right[name], equal_nan=True), (ours.spec.method, table, name)


@pytest.mark.parametrize("name", RACES)
def test_after_kill_9_the_race_ends_as_if_it_had_not_been(name: str, killed: Path, whole: Any, tmp_path: Path) -> None:
    race = shutil.copytree(killed / name, tmp_path / "race")
    assert files(race) > 0
    expected, epochs = whole[name]
    before = counted.calls
    assert_same(raced(name, race, checkpoint_seconds=30.0), expected)
    assert 0 < counted.calls - before < epochs  # what had been done was not done again
    assert not (race / "under_way").exists()


@pytest.mark.parametrize("name", RACES)
def test_damaged_files_cost_their_runs_alone(name: str, killed: Path, whole: Any, tmp_path: Path) -> None:
    race = shutil.copytree(killed / name, tmp_path / "race")
    for place in ("runs", "under_way"):
        for path in sorted((race / place).glob("0*"))[::2]:
            path.write_bytes(path.read_bytes()[:-1])
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        assert_same(raced(name, race), whole[name][0])
    assert said
    assert all("passed over" in str(each.message) for each in said)


def test_who_is_judged_again_is_judged_where_all_stood_then(tmp_path: Path) -> None:
    """The rate that is ahead at the first judgement is far behind when the records of the others are lost."""

    def loss(p: Any, batch: Any) -> Any:
        place = jax.lax.stop_gradient(p)
        value = jnp.select([place < 1000, place < 4000], [0.0, 1.0], 10.0)
        return value - (p - place)  # which goes up by the rate at every step

    uphill = fl.Problem(init=lambda key: jnp.zeros(()), loss=loss)
    race = tmp_path / "race"

    def run(**more: Any) -> Any:
        choices = {"lr": [1.0, 2.0, 4.0], "steps": 9000, "seeds": 1, "elimination": "halving", "lanes": "threads"}
        return fl.compare(uphill, [fl.SGD], **choices, **more)

    part = run(out=race, progress=once(0.85, lambda: signal.raise_signal(signal.SIGTERM)))
    assert part.outcome == "interrupted"
    assert part.runs["lr"].to_list() == [2.0, 4.0]
    shutil.rmtree(race / "runs")
    whole = run()
    assert_same(run(out=race), whole)
    assert whole.runs.filter(outcome="finished")["lr"].to_list() == [1.0]


@pytest.mark.parametrize("column", ["val_loss", "train_loss"])
def test_the_measure_after_some_epochs_is_that_of_a_run_of_so_many(column: str) -> None:
    on = problem if column == "val_loss" else fl.Problem(init, problem.loss, data=problem.data.train)
    measure, per_epoch = measure_of(on, "loss"), -(-60 // 7)
    whole, short = (fl.train(on, fl.SGD(0.05), batch_size=7, epochs=epochs) for epochs in (3, 2))
    told = {"step": whole.epochs["step"], "loss": whole.epochs[column]}
    going = Contestant(fl.SGD(), 0, 0, Log({name: whole.history[name] for name in ("loss", "seconds")}, told))
    last = np.mean(short.history["loss"][-per_epoch:], dtype=np.float64)
    expected = short.epochs["val_loss"][-1] if column == "val_loss" else last
    for ended in (None, whole, replace(short, outcome=Outcome.ELIMINATED)):
        run = going if ended is None else Contestant(fl.SGD(), 0, 0, record=ended)
        assert measure.after(run, 2 * per_epoch, per_epoch) == expected


def once(share: float, do: Any) -> Any:
    """Return what hears of progress and does something once, when a race has come so far."""
    done: list[bool] = []

    def look(progress: Any) -> None:
        if progress.share >= share and not done:
            done.append(True)
            do()

    return look


def stopped(name: str, race: Path, share: float, do: Any) -> Any:
    """Run a race of which nothing is saved before it has come so far, and then do something, once."""
    return raced(name, race, progress=once(share, do), checkpoint_seconds=1e9)


@pytest.mark.parametrize("name", RACES)
def test_signals_save_where_all_runs_stand(name: str, whole: Any, tmp_path: Path) -> None:
    """No checkpoint was due: what is not taken again was written because of the signals."""
    expected, epochs = whole[name]
    before = counted.calls
    for number, share in ((signal.SIGTERM, 0.3), (signal.SIGHUP, 0.6)):
        part = stopped(name, tmp_path / "race", share, lambda number=number: signal.raise_signal(number))
        assert part.outcome == "interrupted"
        assert part.provenance["signal"] == number
    assert_same(raced(name, tmp_path / "race"), expected)
    again = counted.calls - before - epochs
    assert again < epochs / 2, "a look or two of every run are taken again"


def test_where_runs_stand_is_written_while_they_go_on(tmp_path: Path) -> None:
    race, seen = tmp_path / "race", []
    raced("lanes", race, elimination="none", epochs=100, progress=lambda progress: seen.append(files(race)))
    assert max(seen) > 0


def test_a_race_on_streamed_rows_goes_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("fallline.engine.windows.WINDOW_ROWS", 16)
    blocks = Blocks(X[:60], Y[:60])
    streamed = fl.Problem(init, problem.loss, data=fl.Data(train=blocks, validation=(X[60:], Y[60:])))

    def run(**more: Any) -> Any:
        return fl.compare(streamed, [fl.SGD], lr=0.1, epochs=40, seeds=1, batch_size=7, **more)

    whole, once_read = run(), len(blocks.reads)
    stop = once(0.6, lambda: signal.raise_signal(signal.SIGTERM))
    assert run(out=tmp_path, progress=stop).outcome == "interrupted"
    assert files(tmp_path) > 0
    assert_same(run(out=tmp_path), whole)
    assert len(blocks.reads) < 2.3 * once_read, "2.6 times, had it started again"


def test_an_error_keeps_what_has_ended_and_where_the_others_stand(whole: Any, tmp_path: Path) -> None:
    def fail() -> None:
        raise ArithmeticError("of the caller's own")

    with pytest.raises(ArithmeticError, match="of the caller's own"):
        stopped("lanes", tmp_path / "race", 0.5, fail)
    assert files(tmp_path / "race") > 0
    assert list((tmp_path / "race" / "runs").glob("0*"))
    assert_same(raced("lanes", tmp_path / "race"), whole["lanes"][0])


def test_what_cannot_be_written_ends_the_race_with_its_reason(tmp_path: Path) -> None:
    race = tmp_path / "race"

    def block() -> None:
        shutil.rmtree(race / "under_way", ignore_errors=True)
        (race / "under_way").write_text("in the way")

    with pytest.raises(RunError, match="under_way"):
        stopped("lanes", race, 0.05, lambda: (block(), signal.raise_signal(signal.SIGTERM)))


def test_a_file_of_another_race_is_not_taken(killed: Path, tmp_path: Path) -> None:
    """Two races of the same choices: their runs have the same names, and only the races themselves tell them apart."""
    race = shutil.copytree(killed / "lanes", tmp_path / "race")
    other = tmp_path / "other"
    part = stopped("lanes", other, 0.3, lambda: signal.raise_signal(signal.SIGTERM))
    assert part.outcome == "interrupted"
    for path in (race / "under_way").iterdir():
        shutil.copy(path, other / "under_way" / path.name.replace("0000", "0010", 1))
    with pytest.warns(UserWarning, match="it is another race's"):
        stopped("lanes", other, 0.5, lambda: signal.raise_signal(signal.SIGTERM))
