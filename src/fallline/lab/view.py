"""Methods on their way down a surface, to look at."""

from __future__ import annotations

import html
from collections.abc import Sequence
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import Any

from fallline.core.errors import InvalidValue
from fallline.figures.figure import MOVING, STILL, Figure
from fallline.figures.scene import Scene
from fallline.figures.view.draw import checked, checked_kind, draw, kind_of
from fallline.lab.scene import Rate, place, scene
from fallline.record.atomic import write_bytes

ENDINGS = (".html", *STILL, *MOVING)
"""What a view is written as: a page that plays, a still of the last step, an animation."""


@dataclass(frozen=True, eq=False, repr=False)
class View:
    """A scene and how to look at it.

    Args:
        scene: the ground and the ways over it, as numbers.
        kind: `"curve"`, `"map"`, `"surface"`, or None for the usual one of the ground.
        show: of `"gradient"`, `"step"` and `"memory"`, what is drawn at the current points.
    """

    scene: Scene
    kind: str | None = None
    show: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        kind_of(self.scene, self.kind)

    def plot(self, step: int | None = None) -> Figure:
        """Return the picture at a step, by default the last."""
        return Figure(draw(self.scene, self.kind, step, self.show))

    def save(self, path: str | PathLike[str]) -> Path:
        """Write an interactive page (.html), a still (.svg, .png) or an animation (.gif, .webp, .mp4).

        Raises:
            InvalidValue: for another ending.
            RunError: when the file cannot be written.
        """
        path = Path(path)
        check_ending(path)
        if path.suffix.lower() in STILL:
            return self.plot().save(path)
        if path.suffix.lower() in MOVING:
            from fallline.figures import animation

            return animation.save(path, self.scene, self.kind, self.show)
        write_bytes(path, self._page().encode())
        return path

    def _page(self) -> str:
        from fallline.report.view_page import view_page

        return view_page(self.scene, self.kind)

    def _repr_html_(self) -> str:
        page = html.escape(self._page())
        return f'<iframe srcdoc="{page}" style="width: 100%; height: 48em; border: 0"></iframe>'

    def __repr__(self) -> str:
        ways = ", ".join(way.label for way in self.scene.ways)
        return f"<View of {self.scene.title}: {ways}; {self.scene.steps:,} steps>"


def view(
    f: Any,
    methods: Any = None,
    *,
    start: Sequence[float] | None = None,
    steps: int = 200,
    lr: Rate = "auto",
    window: Any = None,
    show: Sequence[str] = (),
    kind: str | None = None,
    title: str | None = None,
) -> View:
    """Return a view of several methods on their way down from one start, which notebooks show and `save` writes.

    Args:
        f: a surface, its class or its name; a formula such as `"x**4 - 3*x**2 + y**2"`; or a function of an array of
            one or two coordinates, which needs a start or a window.
        methods: one or several: instances, classes, or words such as `"momentum(beta=0.99)"`; the usual ones if left
            out.
        start: where from; by default the surface's own start, or a place in the window.
        steps: how many to take, 0 to 10,000.
        lr: the learning rate of the methods that are given without one: `"auto"` tunes each by a small race on this
            very surface, a number is the rate of all, None or `"own"` each method's own. The view says which.
        window: what to look at: a (low, high) a coordinate, or one for all.
        show: of `"gradient"`, `"step"` and `"memory"`, what stills and animations show at the current points; the
            page has a switch for each.
        kind: `"curve"` for one coordinate; `"map"`, as usual, or `"surface"` for two.
        title: a line above.

    Returns:
        The view; `view.scene` holds its numbers.

    Raises:
        InvalidValue, InvalidType: before anything is compiled, for what cannot be shown.

    Example:
        >>> import fallline as fl
        >>> ball = fl.view("x**4 - 3*x**2 + x", ["sgd", "momentum"], start=[-2.0], lr=0.01, steps=60)
        >>> ball
        <View of x**4 - 3*x**2 + x: sgd, momentum; 60 steps>
        >>> ball.scene.ways[1].points.shape
        (61, 1)
    """
    shown = checked(show)
    surface, where, seen = place(f, start, window)
    checked_kind(kind, len(where))
    return View(scene(surface, methods, where, steps, lr, seen, title), kind, shown)


def check_ending(path: Path) -> None:
    """Raise `InvalidValue` unless a view can be written under that name."""
    if path.suffix.lower() not in ENDINGS:
        raise InvalidValue(f"{path}: a view is written as {', '.join(ENDINGS)}; choose a name that ends so.")
