"""Verdicts of races with a known answer, through `fl.compare` itself."""

from __future__ import annotations

import re
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import stats
from tests.lab.planted import STEPS, bowl, noisy_levels, placed, plane

import fallline as fl
from fallline.engine.plan import initial

NOISE = 0.005
MEAN = ("mean", "low", "high")
DIFFERENCE = ("difference", "difference_low", "difference_high")
noisy = noisy_levels(NOISE)


def descend(methods: Any, lr: Any, **choices: Any) -> Any:
    return fl.compare(bowl, methods, lr=lr, **{"steps": 40, "seeds": 3, "lanes": "threads", **choices})


def race(places: tuple[int, ...], seed: int, seeds: int, problem: fl.Problem = noisy) -> Any:
    return fl.compare(problem, [placed(k) for k in places], lr=1.0, steps=STEPS, seeds=seeds, seed=seed)


def test_methods_that_are_equally_good_tie() -> None:
    repeats, won, apart = 24, 0, 0
    for k in range(repeats):
        result = race((0, 1), seed=1000 * k, seeds=7)
        assert (result.winner is None) == result.verdict.startswith("No winner: ")
        won += result.winner is not None
        apart += set(result.table["group"]) != {1}
    assert won <= 0.05 * repeats
    assert apart <= 0.05 * repeats


def test_a_difference_of_one_per_cent_is_found_as_often_as_students_t_allows() -> None:
    """The power of a paired t-test at 99 %, from the noncentral t distribution; at 95 % it would be found too often."""
    repeats, seeds, found = 24, 7, 0
    for k in range(repeats):
        winner = race((3, 0), seed=1000 * k, seeds=seeds).winner
        assert winner in (None, placed(0).replace(lr=1.0))
        found += winner is not None
    apart = 0.01 / (NOISE * np.hypot(1, 1.01) / np.sqrt(seeds))

    def power(outside: float) -> float:
        critical = stats.t.isf(outside / 2, seeds - 1)
        return float(stats.nct.sf(critical, seeds - 1, apart) + stats.nct.cdf(-critical, seeds - 1, apart))

    low, high = stats.binom.interval(0.99, repeats, power(0.01))
    assert low <= found <= high
    assert 0 < low < high < repeats * power(0.05)


@pytest.mark.parametrize("seed", [0, 1000])
def test_with_enough_seeds_one_per_cent_is_always_found(seed: int) -> None:
    result = race((3, 0, 1), seed, seeds=40)
    assert result.winner is None
    assert dict(result.table.select("method", "group").iter_rows()) == {
        "momentum(beta=0.0)": 1,
        "momentum(beta=0.1)": 1,
        "momentum(beta=0.3)": 2,
    }
    assert race((3, 0), seed, seeds=40).winner == placed(0).replace(lr=1.0)


def test_what_two_methods_share_of_the_noise_does_not_hide_their_difference() -> None:
    """Each seed lifts the loss of both methods by the same, a hundred times what they differ by."""

    def loss(params: Any, batch: Any) -> Any:
        return params["w"] ** 2 + jax.lax.stop_gradient(params["lift"])

    lifted = fl.Problem(init=lambda key: {"w": jnp.ones(()), "lift": 5 + jax.random.normal(key)}, loss=loss)
    result = fl.compare(lifted, [fl.SGD, fl.Momentum(beta=0.1)], lr=0.002, steps=25, seeds=8, lanes="threads")
    assert result.winner == fl.Momentum(lr=0.002, beta=0.1)
    best, other = result.table.iter_rows(named=True)
    assert other["difference"] < 0.01 * (best["high"] - best["low"])


def test_methods_that_are_the_same_tie_whatever_the_rates() -> None:
    result = descend([fl.SGD, fl.Momentum(beta=0.0)], [0.1, 0.5], seeds=4)
    assert result.winner is None
    assert result.table["group"].to_list() == [1, 1]
    assert result.table["mean"][0] == pytest.approx(result.table["mean"][1], rel=1e-5)
    assert "sgd" in result.verdict
    assert "momentum(beta=0.0)" in result.verdict


