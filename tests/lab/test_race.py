"""A race carried out: its seeds, its longer grids, who may enter, and going on after an interruption."""

from __future__ import annotations

import dataclasses
import functools
import itertools
import json
import signal
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal
from tests.engine.test_streaming import Blocks
from tests.lab.planted import TRAIN, VALIDATION, bowl, plane

import fallline as fl
from fallline.core.errors import InvalidType, RunError
from fallline.lab.measure import measure_of
from fallline.lab.race_progress import RaceProgress

TIMES = ["seconds_to_target"]


def race(methods: Any = (fl.SGD, fl.Momentum), **choices: Any) -> Any:
    choices = {"lr": [0.01, 0.1, 0.5], "steps": 20, "seeds": 3, "lanes": "threads", **choices}
    return fl.compare(bowl, methods, **choices)


def of(result: Any, **wanted: Any) -> pl.DataFrame:
    return result.runs.filter(**wanted)


def test_every_rate_runs_on_the_screening_seeds_and_the_best_on_fresh_ones() -> None:
    result = race(seed=5, seeds=4)
    for label in ("sgd", "momentum"):
        screening, finals = of(result, label=label, phase="screening"), of(result, label=label, phase="final")
        assert sorted(screening.select("lr", "seed").rows()) == [
            (lr, s) for lr in (0.01, 0.1, 0.5) for s in range(5, 9)
        ]
        assert sorted(finals["seed"]) == list(range(9, 19))
        means = screening.group_by("lr").agg(pl.col("final").mean()).sort("final")
        assert set(finals["lr"]) == {means["lr"][0]}
        row = result.table.filter(method=label)
        assert row["lr"].item() == means["lr"][0]
        assert row["mean"].item() == pytest.approx(finals["final"].mean())


@pytest.mark.parametrize(
    ("seeds", "final_seeds", "found"), [(3, None, 10), (12, None, 12), (3, 4, 4), (4, 0, 0), (2, None, 0)]
)
def test_how_many_fresh_seeds(seeds: int, final_seeds: int | None, found: int) -> None:
    result = race([fl.SGD], seeds=seeds, final_seeds=final_seeds, lr=[0.1, 0.5])
    assert len(of(result, phase="final")) == found
    assert len(of(result, phase="screening")) == 2 * seeds


def test_where_nothing_is_chosen_all_seeds_judge() -> None:
    result = race(lr=0.1, seeds=4)
    assert sorted(of(result, phase="final")["seed"]) == [0, 0, 1, 1, 2, 2, 3, 3]
    assert of(result, phase="screening").is_empty()


def test_after_the_largest_seed_comes_the_smallest() -> None:
    result = race([fl.SGD], lr=0.1, seed=2**32 - 2, seeds=4)
    assert result.runs["seed"].to_list() == [2**32 - 2, 2**32 - 1, 0, 1]


def test_a_run_that_fails_on_one_seed_makes_its_rate_the_worst() -> None:
    def loss(params: Any, batch: Any) -> Any:
        """Falls to -inf beyond 1, which a rate of 0.3 reaches."""
        return -jnp.log(1 - params) - 5 * params

    cliff = fl.Problem(init=lambda key: jnp.zeros(()), loss=loss)
    result = fl.compare(cliff, [fl.SGD, fl.Momentum], lr=[0.01, 0.3], steps=20, seeds=3, lanes="threads")
    assert result.table["lr"].to_list() == [0.01, 0.01]
    assert of(result, phase="screening", lr=0.3)["outcome"].to_list() == ["nonfinite"] * 6


def test_a_grid_goes_on_beyond_its_edge_until_the_best_lies_inside() -> None:
    """With a curvature of 1 the best rate is 1."""
    round_bowl = fl.Problem(init=lambda key: jnp.ones(()), loss=lambda p, batch: 0.5 * p**2)
    result = fl.compare(round_bowl, [fl.SGD], lr=[0.03, 0.1, 0.3], extend=True, steps=20, seeds=3, lanes="threads")
    assert sorted(set(result.runs["lr"])) == [0.03, 0.1, 0.3, 0.9, 2.7]
    assert result.table["lr"].item() == 0.9
    assert not any("may be better" in note for note in result.notes)
    down = fl.compare(round_bowl, [fl.SGD], lr=[1.5, 3.0, 10.0], extend=True, steps=20, seeds=3, lanes="threads")
    assert sorted(set(down.runs["lr"])) == [0.375, 0.75, 1.5, 3.0, 10.0]
    assert down.table["lr"].item() == 0.75


def test_without_being_asked_a_grid_of_ones_own_stays_as_it_is() -> None:
    result = race([fl.SGD], lr=[0.001, 0.002, 0.003])
    assert set(result.runs["lr"]) == {0.001, 0.002, 0.003}
    assert any("the best rate, 0.003, is the highest that was tried" in note for note in result.notes)


