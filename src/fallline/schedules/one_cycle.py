"""One cycle: up, down, and far down."""

from __future__ import annotations

from typing import Any, Literal

from fallline.core.node import Scalar, hyper, option
from fallline.core.schedule import Schedule
from fallline.schedules.phase import between, cosine, done, left, require_fit


class OneCycle(Schedule):
    """Rise to the peak and fall far below the start, once.

    t < top:   from peak · start  up to    peak           top = rise · steps
    t < foot:  from peak          down to  peak · start   foot = back · steps; none without `back`
    then:      from there         down to  peak · end     which is reached at t = steps and held

    linear: each along a line; cosine: each along half a cosine, flat at both ends. `ends="at_last"` gives the last of
    `steps` steps the end's value, as torch does: the top and the end come one step earlier, the foot two.
    `"after"`, as in optax, gives it to the first step after them.

    A momentum that goes the other way is a second schedule: `Momentum(lr=OneCycle(0.1, n), beta=OneCycle(0.85, n,
    start=0.95/0.85, end=0.95/0.85))` comes down from 0.95 to 0.85 while the rate rises, and returns.

    Source: L. N. Smith and N. Topin, Super-Convergence: Very Fast Training of Neural Networks Using Large Learning
    Rates, 2017, arXiv:1708.07120. torch.optim.lr_scheduler.OneCycleLR (rise = pct_start, start =
    1 / div_factor, end = start / final_div_factor; three_phase: back = 2 · rise); optax.cosine_onecycle_schedule and
    linear_onecycle_schedule (back = pct_final), which round top and foot down to whole steps.

    Example:
        >>> rate = OneCycle(1.0, steps=100, rise=0.5, start=0.2, end=0.0)
        >>> [round(float(rate(t)), 4) for t in (0, 25, 50, 75, 100)]
        [0.2, 0.6, 1.0, 0.5, 0.0]
        >>> beta = OneCycle(0.85, steps=100, rise=0.5, start=0.95 / 0.85, end=0.95 / 0.85)
        >>> [round(float(beta(t)), 4) for t in (0, 25, 50, 75, 100)]
        [0.95, 0.9, 0.85, 0.9, 0.95]
    """

    peak: Scalar = hyper(range="(-inf, inf)", help="the value at the top", rate=True)
    steps: Scalar = hyper(range="[1, inf)", units="steps", help="length of the whole")
    rise: Scalar = hyper(0.3, range="[0, 1]", help="share of the steps in which the value rises")
    back: Scalar = hyper(
        None,
        range="[0, 1]",
        help="share of the steps after which the value is back at `start`; without it, it falls straight to `end`",
        optional=True,
    )
    start: Scalar = hyper(0.04, range="[0, inf)", units="peak", help="the value at the first step")
    end: Scalar = hyper(4e-6, range="[0, inf)", units="peak", help="the last value, held after the end")
    form: Literal["cosine", "linear"] = option("cosine", help="how the value goes up and down")
    ends: Literal["after", "at_last"] = option("after", help="which step is the first to have the end's value")

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.back is not None:
            require_fit(self, ("rise",), "back")

    def value(self, xp: Any, t: Any) -> Any:
        """Return the value of the phase that `t` lies in."""
        early = 1 if self.ends == "at_last" else 0
        top, last = self.rise * self.steps - early, self.steps - early
        rise = between(self.start, 1, self._bent(xp, done(xp, t, top)))
        if self.back is None:
            fall = self._down(xp, t, top, last, 1)
        else:
            foot = self.back * self.steps - 2 * early
            back = between(self.start, 1, self._bent(xp, left(xp, t - top, foot - top)))
            fall = xp.where(t < foot, back, self._down(xp, t, foot, last, self.start))
        return self.peak * xp.where(t < top, rise, fall)

    def _down(self, xp: Any, t: Any, begin: Any, last: Any, high: Any) -> Any:
        return between(self.end, high, self._bent(xp, left(xp, t - begin, last - begin)))

    def _bent(self, xp: Any, share: Any) -> Any:
        return cosine(xp, share) if self.form == "cosine" else share
