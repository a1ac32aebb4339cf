"""Successive halving and Hyperband: at which points of a race which configurations go on."""

from __future__ import annotations

from typing import NamedTuple

from fallline.core.race_spec import Elimination

ETA = 3
"""One in so many goes on, and then for so many times as long."""


class Rung(NamedTuple):
    """A point of the race: after `epochs` the best `keep` of a bracket go on."""

    epochs: int
    keep: int


class Bracket(NamedTuple):
    """Configurations of one method that are judged against each other, by their places, and when."""

    places: tuple[int, ...]
    rungs: tuple[Rung, ...]


def brackets(count: int, epochs: int, elimination: Elimination) -> tuple[Bracket, ...]:
    """Return how `count` configurations of one method are thinned out over runs of so many epochs.

    Halving: of n configurations, ⌊n / 3⌋ go on (one at least) after 1/9 of the epochs, a third of those after 1/3; the
    rest runs to the end. Hyperband: several such brackets that begin to judge later and later, down to one that never
    does, for methods whose start says little; configurations are dealt out to them.

    Methods are not judged against each other before the end: one with a warm-up would go out for starting slowly.

    Source: K. Jamieson and A. Talwalkar, 2016, arXiv:1502.07943; L. Li et al., Hyperband, 2018, arXiv:1603.06560.
    Deviations: a fixed horizon, since schedules depend on it; brackets share the configurations of a grid.

    Example:
        >>> brackets(7, 20, "halving")
        (Bracket(places=(0, 1, 2, 3, 4, 5, 6), rungs=(Rung(epochs=2, keep=2), Rung(epochs=6, keep=1))),)
    """
    places = tuple(range(count))
    if elimination == "none" or count == 1:
        return (Bracket(places, ()),)
    ends = [end for end in (epochs // ETA**2, epochs // ETA) if end > 0]
    if elimination == "halving":
        return (Bracket(places, _rungs(count, ends)),)
    late = [ends[i:] for i in range(len(ends) + 1)]
    dealt = [places[i :: len(late)] for i in range(len(late))]
    return tuple(Bracket(own, _rungs(len(own), when)) for own, when in zip(dealt, late, strict=True) if own)


def _rungs(count: int, ends: list[int]) -> tuple[Rung, ...]:
    rungs = []
    for end in ends:
        kept = max(count // ETA, 1)
        if kept < count:
            rungs.append(Rung(end, kept))
        count = kept
    return tuple(rungs)
