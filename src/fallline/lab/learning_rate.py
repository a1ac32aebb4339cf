"""The learning rate, found by trying."""

from __future__ import annotations

import dataclasses
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.core.problem import Problem
from fallline.core.registry import to_call
from fallline.core.schedule import Schedule
from fallline.core.spec import LARGEST_SEED, Spec
from fallline.lab.rate_search import A_DECADE, Found, Search, rate

if TYPE_CHECKING:
    from fallline.engine.trial import Trials
    from fallline.figures.figure import Figure

SHARE = 0.15
"""Of the training's steps, so many may be spent on finding the rate of a long one."""

SECONDS, FLOPS, STEP_SECONDS = 2.0, 5e10, 2e-5
"""For a short training, or where that share is too little: about so many seconds, on a machine with so many
floating-point operations a second and a step of at least so long. Counted, not measured: the same choices give the same
rate again."""

LEAST_STEPS = 200
ALL_PLACES, MANY_SEEDS = 18, 5
"""Trials a seed where long ones are taken at all places, and seeds from which on that is worth while."""

SOME_SEEDS, FEW_STEPS = 3, 64
"""Where trials cannot be as long as the training: so many seeds if that leaves so many steps, else one, for longer."""

GOOD = 1.05
"""Rates whose loss is at most so many times the best are good."""

FAR = 3.0
"""A rate of more than so many times what the curvature allows is doubted."""


@dataclass(frozen=True)
class Curve:
    """What one seed showed: `losses`, (n,), the loss at the end of a trial with each of the rates `lrs`, (n,)."""

    seed: int
    lrs: np.ndarray[Any, Any]
    losses: np.ndarray[Any, Any]


@dataclass(frozen=True, repr=False)
class LearningRate:
    """A learning rate with what speaks for it.

    Args:
        lr: the rate found; None for a method that has none.
        low, high: between these the loss was within 5% of the best.
        reason: how it was found, and what is doubtful where it is not `sure`, in a sentence.
        sure: whether seeds, neighbours and the curvature agree.
        method: the method with this rate; a schedule has it for its peak.
        limit: the rate beyond which steps on a quadratic of the measured curvature grow; None where it is not known.
        curves: the loss at the end of the longest trials, a curve a seed.
        steps: how many steps all the trials took.
        seconds: how long they took.
    """

    lr: float | None
    low: float | None
    high: float | None
    reason: str
    sure: bool
    method: Method
    limit: float | None = None
    curves: tuple[Curve, ...] = ()
    steps: int = 0
    seconds: float = 0.0

    def plot(self) -> Figure:
        """Return the loss over the rates, which notebooks show and `.save("rates.svg")` writes."""
        from fallline.figures.figure import Figure
        from fallline.figures.lines import lines

        shown = {f"trial {i}": np.stack([c.lrs, c.losses], axis=1) for i, c in enumerate(self.curves, 1)}
        return Figure(lines(shown, ("learning rate", "loss"), self._words()))

    def __repr__(self) -> str:
        return f"<LearningRate {self._words()}>"

    def _repr_html_(self) -> str:
        from fallline.figures.svg import escape

        return f"<div><strong>{escape(self._words())}</strong>{self.plot().svg if self.curves else ''}</div>"

    def _words(self) -> str:
        if self.lr is None or not self.curves:
            return self.reason
        return f"{self.lr:g} (good between {self.low:.2g} and {self.high:.2g}){'' if self.sure else '?'}: {self.reason}"


