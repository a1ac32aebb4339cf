"""Elimination: what it spends, what it keeps, against counting and a race whose order is known."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.lab.planted import CURVATURES, bowl

import fallline as fl
from fallline.core.errors import InvalidValue
from fallline.lab.halving import brackets

RATES = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0)
EPOCHS = 54


def spent(count: int, epochs: int, elimination: Any) -> int:
    """Return the epochs that `count` configurations take, followed one by one."""
    ends = [epochs] * count
    for bracket in brackets(count, epochs, elimination):
        left = list(bracket.places)
        for rung in bracket.rungs:
            for place in left[rung.keep :]:
                ends[place] = rung.epochs
            left = left[: rung.keep]
    return sum(ends)


@given(st.integers(1, 60), st.integers(1, 300), st.sampled_from(["none", "halving", "hyperband"]))
def test_every_configuration_is_judged_in_one_bracket_that_narrows(count: int, epochs: int, elimination: Any) -> None:
    found = brackets(count, epochs, elimination)
    assert sorted(place for bracket in found for place in bracket.places) == list(range(count))
    for bracket in found:
        kept = [len(bracket.places), *(rung.keep for rung in bracket.rungs)]
        ends = [0, *(rung.epochs for rung in bracket.rungs), epochs]
        assert all(many > few >= 1 for many, few in itertools.pairwise(kept))
        assert all(early < late for early, late in itertools.pairwise(ends))
    if elimination == "none":
        assert spent(count, epochs, elimination) == count * epochs


@given(st.integers(7, 60), st.integers(9, 300))
def test_halving_spends_at_most_three_tenths(count: int, epochs: int) -> None:
    assert spent(count, epochs, "halving") <= 0.3 * count * epochs


@given(st.integers(9, 60), st.integers(9, 300))
def test_hyperband_spends_more_than_halving_and_less_than_the_grid(count: int, epochs: int) -> None:
    assert spent(count, epochs, "halving") < spent(count, epochs, "hyperband") < count * epochs


def test_as_the_papers_have_it() -> None:
    """Hyperband's table 1 (Li et al. 2018) begins with 81 configurations of which 27, 9, … go on; a third each."""
    (bracket,) = brackets(27, 81, "halving")
    assert [tuple(rung) for rung in bracket.rungs] == [(9, 9), (27, 3)]
    late = [bracket.rungs[0].epochs if bracket.rungs else 81 for bracket in brackets(27, 81, "hyperband")]
    assert late == [9, 27, 81]


def race(elimination: str, **choices: Any) -> Any:
    choices = {"methods": [fl.SGD], "lr": RATES, "steps": EPOCHS, "seeds": 3, "lanes": "threads", **choices}
    return fl.compare(bowl, elimination=elimination, **choices)


def steps(result: Any) -> int:
    screening = result.runs.filter(result.runs["phase"] == "screening")
    return int(screening["steps"].sum())


def by_closed_form(epochs: int) -> list[float]:
    """Return the rates in the order of the losses that they have come to, best first."""
    losses = {lr: sum(h * (1 - lr * h) ** (2 * (epochs - 1)) for h in CURVATURES) for lr in RATES}
    return sorted(losses, key=lambda lr: losses[lr])