def test_two_sentences_with_the_numbers_of_the_table() -> None:
    result = race((3, 0), seed=0, seeds=40)
    first, second = result.table.iter_rows(named=True)
    assert result.verdict.count(". ") == 1
    assert result.verdict.endswith(".")
    assert result.verdict.startswith(f"{first['method']} wins: ")
    assert "training loss" in result.verdict
    told = re.findall(r"([\d.]+) (?:behind )?\(([\d.]+) to ([\d.]+)[,)]", result.verdict)
    wanted = [[row[name] for name in names] for row, names in ((first, MEAN), (second, DIFFERENCE))]
    np.testing.assert_allclose(np.array(told, float), wanted, rtol=2e-3)
    assert "40 seeds" in result.verdict
    assert second["method"] in result.verdict


def test_a_tie_names_those_who_tie_and_those_who_are_behind() -> None:
    verdict = race((3, 0, 1), 0, seeds=40).verdict
    ahead, behind = verdict.split(". ")[0], verdict.split(". ")[1:]
    assert "momentum(beta=0.0)" in ahead
    assert "momentum(beta=0.1)" in ahead
    assert "momentum(beta=0.3)" not in ahead
    assert ". ".join(behind).endswith("momentum(beta=0.3) is behind.")


@pytest.mark.parametrize("seeds", [1, 2])
def test_fewer_than_three_seeds_give_no_interval_and_no_winner(seeds: int) -> None:
    result = race((3, 0), seed=0, seeds=seeds)
    assert result.winner is None
    assert result.verdict.startswith(f"With {seeds} seed")
    assert len(result.records) == 2 * seeds
    assert set(result.table["group"]) == {0}
    assert result.table["low"].is_nan().all()
    assert result.table["high"].is_nan().all()
    assert any("fewer than 3" in note for note in result.notes)


def test_finals_of_their_own_make_up_for_few_screening_seeds() -> None:
    result = fl.compare(noisy, [placed(3), placed(0)], lr=[1.0, 1.001], steps=STEPS, seeds=2, final_seeds=40)
    assert result.winner is not None
    assert not any("fewer than 3" in note for note in result.notes)


def test_without_finals_there_is_no_verdict() -> None:
    result = descend([fl.SGD, fl.Momentum], [0.1, 0.5], seeds=4, final_seeds=0)
    assert result.winner is None
    assert result.verdict.startswith("Without finals on fresh seeds there is no verdict")
    assert len(result.records) == 16


def test_where_every_run_fails_it_says_so_and_how_low_the_rates_were() -> None:
    result = descend([fl.SGD, fl.Momentum], [1e4, 1e5])
    assert result.winner is None
    assert result.verdict == (
        "Every run failed, at every learning rate down to 10,000. Try rates a thousand times lower."
    )
    assert result.table["mean"].is_infinite().all()
    assert result.table["note"].to_list() == ["diverged on 10 of 10 seeds"] * 2


def holds_below(share: float) -> fl.Problem:
    """Return a problem whose loss is a number only for seeds that draw less than a share of 1."""

    def loss(params: Any, batch: Any) -> Any:
        return params["w"] ** 2 * jnp.where(jax.lax.stop_gradient(params["drawn"]) < share, 1.0, jnp.nan)

    return fl.Problem(init=lambda key: {"w": jnp.ones(()), "drawn": jax.random.uniform(key)}, loss=loss)


fragile = holds_below(0.4)


def first_seed(wanted: tuple[bool, ...]) -> int:
    """Return the first seed from which on the seeds hold or fail as wanted."""
    held = [float(initial(fragile, seed)[0]["drawn"]) < 0.4 for seed in range(500)]
    return next(k for k in range(490) if tuple(held[k : k + len(wanted)]) == wanted)


@pytest.mark.parametrize("finals", [(False, False, False), (True, False, True)])
def test_where_every_method_fails_on_fresh_seeds_the_rates_that_held_are_named(finals: tuple[bool, ...]) -> None:
    seed = first_seed((True, True, True, *finals))
    result = fl.compare(
        fragile, [fl.SGD, fl.Momentum], lr=[0.01, 0.1], steps=5, final_seeds=3, seeds=3, seed=seed, lanes="threads"
    )
    assert result.winner is None
    assert result.verdict == (
        "No winner: every method failed on some of 3 fresh seeds. The largest learning rate that held in screening was "
        "0.1: try lower ones."
    )
    failed = finals.count(False)
    assert result.table["note"].to_list() == [f"was not finite on {failed} of 3 seeds"] * 2


