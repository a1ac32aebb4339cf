"""Trials of many rates: short ones of all, long ones of the best, in the end with every seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from fallline.core.errors import InvalidValue

if TYPE_CHECKING:
    from fallline.engine.trial import Trial, Trials

A_DECADE = 4
"""Rates tried are 10^(i/4), i whole: a factor of 1.8 apart."""

REACH = 6 * A_DECADE
"""How far from the method's own default rates are tried."""

SHORT = 8
"""A trial of the survey has one of so many parts of the longest trials' steps."""

VALIDATION_ROWS = 4096
"""So many rows of a larger validation part always are looked at."""

FALL = 0.5
"""The usual power of the horizon with which the best rate falls, 1/√T; what is measured counts for half."""


class Found(NamedTuple):
    """What a search ended with: places are whole numbers i, for a rate of 10^(i/4)."""

    place: float
    """The best of the longest trials, between two of them."""
    fall: float
    """The power of the horizon with which the best rate falls."""
    reached_end: bool
    trial: Trial
    """The longest trial at the best place, of the first seed."""
    short: Trial
    """The short trial there."""


class Search:
    """The trials of a problem by place, seed and length, each taken once.

    Args:
        trials: the runs.
        seeds: of short trials and far from the best, the first one is enough.
        centre: the place to begin at.
        horizon: steps of the longest trials.
        wide: whether there is time for long trials at all places with all seeds; overfitting can make several valleys.
        between: called before each trial; what it raises ends the search.
    """

    def __init__(
        self,
        trials: Trials,
        seeds: Sequence[int],
        centre: int,
        horizon: int,
        wide: bool,
        between: Callable[[], None] | None = None,
    ) -> None:
        self.trials, self.seeds, self.centre, self.horizon, self.wide = trials, seeds, centre, horizon, wide
        self.between = between
        self.short = min(horizon, max(horizon // SHORT, 8))
        self.runs: dict[tuple[int, int, int], Trial] = {}
        self.scores: dict[tuple[int, int, int], float] = {}

    @property
    def tried(self) -> list[int]:
        """The places of the longest trials."""
        return sorted(place for place, seed, until in self.scores if (seed, until) == (self.seeds[0], self.horizon))

    @property
    def steps(self) -> int:
        """Steps that all the trials took together."""
        longest: dict[tuple[int, int], int] = {}
        for (place, seed, _), trial in self.runs.items():
            longest[place, seed] = max(longest.get((place, seed), 0), len(trial.losses))
        return sum(longest.values())

    def found(self) -> Found:
        """Search, and return where the best rate lies.

        Raises:
            InvalidValue: where no rate at all can be trained with.
        """

        def early(place: int) -> float:
            return self.score(place, self.seeds[:1], self.short)

        def late(place: int) -> float:
            return self.score(place, self.seeds[:1], self.horizon)

        def final(place: int) -> float:
            return self.score(place, self.seeds, self.horizon)

        soon = self.lowest(early, min(self.around(2), key=early), 2)
        self._refuse_failure(soon)
        near = min(self.around(1), key=final) if self.wide else self.lowest(late, self.lowest(late, soon - 1, 2), 1)
        best = self.lowest(final, near, 1)
        place = vertex(best, 1, final)
        return Found(
            place,
            self._fall(vertex(soon, 2, early), place),
            abs(best - self.centre) >= REACH,
            self.run(best, self.seeds[0], self.horizon),
            self.run(best, self.seeds[0], self.short),
        )

    def around(self, stride: int) -> list[int]:
        """Return the places, `stride` apart, of two decades to either side of the centre."""
        return [self.centre + i for i in range(-2 * A_DECADE, 2 * A_DECADE + 1, stride)]

    def lowest(self, score: Callable[[int], float], start: int, stride: int) -> int:
        """Return a place whose score is below its neighbours', walking there from `start`; down from where all fail."""
        here = start
        while abs(here - self.centre) < REACH:
            if math.isfinite(score(here)):
                nearest = min((here, here - stride, here + stride), key=score)
            else:
                nearest = here - stride
            if nearest == here:
                break
            here = nearest
        return here

    def score(self, place: int, seeds: Sequence[int], until: int) -> float:
        """Return the median over the seeds of the loss at a trial's end, infinite where one failed."""
        losses = [self._score(place, seed, until) for seed in seeds]
        return float(np.median(losses)) if np.isfinite(losses).all() else math.inf

    def run(self, place: int, seed: int, until: int) -> Trial:
        """Return the trial, carried on from a shorter one where there is one."""
        if (place, seed, until) not in self.runs:
            if self.between is not None:
                self.between()
            shorter = [n for p, s, n in self.runs if (p, s) == (place, seed) and n < until]
            begun = self.runs[place, seed, max(shorter)] if shorter else self.trials.begun(rate(place), seed)
            self.runs[place, seed, until] = self.trials.carried(begun, until)
        return self.runs[place, seed, until]

    def _score(self, place: int, seed: int, until: int) -> float:
        key = place, seed, until
        if key not in self.scores:
            trial = self.run(*key)
            last = trial.losses[-max(len(trial.losses) // 4, 1) :]
            loss = math.inf if trial.failed else self._validation(trial) if self.trials.validates else last.mean()
            self.scores[key] = float(loss) if math.isfinite(loss) else math.inf
        return self.scores[key]

    def _validation(self, trial: Trial) -> float:
        """Return the validation loss, of no more rows than cost little beside the longest trials' own."""
        own = self.horizon * self.trials.plan.order.batch_size
        return self.trials.validation(trial, max(VALIDATION_ROWS, own // 4))

    def _fall(self, early: float, late: float) -> float:
        """Return the power with which the best rate falls, half from what is usual and half from the trials."""
        if self.short == self.horizon:
            return FALL
        measured = (early - late) / A_DECADE / math.log10(self.horizon / self.short)
        return min(max((FALL + measured) / 2, 0.0), 1.0)

    def _refuse_failure(self, place: int) -> None:
        if math.isfinite(self.score(place, self.seeds[:1], self.short)):
            return
        tried = sorted({place for place, _, _ in self.runs})
        taken = max(len(trial.losses) for trial in self.runs.values())
        if taken == 0:
            raise InvalidValue(
                "find_lr: the loss, or its gradient, is not finite at the first parameters already, whatever the rate. "
                "Look at the data and at the loss's logarithms, roots and divisions."
            )
        raise InvalidValue(
            f"find_lr: with no rate from {rate(tried[0]):.2g} to {rate(tried[-1]):.2g} did the loss stay finite and "
            f"below its first value times a million: {taken} steps at most were taken."
        )


def rate(place: float) -> float:
    """Return the rate at a place.

    >>> rate(-12)
    0.001
    """
    return float(10 ** (place / A_DECADE))


def vertex(place: int, stride: int, score: Callable[[int], float]) -> float:
    """Return where the parabola through a place and its two neighbours is lowest.

    >>> vertex(1, 1, lambda x: (x - 1.25) ** 2)
    1.25
    """
    left, here, right = (score(place + i * stride) for i in (-1, 0, 1))
    bend = left - 2 * here + right
    if not (math.isfinite(bend) and bend > 0):
        return float(place)
    return place + stride * min(max((left - right) / (2 * bend), -0.5), 0.5)
