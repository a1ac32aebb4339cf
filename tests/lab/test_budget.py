"""What a race may spend, counted from its runs."""

from __future__ import annotations

import dataclasses
import signal
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.core.errors import InvalidValue

ROWS = 20
X = np.linspace(-1, 1, ROWS, dtype=np.float32)
line = fl.Problem(
    init=lambda key: {"w": jnp.zeros(())},
    loss=lambda p, batch: (p["w"] * batch.x - batch.y) ** 2,
    data=fl.Data(train=(X, 2 * X), validation=(X[:4], 2 * X[:4])),
)


def race(budget: str | None, **choices: Any) -> Any:
    choices = {
        "lr": [0.01, 0.03, 0.1, 0.3],
        "epochs": 30,
        "seeds": 3,
        "final_seeds": 4,
        "batch_size": "full",
        "lanes": "threads",
        **choices,
    }
    return fl.compare(line, [fl.SGD, fl.Momentum], budget=budget, **choices)


def epochs(result: Any) -> int:
    return int(result.runs["epochs"].sum())


@pytest.mark.parametrize(("budget", "elimination"), [(40, "none"), (150, "halving"), (170, "hyperband")])
def test_a_race_spends_as_many_epochs_as_it_may_and_one_more_each_would_be_too_many(
    budget: int, elimination: str
) -> None:
    result = race(f"{budget} epochs", elimination=elimination)
    each = result.spec.run.epochs
    assert 1 <= each < 30
    assert epochs(result) <= budget
    assert epochs(race(None, epochs=each + 1, elimination=elimination)) > budget


def test_schedules_that_are_thinned_out_apart_are_paid_for_apart() -> None:
    result = race("300 epochs", elimination="halving", schedule=[None, "cosine"])
    assert result.spec.run.epochs > 9
    assert epochs(result) <= 300


def test_samples_are_epochs_times_the_rows() -> None:
    result = race(f"{100 * ROWS} samples")
    assert result.spec.run.epochs == 100 // 32
    assert sum(record.epochs["samples"][-1] for record in result.records) <= 100 * ROWS


@pytest.mark.parametrize("budget", ["1e9 epochs", "1e12 samples", "10h"])
def test_never_more_epochs_than_asked_for(budget: str) -> None:
    assert race(budget, epochs=2, lr=[0.01, 0.1]).spec.run.epochs == 2


def test_seconds_shorten_the_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    """A pace of ten seconds an epoch, instead of one that depends on what else the machine does."""
    clocks: list[Any] = []

    def pace(clock: Any) -> float:
        clocks.append(np.array(clock))
        return 10.0

    monkeypatch.setattr("fallline.lab.budget._epoch_seconds", pace)
    monkeypatch.setattr("fallline.lab.budget.cores", lambda: 1)
    result = race("1000s", epochs=10**6)
    assert len(result.records) == 2 * (4 * 3 + 4) == 32
    assert set(result.runs["epochs"]) == {int(0.9 * 1000 / (32 * 10))}
    assert len(clocks) == 2 * 4
    assert all(0 < first < second for first, second in clocks)


@pytest.mark.parametrize("budget", ["31 epochs", "1 sample", "1e-3 s"])
def test_a_budget_below_an_epoch_a_run_is_refused_with_advice(budget: str) -> None:
    with pytest.raises(InvalidValue, match="too little for 32 runs of one epoch each: give more, or take fewer"):
        race(budget)


def test_one_epoch_a_run_is_enough() -> None:
    assert epochs(race("32 epochs")) == 32


@pytest.mark.parametrize("choices", [{"steps": 5}, {"steps": 5, "epochs": None}])
def test_a_budget_and_a_number_of_steps_contradict(choices: dict[str, Any]) -> None:
    with pytest.raises(InvalidValue, match="chooses how long the runs are: leave steps out"):
        race("60s", **choices)


def test_a_budget_does_not_pay_for_a_screening_that_there_is_not() -> None:
    assert race("60 epochs", lr=None, final_seeds=None).spec.run.epochs == 60 // (2 * 3)
    with pytest.raises(InvalidValue, match="too little for 6 runs"):
        race("5 epochs", lr=None, final_seeds=None)


def test_longer_grids_are_beyond_any_budget() -> None:
    with pytest.raises(InvalidValue, match="extend=True may add more: leave one out"):
        race("500 epochs", extend=True)


def test_a_signal_while_the_pace_is_measured_leaves_nothing_behind(tmp_path: Path) -> None:
    def signalling(y_pred: Any, y_true: Any) -> float:
        if not sent:
            sent.append(True)
            signal.raise_signal(signal.SIGTERM)
        return 0.0

    sent: list[bool] = []
    measured = dataclasses.replace(line, predict=lambda p, x: p["w"] * x, metrics={"signal": signalling})
    with pytest.raises(KeyboardInterrupt):
        fl.compare(measured, [fl.SGD], lr=0.1, epochs=5, seeds=3, budget="9s", lanes="threads", out=tmp_path / "race")
    assert sent
    assert not (tmp_path / "race").exists()


def test_a_race_that_goes_on_keeps_the_length_that_it_began_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The pace that is measured later is another."""
    monkeypatch.setattr("fallline.engine.crew.LOOK_SECONDS", 0.001)
    monkeypatch.setattr("fallline.lab.race.LOOK_SECONDS", 0)

    def stop(progress: Any) -> None:
        if progress.done and not stopped:
            stopped.append(True)
            signal.raise_signal(signal.SIGINT)

    stopped: list[bool] = []
    choices: dict[str, Any] = {"lr": 0.1, "epochs": 10**4, "out": tmp_path / "race"}
    monkeypatch.setattr("fallline.lab.raced.epochs_within", lambda *asked: 300)
    assert race("9s", progress=stop, **choices).outcome == "interrupted"
    monkeypatch.setattr("fallline.lab.raced.epochs_within", lambda *asked: 7)
    result = race("9s", **choices)
    assert result.outcome == "finished"
    assert set(result.runs["epochs"]) == {300}
    assert result.spec.run.epochs == 300
    assert any("The budget of 9s left each run 300 epochs." in note for note in result.notes)
