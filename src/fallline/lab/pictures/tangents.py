"""A loss in one weight, its tangent, and the steps down."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from fallline.core.errors import InvalidValue
from fallline.core.node import Scalar, hyper, option
from fallline.lab.picture import MovingPicture, shown
from fallline.report.numbers import counted

if TYPE_CHECKING:
    from fallline.figures.scene import Scene, Way


class Tangents(MovingPicture):
    """A loss in one weight, its tangent at the start, and the steps down: too small, right, too large.

    f(w) = (w − 2)² / 2

    At w₀ = 0 the slope is −2: the loss falls as the weight rises. A step is the rate times the slope, against it. On
    this curve, whose curvature is 1, any rate below 2 descends, 1 is there at once, and one above 2 climbs: that
    f(w − lr · f′(w)) lies below f(w) is true of a rate that is small enough, not of every rate below 1 on every curve.

    Source: A.-L. Cauchy, Méthode générale pour la résolution des systèmes d'équations simultanées, 1847.

    Example:
        >>> Tangents(lr=(0.1, 0.6, 2.05)).steps
        12
    """

    lr: Any = hyper((0.05, 0.5, 2.1), range="(0, 1e6]", help="the rates, a panel each", many=True)
    start: Scalar = hyper(0.0, range="[-1e6, 1e6]", help="the weight w₀")
    steps: int = option(12, help="steps of each way")

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.lr:
            raise InvalidValue("tangents(lr=[]): name one rate at least.")

    @functools.cached_property
    def scene(self) -> Scene:
        from fallline.lab.scene import scene

        reach = max(3.0, abs(float(self.start) - 2) + 1)
        window = ((2 - reach, 2 + reach),)
        methods = [f"sgd(lr={float(lr)!r})" for lr in self.lr]
        found = scene("(x - 2)**2 / 2", methods, start=(float(self.start),), steps=self.steps, window=window)
        ground = replace(found.ground, names=("weight w", "loss f"))
        return replace(found, title="The steps down a loss in one weight", ground=ground)

    def panels(self) -> Sequence[Scene]:
        return tuple(
            replace(self.scene, ways=(way,), notes=(), title=f"Rate {way.lr:g}: {_verdict(way)}")
            for way in self.scene.ways
        )

    def words(self) -> Sequence[str]:
        slope = float(self.scene.ways[0].gradient[0, 0])
        turn = "is level there" if slope == 0 else f"{'falls' if slope < 0 else 'rises'} as the weight rises"
        start = f"At w₀ = {shown(self.start)} the slope is {shown(slope)}: the loss {turn}."
        return (start, *(_told(way, slope) for way in self.scene.ways))


def _told(way: Way, slope: float) -> str:
    lr = float(way.lr or 0.0)
    return (
        f"Rate {lr:g}, {_verdict(way)}: the tangent promises a change of {shown(-lr * slope**2)} in the first step, "
        f"{shown(way.f[1] - way.f[0])} happens; in {counted(way.steps, 'step')} the loss goes from "
        f"{shown(way.f[0])} to {shown(way.f[-1])}."
    )


def _verdict(way: Way) -> str:
    """Return what the steps do."""
    if way.f[-1] > way.f[0]:
        return "too large, it climbs"
    if way.f[-1] > 0.1 * way.f[0]:
        return "too small, it crawls" if way.f[1] > 0.5 * way.f[0] else "too large, it bounces"
    return "right"