def find_lr(
    problem: Problem,
    method: Method | type[Method] | str = "adam",
    *,
    batch_size: int | Literal["full"] = 32,
    epochs: int | None = None,
    steps: int | None = None,
    seeds: int = 9,
    seed: int = 0,
    between: Callable[[], None] | None = None,
    **choices: Any,
) -> LearningRate:
    """Find the learning rate for a training, by trials that leave the problem and the training's own seed alone.

    Rates a factor of 1.8 apart are tried at a constant rate: all of them for a few steps, the best for as many steps as
    there is time for, with every seed; the one with the lowest validation loss (of a problem without a validation part
    the training loss) at the end is taken. Short trainings are tried to their end. Longer ones want a smaller rate than
    the trials: the best rate falls with a power of the steps, which is measured, and expected at 1/2. The rate is then
    compared with the limit that the loss's curvature sets (see `Sharpness`).

    Args:
        problem: what is minimised.
        method: how; its own rate is where the search begins. A schedule keeps its shape, and the rate is its peak.
        batch_size, epochs, steps: of the training that the rate is for; see `fl.train`.
        seeds: how many first parameters and orders of the rows are tried at most, from 1 up; none is the training's.
            A long training has no time for many.
        seed: 0 to 2³²−1; the trials' seeds follow from it.
        between: called before each trial; what it raises ends the search.
        **choices: the training's other choices, as in `fl.train`: `reduction`, `sampling`, `l2`, `precision`, …

    Returns:
        The rate with its reason. The trials take about 15% of the steps of a long training; of a short one, about as
        many as fit in two seconds.

    Raises:
        InvalidValue: where the loss is not finite at the first parameters, or no rate can be trained with.

    Example:
        >>> import numpy as np
        >>> import fallline as fl
        >>> x = np.random.default_rng(0).normal(size=(64, 2)).astype(np.float32)
        >>> line = fl.problems.for_data({"a": x[:, 0], "b": x[:, 1], "y": x @ [1.0, 2.0]}, model="linear", target="y")
        >>> found = fl.find_lr(line, "sgd", batch_size=8, epochs=3)
        >>> found.low <= found.lr <= found.high
        True
    """
    from fallline.engine.plan import as_method
    from fallline.engine.trial import Trials

    method = as_method(method)
    if not isinstance(seeds, int) or seeds < 1:
        raise InvalidValue(f"seeds={seeds!r}: the rate is found with at least one seed.")
    if not method.has_lr:
        return LearningRate(None, None, None, f"{method.name()} has no learning rate: it needs none", True, method)
    default = _number(method)
    if not method.needs_rate:
        why = f"{method.name()} works out its own rate: leave its factor at {default:g}"
        return LearningRate(default, default, default, why, True, method)
    began = time.perf_counter()
    spec = Spec(str(to_call(method)), batch_size=batch_size, epochs=epochs, steps=steps, seed=seed, **choices)
    trials = Trials(problem, method.with_lr(default), dataclasses.replace(spec, target_loss=None))
    several, horizon, wide = _effort(seeds, _budget(trials), trials.total_steps)
    own_seeds = [(seed + 2**31 + k) % (LARGEST_SEED + 1) for k in range(several)]
    search = Search(trials, own_seeds, round(math.log10(default) * A_DECADE), horizon, wide, between)
    found = search.found()
    limit = _limit(trials, found)
    return _judged(method, search, found, limit, trials.total_steps, time.perf_counter() - began)


def _number(method: Method) -> float:
    """Return the method's own rate, or its schedule's highest among the first steps."""
    rate = method.rate
    if not isinstance(rate, Schedule):
        return float(rate)
    return max(float(rate(t)) for t in (0, 1, 10, 100, 1000))


def _budget(trials: Trials) -> int:
    """Return how many steps all the trials may take together."""
    seconds = trials.flops / FLOPS + STEP_SECONDS
    return max(int(SHARE * trials.total_steps), int(SECONDS / seconds), min(LEAST_STEPS, 2 * trials.total_steps))


