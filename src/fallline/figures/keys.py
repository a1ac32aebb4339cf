"""The legend: samples with their labels, in as many rows as they need."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from fallline.figures import svg
from fallline.figures.style import text
from fallline.figures.svg import element

_SWATCH, _GAP, _BETWEEN = 20, 6, 16


class Key(NamedTuple):
    """One entry of a legend.

    Args:
        label: what is drawn.
        swatch: its sample, in a box from (0, -5) to (20, 5).
    """

    label: str
    swatch: str


def width(row: Sequence[Key]) -> float:
    """Return about how many pixels wide a row is."""
    return sum(_wide(key) for key in row) + _BETWEEN * max(len(row) - 1, 0)


def rows(keys: Sequence[Key], room: float) -> list[list[Key]]:
    """Return the keys in rows of at most `room` pixels; one that is wider has a row to itself."""
    found: list[list[Key]] = []
    for key in keys:
        if not found or width([*found[-1], key]) > room:
            found.append([])
        found[-1].append(key)
    return found


def row(keys: Sequence[Key], x: float, y: float) -> str:
    """Return one row from `x` to the right, its samples centred on the height `y`."""
    parts = []
    for key in keys:
        parts.append(element("g", key.swatch, transform=f"translate({x:.1f} {y:.1f})"))
        parts.append(text(key.label, x + _SWATCH + _GAP, y + 4, "start", "ink"))
        x += _wide(key) + _BETWEEN
    return "".join(parts)


def _wide(key: Key) -> float:
    return _SWATCH + _GAP + svg.width(key.label)
