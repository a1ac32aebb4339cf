"""Constant pieces."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from fallline.core.errors import InvalidValue
from fallline.core.node import Scalar, hyper
from fallline.core.schedule import Schedule
from fallline.schedules.phase import concrete


class Piecewise(Schedule):
    """Hold one value up to the first boundary, another up to the next, and so on.

    value(t) = peak                     t < boundaries[0]
               peak · factors[i]        boundaries[i] ≤ t < boundaries[i + 1], and after the last

    The factors are all relative to the peak; they are not multiplied together. Those of
    optax.piecewise_constant_schedule and torch.optim.lr_scheduler.MultiStepLR are: there {30: 0.1, 60: 0.1}, or
    milestones [30, 60] with gamma = 0.1, is here boundaries = (30, 60), factors = (0.1, 0.01). A value changes at the
    step its boundary names, as in both; in keras PiecewiseConstantDecay one step later (its boundary 29 is 30 here,
    factors = values[1:] / values[0]).

    Source: optax.piecewise_constant_schedule, torch.optim.lr_scheduler.MultiStepLR, keras PiecewiseConstantDecay.

    Example:
        >>> schedule = Piecewise(1.0, boundaries=(30, 60), factors=(0.5, 0.25))
        >>> [float(schedule(t)) for t in (0, 29, 30, 60, 1000)]
        [1.0, 1.0, 0.5, 0.25, 0.25]
    """

    peak: Scalar = hyper(range="(-inf, inf)", help="the value before the first boundary", rate=True)
    boundaries: tuple[Scalar, ...] = hyper(range="[1, inf)", units="steps", help="where the value changes", many=True)
    factors: tuple[Scalar, ...] = hyper(range="[0, inf)", units="peak", help="the values from there on", many=True)

    def __post_init__(self) -> None:
        super().__post_init__()
        where = f"{self.name()}(boundaries={self.boundaries!r}, factors={self.factors!r})"
        if len(self.boundaries) != len(self.factors) or not self.factors:
            raise InvalidValue(
                f"{where}: every boundary needs one factor, got {len(self.boundaries)} boundaries and "
                f"{len(self.factors)} factors. The value before the first boundary is the peak, without a factor."
            )
        if (numbers := concrete(*self.boundaries)) is None:
            return
        for before, after in pairwise(numbers):
            if not (before < after).all():
                raise InvalidValue(f"{where}: boundaries must increase, got {before} before {after}. Sort them.")

    def value(self, xp: Any, t: Any) -> Any:
        """Return the value of the piece that `t` lies in."""
        piece = xp.sum(t >= self.boundaries)
        return self.peak * xp.concat([xp.ones_like(self.factors[:1]), self.factors])[piece]
