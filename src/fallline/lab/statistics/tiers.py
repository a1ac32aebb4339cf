"""Who won, and who cannot be told apart."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import ArrayLike

from fallline.core.errors import InvalidValue
from fallline.lab.statistics.differences import Difference, differences
from fallline.lab.statistics.interval import LEAST, Array, mean_and_error


@dataclass(frozen=True)
class Tiers:
    """The standing of several methods, known by their rows.

    Args:
        order: the rows, best first: by their means, and after them those that failed.
        groups: of each row: 1 for the leader and what is not distinct from it, 2 for the best of the rest and what is
            not distinct from that, …; 0 throughout where there were too few seeds for a verdict.
        winner: the row that every other is distinct from; None if there is none.
        differences: of each row to the leader, `order[0]`; None for the leader and for rows that failed.
    """

    order: tuple[int, ...]
    groups: tuple[int, ...]
    winner: int | None
    differences: tuple[Difference | None, ...]


def tiers(scores: ArrayLike, confidence: float = 0.99) -> Tiers:
    """Rank methods by their scores on the same seeds, and say where the ranking means something.

    A row with a value that is not finite failed. It comes after those that did not, cannot win and hinders no winner;
    such rows are ordered by how often they failed, then by the mean of what is finite, each in a group of its own
    unless they agree in both. A method alone wins nothing.

    Between methods that are equally good, a winner is declared with a probability of at most 1 − confidence: the leader
    must be distinct from all the others (see `differences`). That some method is put into a group below one that it
    equals is likelier, since the leader is the best of several by chance: at 0.99 in up to 3 of 100 races of 8 equals.
    Student's t expects differences that are not very skewed. It is safe where all methods have the same noise, however
    skewed, since differences of such are symmetric; the worst case simulated, exponential noise against hardly any,
    gave a false winner in 5 of 100 races of 2 equals with 5 seeds.

    Args:
        scores: (methods, seeds), the lower the better: the caller turns the sign of a measure whose highest is best
            (see `cost`). A column is one seed for all. With fewer than 3 there is no verdict.
        confidence: in (0, 1).

    Raises:
        InvalidValue: for another shape, or nothing in it.

    Example:
        >>> standing = tiers([[2.0, 2.1, 2.2], [1.0, 1.1, 1.2], [1.1, 1.0, 1.3], [1.0, float("inf"), 1.0]])
        >>> standing.order, standing.groups, standing.winner
        ((1, 2, 0, 3), (2, 1, 1, 3), None)
    """
    scores = np.asarray(scores, np.float64)
    if scores.ndim != 2 or not scores.size:
        raise InvalidValue(
            f"scores of shape {scores.shape}: methods are ranked by (methods, seeds), one or more of each."
        )
    sound, failed = _by_mean(scores), _by_failures(scores)
    to_leader = _to_first(scores, sound, confidence) if sound else {}
    levels = [*_distinct(scores, sound, confidence), *(list(same) for _, same in groupby(failed, _failure(scores)))]
    group = {row: number for number, level in enumerate(levels, 1) for row in level}
    verdict = scores.shape[1] >= LEAST
    won = verdict and len(scores) > 1 and sound and all(found.distinct for found in to_leader.values())
    return Tiers(
        order=(*sound, *failed),
        groups=tuple(group[row] if verdict else 0 for row in range(len(scores))),
        winner=sound[0] if won else None,
        differences=tuple(to_leader.get(row) for row in range(len(scores))),
    )


def _by_mean(scores: Array) -> list[int]:
    """Return the rows without a failure, best first; of equal means, in the order of their values."""
    mean, _ = mean_and_error(scores.T)
    rows = np.flatnonzero(np.isfinite(scores).all(axis=1)).tolist()
    return sorted(rows, key=lambda row: (mean[row], *scores[row]))


def _by_failures(scores: Array) -> list[int]:
    """Return the rows with a failure, those that failed least first."""
    return sorted(np.flatnonzero(~np.isfinite(scores).all(axis=1)).tolist(), key=_failure(scores))


def _failure(scores: Array) -> Callable[[int], tuple[int, float]]:
    """Return what orders the rows that failed: how often, and the mean of the rest."""

    def key(row: int) -> tuple[int, float]:
        finite = np.sort(scores[row][np.isfinite(scores[row])])
        return scores.shape[1] - finite.size, float(finite.mean()) if finite.size else np.inf

    return key


def _to_first(scores: Array, rows: list[int], confidence: float) -> dict[int, Difference]:
    """Return the differences of all rows but the first to the first."""
    first, *others = rows
    return dict(zip(others, differences(scores[others], scores[first], confidence), strict=True))


def _distinct(scores: Array, rows: list[int], confidence: float) -> Iterator[list[int]]:
    """Yield the first row with those that are not distinct from it, then the same among the rest."""
    while rows:
        found = _to_first(scores, rows, confidence)
        below = [row for row in found if found[row].distinct]
        yield [row for row in rows if row not in below]
        rows = below