@pytest.mark.parametrize("lanes", ["vmap", "threads"])
def test_the_best_rate_of_a_known_order_is_kept_for_three_tenths_of_the_steps(lanes: str) -> None:
    result, whole = race("halving", lanes=lanes), race("none", lanes=lanes)
    assert result.table["lr"].item() == whole.table["lr"].item() == by_closed_form(EPOCHS)[0]
    assert steps(whole) == len(RATES) * EPOCHS * 3
    assert steps(result) <= 0.3 * steps(whole)
    after = {row["lr"]: (row["outcome"], row["steps"]) for row in result.runs.iter_rows(named=True)}
    first, second = by_closed_form(EPOCHS // 9), by_closed_form(EPOCHS // 3)
    ahead = [lr for lr in second if lr in first[:2]]
    assert after == {
        **dict.fromkeys(first[2:], ("eliminated", EPOCHS // 9)),
        ahead[1]: ("eliminated", EPOCHS // 3),
        ahead[0]: ("finished", EPOCHS),
    }


def test_what_is_left_of_a_run_is_the_beginning_of_the_run() -> None:
    result, whole = race("halving"), race("none")
    for part, run in zip(result.records, whole.records[: len(result.records)], strict=True):
        assert part.spec == run.spec
        for name in part.history.keys() - {"seconds"}:
            np.testing.assert_array_equal(part.history[name], run.history[name][: len(part.history[name])])
        if part.outcome == "eliminated":
            assert "best of 7 after" in part.why
            assert part.test == {}


def test_elimination_is_the_same_every_time_and_told() -> None:
    one, other = (race("hyperband", methods=[fl.SGD, fl.Momentum]) for _ in range(2))
    assert one.table.drop("seconds_to_target").equals(other.table.drop("seconds_to_target"), null_equal=True)
    assert one.runs.drop("seconds")["outcome"].to_list() == other.runs["outcome"].to_list()
    assert any("ended early (hyperband)" in note for note in one.notes)


def test_every_method_has_a_run_that_was_not_ended_early() -> None:
    result = race("halving", methods=[fl.SGD, fl.Momentum, fl.Adam], lr="auto")
    finals = result.runs.filter(result.runs["phase"] == "final")
    assert set(finals["label"]) == {"sgd", "momentum", "adam"}
    for label in ("sgd", "momentum", "adam"):
        own = result.runs.filter((result.runs["label"] == label) & (result.runs["phase"] == "screening"))
        assert own.filter(own["outcome"] == "finished")["lr"].unique().len() == 1
        assert own.filter(own["outcome"] == "finished")["lr"][0] == finals.filter(finals["label"] == label)["lr"][0]
    whole = race("none", methods=[fl.SGD, fl.Momentum, fl.Adam], lr="auto", extend=False)
    best = whole.table["method"][0]
    assert result.table.filter(result.table["method"] == best)["group"].item() == 1


def test_a_configuration_that_failed_does_not_go_on() -> None:
    result = race("halving", lr=[*RATES[2:], 30.0, 100.0])
    outcomes = dict(zip(result.runs["lr"], result.runs["outcome"], strict=True))
    assert outcomes[30.0] == outcomes[100.0] == "diverged"
    assert result.table["lr"].item() == 1.0


def test_a_run_that_stands_still_while_others_go_on_does_not_count_that_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """With one thread and a clock that ticks when it is read, the runs' times add up to no more than all the ticks."""
    ticks = itertools.count()
    monkeypatch.setattr("fallline.engine.run.time", SimpleNamespace(perf_counter=lambda: float(next(ticks))))
    monkeypatch.setattr("fallline.engine.crew.cores", lambda: 1)
    result = race("halving")
    spent = [record.history["seconds"][-1] for record in result.records]
    assert sum(spent) <= next(ticks)
    assert all((np.diff(record.history["seconds"]) > 0).all() for record in result.records)


def test_where_it_ended_nothing_it_does_not_say_that_it_did() -> None:
    result = race("halving", steps=2)
    assert set(result.runs["outcome"]) == {"finished"}
    (note,) = (note for note in result.notes if "halving" in note)
    assert note.startswith("elimination='halving' ended no run: ")
    assert "ended no run" not in " ".join(race("halving").notes)


def test_schedules_are_thinned_out_apart_from_each_other() -> None:
    """A warm-up over half of the run is far behind after a ninth of it."""
    slow = f"trapezoid(warmup={EPOCHS // 2})"
    result = race("halving", schedule=[None, slow])
    whole = result.runs.filter((result.runs["phase"] == "screening") & (result.runs["outcome"] == "finished"))
    assert sorted(set(whole["schedule"].fill_null("none"))) == ["none", slow]
    assert len(whole) == 2 * 3
    alone = race("halving", schedule=[slow], final_seeds=0)
    kept = alone.runs.filter(alone.runs["outcome"] == "finished")["lr"]
    assert set(kept) == set(whole.filter(whole["schedule"] == slow)["lr"])


def test_runs_that_would_stand_still_together_beyond_what_is_free_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    wide = fl.Problem(init=lambda key: jnp.ones(100_000), loss=lambda p, batch: 0.5 * (p**2).mean())
    monkeypatch.setattr("fallline.engine.grouping.free_memory", lambda: 20_000_000)
    choices: dict[str, Any] = {"lr": RATES, "steps": 9, "seeds": 3, "lanes": "threads"}
    with pytest.raises(InvalidValue, match=r"more than half of the memory that is free .* or no elimination"):
        fl.compare(wide, [fl.SGD], elimination="halving", **choices)
    assert len(fl.compare(wide, [fl.SGD], **choices).records) == 31