def _effort(asked: int, budget: int, total: int) -> tuple[int, int, bool]:
    """Return how many seeds there is time for, the steps of the longest trials, and whether they are taken everywhere.

    A search that walks to the best rate takes about 4 long trials and 3 more a seed.
    """
    everywhere = min(asked, budget // (ALL_PLACES * total))
    if everywhere >= min(asked, MANY_SEEDS):
        return everywhere, total, True
    seeds = (budget // total - 4) // 3
    if seeds < SOME_SEEDS:
        seeds = SOME_SEEDS if budget >= (4 + 3 * SOME_SEEDS) * FEW_STEPS else 1
    seeds = min(asked, seeds)
    return seeds, min(total, max(budget // (4 + 3 * seeds), 8)), False


def _limit(trials: Trials, found: Found) -> float | None:
    """Return the rate that the curvature allows: of those early in the best trial and at its end, the larger."""
    from fallline.probes.sharpness import Sharpness

    edge, probe = trials.edge(found.trial), Sharpness(every=1, preconditioned=True)
    if edge is None:
        return None
    ends = (found.trial,) if found.trial is found.short else (found.short, found.trial)
    sharpest = [trials.measured(end, probe)["sharpness/preconditioned"] for end in ends]
    return max((edge / value for value in sharpest if value > 0), default=None)


def _judged(
    method: Method, search: Search, found: Found, limit: float | None, total: int, seconds: float
) -> LearningRate:
    """Return the rate for the whole training, with what speaks for it and against it."""
    fall = (total / search.horizon) ** -found.fall
    tried = rate(found.place)
    lr = float(f"{tried * fall:.2g}")
    curves = tuple(_curve(search, seed) for seed in search.seeds)
    low, high = _good(search, found)
    doubts = [*_doubts(search, found, curves), *_beyond(tried, limit)]
    reason = f"{_how(search, total)}{'; ' if doubts else ''}{'; '.join(doubts)}"
    return LearningRate(
        lr=lr,
        low=min(low * fall, lr),
        high=max(high * fall, lr),
        reason=reason,
        sure=not doubts,
        method=method.with_peak(lr),
        limit=limit,
        curves=curves,
        steps=search.steps,
        seconds=seconds,
    )


def _how(search: Search, total: int) -> str:
    """Return what was tried, in words."""
    what = "validation" if search.trials.validates else "training"
    seeds = f"{len(search.seeds)} seed{'s' * (len(search.seeds) > 1)}"
    if search.horizon == total:
        return f"lowest {what} loss after all {total:,} steps, {seeds}"
    return f"lowest {what} loss after {search.horizon:,} steps, {seeds}, and lowered for {total:,} steps"


def _curve(search: Search, seed: int) -> Curve:
    places = sorted(place for place, own, until in search.scores if own == seed and until == search.horizon)
    losses = np.array([search.scores[place, seed, search.horizon] for place in places])
    return Curve(seed, np.array([rate(place) for place in places]), losses)


def _good(search: Search, found: Found) -> tuple[float, float]:
    """Return between which rates the loss at the end of the trials was close to the best."""
    scores = {place: search.score(place, search.seeds[:1], search.horizon) for place in search.tried}
    least = min(scores.values())
    bound = least + (GOOD - 1) * abs(least)
    good = [place for place, score in scores.items() if score <= bound]
    return rate(min(*good, found.place)), rate(max(*good, found.place))


def _doubts(search: Search, found: Found, curves: tuple[Curve, ...]) -> list[str]:
    doubts = []
    best = [curve.lrs[np.argmin(curve.losses)] for curve in curves]
    if max(best) >= 10 * min(best):
        doubts.append(f"the seeds disagree, from {min(best):.2g} to {max(best):.2g}")
    if found.reached_end:
        doubts.append("the loss still fell at the end of the rates tried")
    early = [search.score(place, search.seeds[:1], search.short) for place in search.around(2)]
    finite = [loss for loss in early if math.isfinite(loss)]
    if len(finite) > 4 and max(finite) - min(finite) < 0.01 * abs(min(finite)):
        doubts.append("the loss hardly depends on the rate")
    return doubts


def _beyond(tried: float, limit: float | None) -> list[str]:
    if limit is None or tried <= FAR * limit:
        return []
    return [f"it lies far beyond {limit:.2g}, where steps on the measured curvature would grow"]