class Refuses(fl.Method):
    """Takes no parameters."""

    lr: float = fl.hyper(0.1, range="(0, inf)", help="step size", rate=True)

    def rule(self, xp: Any, g: Any, p: Any, s: Any, t: Any) -> Any:
        raise ArithmeticError("this rule is broken")


def test_a_method_that_cannot_run_is_named_and_the_rest_go_on() -> None:
    result = race([fl.SGD, Refuses, fl.Momentum])
    assert sorted(result.table["method"]) == ["momentum", "sgd"]
    (note,) = (note for note in result.notes if "does not race" in note)
    assert note.startswith("refuses does not race: ")
    assert "this rule is broken" in note


@pytest.mark.parametrize("methods", [[Refuses], [fl.SGD(lr=fl.Plateau(0.1)), Refuses]])
def test_where_no_method_can_run_that_is_an_error(methods: Any) -> None:
    with pytest.raises(InvalidType, match="this rule is broken"):
        race(methods)


def test_progress_tells_how_far_it_is_and_who_leads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fallline.engine.crew.LOOK_SECONDS", 0.001)
    told: list[RaceProgress] = []
    result = race(steps=900, progress=told.append)
    assert [each.phase for each in told] == sorted((each.phase for each in told), reverse=True)
    for before, after in itertools.pairwise(told):
        assert before.done <= after.done
        assert before.seconds <= after.seconds
        assert before.phase != after.phase or before.share <= after.share
    last = told[-1]
    assert (last.phase, last.done, last.runs, last.share) == ("final", 38, 38, 1.0)
    assert [(label, lr) for label, lr, _ in last.rows] == result.table.select("method", "lr").rows()
    np.testing.assert_allclose([mean for *_, mean in last.rows], result.table["mean"])


class Stop:
    """A progress callback that interrupts the race once, when so many runs have ended."""

    def __init__(self, done: int) -> None:
        self.done, self.sent = done, False

    def __call__(self, progress: RaceProgress) -> None:
        if progress.done >= self.done and not self.sent:
            self.sent = True
            signal.raise_signal(signal.SIGINT)


@pytest.fixture
def look_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fallline.engine.crew.LOOK_SECONDS", 0.001)


@functools.cache
def uninterrupted(elimination: Any) -> Any:
    return race(steps=900, elimination=elimination)


@pytest.mark.usefixtures("look_often")
@pytest.mark.parametrize(("done", "elimination"), [(1, "none"), (20, "none"), (13, "halving")])
def test_an_interrupted_race_goes_on_to_the_uninterrupted_one(tmp_path: Path, done: int, elimination: str) -> None:
    choices: dict[str, Any] = {"steps": 900, "elimination": elimination, "out": tmp_path / "race"}
    part = race(progress=Stop(done), **choices)
    assert part.outcome == "interrupted"
    assert part.winner is None
    assert part.verdict.startswith("The race was interrupted before its end, so there is no verdict. ")
    assert (tmp_path / "race" / "report.html").exists()
    assert json.loads((tmp_path / "race" / "race.json").read_text())["outcome"] == "interrupted"
    whole, rest = uninterrupted(elimination), race(**choices)
    assert done <= len(part.records) < len(whole.records)
    assert rest.outcome == "finished"
    assert rest.verdict == whole.verdict
    assert_frame_equal(rest.table.drop(TIMES), whole.table.drop(TIMES), check_exact=True)
    assert_frame_equal(rest.runs.drop("seconds"), whole.runs.drop("seconds"), check_exact=True)


@pytest.mark.usefixtures("look_often")
def test_only_the_same_race_on_the_same_data_goes_on(tmp_path: Path) -> None:
    x = np.linspace(-1, 1, 8, dtype=np.float32)

    def on(y: Any, **choices: Any) -> Any:
        problem = fl.Problem(init=lambda key: jnp.zeros(()), loss=lambda p, b: (p * b.x - b.y) ** 2, data=(x, y))
        choices = {
            "lr": [0.01, 0.1],
            "epochs": 100,
            "seeds": 3,
            "lanes": "threads",
            "out": tmp_path / "race",
            **choices,
        }
        return fl.compare(problem, [fl.SGD], **choices)

    assert on(2 * x, progress=Stop(1)).outcome == "interrupted"
    with pytest.raises(RunError, match="holds another race"):
        on(2 * x, seeds=4)
    with pytest.raises(RunError, match=r"since it began this has changed: data: [0-9a-f]{8} → [0-9a-f]{8}\. "):
        on(3 * x)
    assert on(2 * x).outcome == "finished"
    with pytest.raises(RunError, match="holds this race already, and it is finished: its report is"):
        on(2 * x)


