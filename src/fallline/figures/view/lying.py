"""Ways that lie on a surface: they follow the ground, and are dimmed where it stands before them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from fallline.figures import marks, paths
from fallline.figures.clip import inside, pieces
from fallline.figures.named_colours import Look
from fallline.figures.scene import Way
from fallline.figures.svg import element, points
from fallline.figures.thin import apart, simplified, stretches
from fallline.figures.view import heads
from fallline.figures.view.internals import Shown
from fallline.figures.view.mesh import DIMMED
from fallline.figures.view.vista import Vista

_STRAIGHT = 1 / 48
"""The longest straight piece, as a share of the ground's width: steps follow the ground."""


@dataclass(frozen=True, eq=False)
class Spots:
    """Points on the page with the steps at which a way is there.

    Args:
        steps: ascending, shape (k,); between two steps, a part of one.
        pixels: shape (k, 2).
        hidden: which of them the ground stands before, shape (k,).
    """

    steps: np.ndarray
    pixels: np.ndarray
    hidden: np.ndarray

    def until(self, step: int) -> Spots:
        """Return those as far as a step."""
        count = int(np.searchsorted(self.steps, step, "right"))
        return Spots(self.steps[:count], self.pixels[:count], self.hidden[:count])


@dataclass(frozen=True, eq=False)
class Lying:
    """A way on a surface.

    Args:
        way: it.
        look: its colour and dashes.
        view: the surface.
        lines: the parts of its line that are on the ground.
        dots: its points that are on the ground.
    """

    way: Way
    look: Look
    view: Vista
    lines: tuple[Spots, ...]
    dots: Spots

    def line(self, step: int) -> str:
        """Return the line as far as a step, with a dot for every step."""
        seen = [some.until(step) for some in self.lines]
        cut = [some.pixels for some in seen if len(some.steps) > 1 and some.steps[-1] % 1]
        exits = [paths.exit_mark(pixels[-2:], self.look.role) for pixels in cut]
        return "".join([*(_drawn(some, self.look) for some in seen), self._dots(step), *exits])

    def start(self) -> str:
        """Return a ring at the start, if that is on the ground."""
        return marks.start(*self.dots.pixels[0].tolist()) if 0 in self.dots.steps[:1] else ""

    def head(self, step: int, shown: Shown) -> str:
        """Return the ball at a step with what is shown there, if it is on the ground."""
        there = np.flatnonzero(self.dots.steps == step)
        if not len(there):
            return ""
        x, y = self.dots.pixels[there[0]].tolist()
        moved = heads.moved((x, y), self.look.role, shown, self.view.axes(self.way.points[step]))
        opacity = "0.6" if self.dots.hidden[there[0]] else None
        return element("g", moved, heads.ball((x, y), self.look.role), opacity=opacity)

    def _dots(self, step: int) -> str:
        some = self.dots.until(step)
        return "".join(
            element("g", paths.dots(some.pixels[some.hidden == behind], self.look), opacity=opacity)
            for behind, opacity in ((True, DIMMED), (False, None))
        )


def lying(way: Way, look: Look, view: Vista) -> Lying:
    """Return a way on a surface."""
    steps = np.arange(way.steps + 1.0)
    timed = np.concatenate([way.points, steps[:, None]], axis=1)
    low, high = np.append(view.ground.low, -1.0), np.append(view.ground.high, way.steps + 1.0)
    found = [_spots(_followed(piece, view), view) for piece in pieces(timed, low, high)]
    on = inside(way.points, view.ground.low, view.ground.high)
    return Lying(way, look, view, tuple(found), _spots(timed[on], view))


def _followed(piece: np.ndarray, view: Vista) -> np.ndarray:
    """Return a piece of points (x, y, step) with more of them, so that it follows the ground between its steps."""
    lengths = np.abs(np.diff(piece[:, :2], axis=0) / (view.ground.high - view.ground.low)).max(axis=1)
    counts = np.ceil(lengths / _STRAIGHT).astype(int).clip(1)
    places = np.repeat(np.arange(len(counts)), counts) + np.concatenate([np.arange(n) / n for n in counts.tolist()])
    places = np.append(places, len(counts))
    return np.stack([np.interp(places, np.arange(len(piece)), column) for column in piece.T], axis=1)


def _spots(timed: np.ndarray, view: Vista) -> Spots:
    """Return points (x, y, step) on the page; where the ground has no value there are none."""
    box = view.relief.box(timed[:, :2])
    known = np.isfinite(box[:, 2])
    return Spots(timed[known, 2], view.page(box[known]), view.relief.hidden(box[known], view.projection))


def _drawn(some: Spots, look: Look) -> str:
    parts = []
    for behind, opacity in ((True, DIMMED), (False, None)):
        for stretch in stretches(some.hidden == behind):
            # One point on, for stretches that are hidden and those that are not to meet.
            pixels = simplified(apart(some.pixels[stretch.start : stretch.stop + 1], 0.5), 0.2)
            if len(pixels) > 1:
                parts.append(element("g", paths.line(points(*pixels.T), look), opacity=opacity))
    return "".join(parts)
