"""The verdict of a race in two sentences."""

from __future__ import annotations

import numpy as np

from fallline.lab.race import LEAST_SEEDS
from fallline.lab.standings import Standings
from fallline.lab.statistics.interval import mean_interval
from fallline.lab.statistics.sensitivity import largest_stable
from fallline.lab.tuning import rates_and_means
from fallline.report.numbers import counted, number

COVERS = (
    "Intervals are at 95 %, differences to the leader at 99 % with Holm's correction. They cover what the first "
    "parameters and the order of the rows change, seed by seed; not which rows the data happen to hold."
)


def verdict(standings: Standings, interrupted: bool = False) -> str:
    """Return who won, or that nobody did and why, in two sentences."""
    if not standings.labels:
        return "No run has ended, so nothing can be said. The same command goes on."
    if _all_failed(standings):
        return _nothing_held(standings)
    if interrupted and not standings.decided:
        return f"The race was interrupted before its finals, so there is no verdict. {_leading(standings)}"
    if not standings.decided or len(standings.seeds) < LEAST_SEEDS:
        return f"{_refused(standings)} {_leading(standings)}"
    if len(standings.labels) == 1:
        return f"{_value(standings, standings.labels[0])}. One method alone is no race: there is nobody to beat."
    return _won(standings) if standings.winner else _tied(standings)


def _won(standings: Standings) -> str:
    winner, second = standings.order[0], standings.order[1]
    measure, seeds = standings.measure, counted(len(standings.seeds), "fresh seed")
    first = f"{winner} wins: {_value(standings, winner)}, over {seeds}"
    if (found := standings.difference(second)) is None:
        return f"{first}. Every other method failed on some of them."
    apart = sorted(abs(end) for end in found[1:])
    better = "lower" if measure.better == "lowest" else "higher"
    return (
        f"{first}. That is {better} than every other method's; the nearest, {second}, is {number(abs(found[0]))} "
        f"behind ({number(apart[0])} to {number(apart[1])}, at 99 % confidence)."
    )


def _tied(standings: Standings) -> str:
    ahead = [label for label in standings.order if standings.group(label) == 1]
    others = [label for label in standings.order if standings.group(label) != 1]
    seeds = counted(len(standings.seeds), "fresh seed")
    first = f"No winner: {_listed(ahead)} cannot be told apart over {seeds}, at 99 % confidence"
    leader = f"{ahead[0]} has the best mean, a {_value(standings, ahead[0])}"
    behind = f"; {_listed(others)} {'is' if len(others) == 1 else 'are'} behind" if others else ""
    return f"{first}. {leader}{behind}."


def _value(standings: Standings, label: str) -> str:
    found = mean_interval(standings.values(standings.judged(label)))
    interval = f" ({number(found.low)} to {number(found.high)})" if np.isfinite(found.low) else ""
    return f"{standings.measure.name} {number(found.mean)}{interval}"


def _leading(standings: Standings) -> str:
    leader = standings.order[0]
    return f"So far {leader} has the best mean, a {_value(standings, leader)}."


def _refused(standings: Standings) -> str:
    if len(standings.seeds) < LEAST_SEEDS:
        return f"With {counted(len(standings.seeds), 'seed')} there is no interval and no verdict: take 3 at least."
    return "Without finals on fresh seeds there is no verdict: rates chosen on these seeds flatter whoever tried most."


def _all_failed(standings: Standings) -> bool:
    return not any(np.isfinite(standings.costs([run])).any() for run in standings.runs)


def _nothing_held(standings: Standings) -> str:
    tried = [rate for label in standings.labels for rate in rates_and_means(standings, label)[0]]
    stable = [_largest(standings, label) for label in standings.labels]
    below = f", the lowest of which was {number(min(tried))}" if tried else ""
    held = [rate for rate in stable if rate is not None]
    advice = f"The largest that held was {number(max(held))}." if held else "Try rates a thousand times lower."
    return f"Every run failed, at every learning rate{below}. {advice}"


def _largest(standings: Standings, label: str) -> float | None:
    rates, means = rates_and_means(standings, label)
    return largest_stable(rates, means) if rates else None


def _listed(labels: list[str]) -> str:
    """Return names as people list them.

    >>> _listed(["sgd", "adam", "nadam"])
    'sgd, adam and nadam'
    """
    return " and ".join([", ".join(labels[:-1]), labels[-1]] if len(labels) > 1 else labels)