def test_where_no_rate_held_on_all_seeds_it_says_so() -> None:
    seed = first_seed((True, False, True, True, True, True))
    result = fl.compare(
        fragile, [fl.SGD, fl.Momentum], lr=[0.01, 0.1], steps=5, final_seeds=0, seeds=3, seed=seed, lanes="threads"
    )
    assert result.verdict == "Every method failed on some seeds, at every learning rate down to 0.01. Try lower rates."


class Thrice(fl.Method):
    """Gradient descent with three times the rate."""

    lr: float = fl.hyper(0.1, range="(0, inf)", help="a third of the step size", rate=True)

    def rule(self, xp: Any, g: Any, p: Any, s: Any, t: Any) -> Any:
        return -3 * self.lr * g, {}


def test_one_that_fails_on_the_fresh_seeds_cannot_win_and_comes_last() -> None:
    result = descend([Thrice, fl.SGD], 1.0, seeds=5)
    assert result.winner == fl.SGD(lr=1.0)
    assert result.table["method"].to_list() == ["sgd", "thrice"]
    assert result.table["group"].to_list() == [1, 2]
    assert result.table["note"].to_list() == ["", "diverged on 5 of 5 seeds"]
    assert result.verdict.endswith("Every other method failed on some of them.")


def test_one_method_alone_wins_nothing() -> None:
    result = race((0,), 0, seeds=5)
    assert result.winner is None
    assert result.verdict.endswith("One method alone is no race: there is nobody to beat.")


def test_momentum_tuned_well_does_not_lose_to_gradient_descent() -> None:
    rates = fl.log_grid(0.01, 1, 7)
    result = descend([fl.SGD, fl.Momentum], rates, beta=[0.0, 0.5, 0.9])
    assert isinstance(result.winner, fl.Momentum)
    assert not any("it was not tuned enough" in note for note in result.notes)


def test_momentum_tuned_badly_is_pointed_out() -> None:
    """Two draws, in which momentum met β = 0 at the lower rate only, and the better rate with a β that is too large."""
    result = descend([fl.SGD, fl.Momentum], [0.3, 1.0], beta=[0.0, 0.999], trials=2, seed=17)
    tried = result.runs.filter(label="momentum", phase="screening").select("lr", "beta").unique().rows()
    assert sorted(tried) == [(0.3, 0.0), (1.0, 0.999)]
    (note,) = (note for note in result.notes if "it was not tuned enough" in note)
    assert note.startswith("momentum lost to sgd, which it contains (beta=0.0)")


def test_momentum_whose_beta_was_not_tuned_may_lose() -> None:
    result = descend([fl.SGD, fl.Momentum(beta=0.999)], [0.3, 1.0])
    assert result.winner == fl.SGD(lr=1.0)
    assert not any("it was not tuned enough" in note for note in result.notes)


def test_a_measure_that_is_never_a_number_is_not_taken_for_a_failure() -> None:
    hollow = fl.Problem(
        plane.init, plane.loss, data=plane.data, predict=plane.predict, metrics={"hole": lambda y_pred, y_true: np.nan}
    )
    result = fl.compare(
        hollow, fl.SGD, lr=[0.01, 0.1], epochs=1, seeds=3, final_seeds=3, measure="lowest hole", lanes="threads"
    )
    assert result.winner is None
    assert result.verdict == "No run failed, and none has a validation hole that is a number. Choose another measure."
    assert result.table["note"].to_list() == ["its measure was not a number"]
    assert result.notes == ()


def test_a_loss_that_is_no_number_from_the_start_is_not_blamed_on_the_rate() -> None:
    nowhere = fl.Problem(init=lambda key: jnp.ones(1), loss=lambda p, batch: jnp.nan * p.sum())
    result = fl.compare(nowhere, ["sgd", "adam"], steps=3, seeds=3)
    assert "not finite at the first parameters" in result.verdict
    assert not any("try lower" in note for note in result.notes)


def test_runs_that_end_at_a_target_are_said_to_have_other_lengths() -> None:
    result = descend(["sgd", "momentum"], 0.1, target_loss=0.3)
    assert "target_reached" in set(result.runs["outcome"])
    assert any(note.startswith("Some runs ended before the others") for note in result.notes)
    assert not any("ended before" in note for note in descend(["sgd", "momentum"], 0.1).notes)
