"""The verdict of a race in two sentences."""

from __future__ import annotations

import numpy as np

from fallline.lab.standings import Standings
from fallline.lab.statistics.interval import LEAST, mean_interval
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
    if interrupted and not standings.decided:
        return f"The race was interrupted before its end, so there is no verdict. {_leading(standings)}"
    if not any(_held(standings, label) for label in standings.labels):
        return _nothing_held(standings)
    if not standings.decided or len(standings.seeds) < LEAST:
        return f"{_refused(standings)} {_leading(standings)}"
    if len(standings.labels) == 1:
        alone = standings.labels[0]
        ends = f"{alone} ends at a {standings.measure.name} of {_value(standings, alone)}"
        return f"{ends}. One method alone is no race: there is nobody to beat."
    return _won(standings) if standings.winner else _tied(standings)


def _won(standings: Standings) -> str:
    winner, second = standings.order[0], standings.order[1]
    measure, seeds = standings.measure, _seeds(standings)
    first = f"{winner} wins: its {measure.name} is {_value(standings, winner)}, over {seeds}"
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
    first = f"No winner: {_listed(ahead)} cannot be told apart over {_seeds(standings)}, at 99 % confidence"
    leader = f"{ahead[0]} has the best mean {standings.measure.name}, {_value(standings, ahead[0])}"
    behind = f"; {_listed(others)} {'is' if len(others) == 1 else 'are'} behind" if others else ""
    return f"{first}. {leader}{behind}."


def _seeds(standings: Standings) -> str:
    """Return on how many seeds the entrants are judged; fresh ones, where others were there to choose by."""
    return counted(len(standings.seeds), "fresh seed" if standings.screening else "seed")


def _value(standings: Standings, label: str) -> str:
    found = mean_interval(standings.values(standings.judged(label)))
    interval = f" ({number(found.low)} to {number(found.high)})" if np.isfinite(found.low) else ""
    return f"{number(found.mean)}{interval}"


def _leading(standings: Standings) -> str:
    leader = standings.order[0]
    if not _held(standings, leader):
        return "No run that counts has come to its end yet."
    return f"So far {leader} has the best mean {standings.measure.name}, {_value(standings, leader)}."


def _refused(standings: Standings) -> str:
    if not standings.seeds:
        return "No seed is common to all methods, so that nothing is paired and there is no verdict."
    if len(standings.seeds) < LEAST:
        return f"With {counted(len(standings.seeds), 'seed')} there is no interval and no verdict: take 3 at least."
    return "Without finals on fresh seeds there is no verdict: rates chosen on these seeds flatter whoever tried most."


def _held(standings: Standings, label: str) -> bool:
    """Return whether none of the runs that a method is judged by failed."""
    return bool(np.isfinite(standings.costs(standings.judged(label))).all())


def _nothing_held(standings: Standings) -> str:
    stable = [largest_stable(*found) for label in standings.labels if (found := rates_and_means(standings, label))[0]]
    if held := [rate for rate in stable if rate is not None]:
        return (
            f"No winner: every method failed on some of {counted(len(standings.seeds), 'fresh seed')}. The largest "
            f"learning rate that held in screening was {number(max(held))}: try lower ones."
        )
    if standings.never_began:
        return "No run took a step: the loss is not finite at the first parameters. No learning rate changes that."
    tried = [run.entry.lr for run in standings.runs if run.entry.lr is not None]
    below = f", at every learning rate down to {number(min(tried))}" if tried else ""
    if not any(run.record.outcome.failed for run in standings.runs):
        return f"No run failed, and none has a {standings.measure.name} that is a number. Choose another measure."
    if np.isfinite(standings.costs(standings.runs)).any():
        return f"Every method failed on some seeds{below}. Try lower rates."
    return f"Every run failed{below}. Try rates a thousand times lower."


def _listed(labels: list[str]) -> str:
    """Return names as people list them.

    >>> _listed(["sgd", "adam", "nadam"])
    'sgd, adam and nadam'
    """
    return " and ".join([", ".join(labels[:-1]), labels[-1]] if len(labels) > 1 else labels)
