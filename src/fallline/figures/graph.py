"""A function of one number as a curve, with paths of points on it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fallline.figures import marks, paths, profile, style
from fallline.figures.axes import drawable
from fallline.figures.keys import Key
from fallline.figures.named_colours import looks
from fallline.figures.plane import WIDEST, plane
from fallline.figures.profile import Points


def graph(
    x: Any,
    y: Any,
    ways: Mapping[str, Any] | None = None,
    minima: Points = (),
    local_minima: Points = (),
    names: tuple[str, str] = ("x", "f"),
    title: str | None = None,
) -> str:
    """Return an SVG of a curve; values that are not finite leave gaps.

    Args:
        x: where the values are, ascending, shape (n,).
        y: the values, shape (n,).
        ways: names, of methods say, and points (x, y), each of shape (k, 2), joined in their order.
        minima: its lowest points.
        local_minima: further minima.
        names: what the axes are called.
        title: a line above all.

    Example:
        >>> x = np.linspace(-1, 1, 21)
        >>> graph(x, x**2, {"SGD": [[1.0, 1.0], [0.5, 0.25]]}, minima=[(0.0, 0.0)]).count("<polyline")
        2
    """
    x, y = np.asarray(x, np.float64), drawable(y)
    taken = {name: np.asarray(way, np.float64).reshape(-1, 2) for name, way in (ways or {}).items()}
    seen = looks(taken)
    across, up = profile.axes(x, y)
    start = [Key("start", marks.start(10.0, 0.0))] if taken else []
    keys = [*paths.keys({name: name for name in taken}, seen), *start, *profile.keys(minima, local_minima)]
    box = plane(across, up, (WIDEST, 0.42 * WIDEST), names, keys, title)
    words = f"{names[1]} over {names[0]} from {across.low:.4g} to {across.high:.4g}."
    return style.page(
        box.width,
        box.height,
        title or "A curve",
        words,
        box.surround,
        profile.drawn(x, y, box),
        profile.marked(minima, local_minima, box),
        *(paths.drawn(way, seen[name], box, lifted=False) for name, way in taken.items()),
        paths.starts(taken, box),
    )