def test_a_folder_with_something_else_in_it_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("dear")
    with pytest.raises(RunError, match="letter"):
        race(out=tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["letter.txt"]


class Gate:
    """Lets so many epochs of the race's runs pass; then a signal comes, and whoever is late waits for it."""

    def __init__(self, epochs: int) -> None:
        self.left, self.sent = epochs, threading.Event()

    def metric(self, y_pred: Any, y_true: Any) -> float:
        self.left -= 1
        assert self.left >= 0 or self.sent.wait(30)
        return 0.0

    def look(self, progress: RaceProgress) -> None:
        if self.left < 0 and not self.sent.is_set():
            signal.raise_signal(signal.SIGINT)
            self.sent.set()


@pytest.fixture
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fallline.engine.crew.cores", lambda: 1)
    monkeypatch.setattr("fallline.lab.race.LOOK_SECONDS", 0)


@pytest.mark.usefixtures("look_often", "one_thread")
@pytest.mark.parametrize(
    ("methods", "ended"),
    [
        ([fl.Momentum(beta=0.0), fl.Momentum(beta=0.5), fl.Momentum(beta=0.8)], [5, 5]),
        ([fl.SGD, fl.Momentum], [3, 3]),
    ],
    ids=["an entrant has no run yet", "all have some of theirs"],
)
def test_after_an_interruption_those_who_have_ended_are_not_judged_alone(methods: Any, ended: list[int]) -> None:
    gate = Gate(2 * sum(ended))
    data, metrics = fl.Data(train=TRAIN, validation=VALIDATION), {"gate": gate.metric}
    gated = fl.Problem(plane.init, plane.loss, data=data, predict=plane.predict, metrics=metrics)
    part = fl.compare(gated, methods, lr=0.05, epochs=2, seeds=5, batch_size=8, lanes="threads", progress=gate.look)
    assert sorted(Counter(part.runs["label"]).values()) == ended
    assert set(part.runs["phase"]) == {"final"}
    assert part.winner is None
    assert set(part.table["group"]) == {0}
    assert part.table["difference"].null_count() == len(ended)
    assert part.verdict.startswith("The race was interrupted before its end, so there is no verdict. ")


def test_where_every_rate_failed_the_grid_goes_on_below() -> None:
    result = race([fl.SGD], lr=[100.0, 300.0, 900.0], extend=True)
    assert sorted(set(result.runs["lr"])) == [1.23, 3.7, 11.1, 33.3, 100.0, 300.0, 900.0]
    assert result.table["lr"].item() == 1.23


class Watched(Blocks):
    """Counts how many threads read at a time."""

    reading = most = 0

    def read(self, block: int) -> Any:
        self.reading += 1
        self.most = max(self.most, self.reading)
        time.sleep(0.001)
        self.reading -= 1
        return super().read(block)


@pytest.fixture
def watched(monkeypatch: pytest.MonkeyPatch) -> fl.Problem:
    """A problem whose rows are streamed, in windows so small that they are read all along, on four cores."""
    monkeypatch.setattr("fallline.engine.windows.WINDOW_ROWS", 8)
    monkeypatch.setattr("fallline.engine.crew.cores", lambda: 4)
    x = np.linspace(-1, 1, 40, dtype=np.float32)
    return fl.Problem(
        init=lambda key: {"w": jnp.zeros(())},
        loss=lambda p, batch: (p["w"] * batch.x - batch.y) ** 2,
        data=fl.Data(train=Watched(x, 2 * x)),
    )


def readers() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name.startswith("fallline-reader")]


def test_streamed_rows_are_read_by_one_thread_at_a_time(watched: fl.Problem) -> None:
    result = fl.compare(watched, [fl.SGD, fl.Momentum], lr=0.1, epochs=3, seeds=3, batch_size=4)
    assert len(result.records) == 6
    assert watched.data.train.most == 1
    assert not readers()


@pytest.mark.usefixtures("look_often")
def test_after_an_interruption_nobody_reads(watched: fl.Problem) -> None:
    carried: list[Any] = []

    def stop(progress: RaceProgress) -> None:
        if readers() and not carried:
            carried.extend(readers())
            signal.raise_signal(signal.SIGINT)

    result = fl.compare(watched, [fl.SGD], lr=0.1, epochs=10**6, seeds=3, batch_size=4, progress=stop)
    assert result.outcome == "interrupted"
    assert carried
    assert not readers()


@pytest.mark.usefixtures("look_often", "one_thread")
@pytest.mark.parametrize("done", [2, 3, 5, 7, 8])
def test_the_standings_of_an_interrupted_race_are_in_the_order_of_the_means_they_show(done: int) -> None:
    stopped: list[bool] = []

    def stop(progress: Any) -> None:
        if progress.done >= done and not stopped:
            stopped.append(True)
            signal.raise_signal(signal.SIGINT)

    result = race([fl.SGD, fl.Momentum], lr=[0.3, 0.003, 0.1], lanes="threads", progress=stop)
    assert result.outcome == "interrupted"
    means = result.table["mean"].to_list()
    assert means == sorted(means)
    assert set(result.table["group"]) == {0}
    assert result.table["method"][0] in result.verdict


def test_ready_metrics_of_published_problems_say_which_is_best() -> None:
    problem = fl.problems.for_data("iris", model="linear")
    published = dataclasses.replace(problem, recipe={"data": "deepobs:fmnist_mlp"})
    assert measure_of(published, "accuracy").better == "highest"
