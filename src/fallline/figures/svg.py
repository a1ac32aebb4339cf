"""Writing SVG: elements, with everything escaped."""

from __future__ import annotations

import html
from typing import Any

import numpy as np

_NARROW, _WIDE = " .,:;'|!()[]ijlftr⁻¹", "mwMW@%…—"


def element(tag: str, *children: str, **attributes: Any) -> str:
    """Return one element as text.

    Args:
        tag: its name.
        children: what stands inside, already SVG: `escape` plain text first.
        attributes: `stroke_width=2` for `stroke-width="2"`, `class_` for `class`; `None` leaves one out.

    Example:
        >>> element("circle", cx=1.25, r=2, class_="dot")
        '<circle cx="1.2" r="2" class="dot"/>'
    """
    named = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items() if value is not None}
    opening = "".join([tag, *(f' {name}="{escape(_shown(value))}"' for name, value in named.items())])
    return f"<{opening}>{''.join(children)}</{tag}>" if children else f"<{opening}/>"


def escape(text: object) -> str:
    """Return text that stays text in SVG and HTML; control characters, which XML forbids, become �."""
    plain = "".join(c if c >= " " or c in "\t\n" else "\ufffd" for c in str(text))
    return html.escape(plain.encode("utf-8", "replace").decode())


def points(x: np.ndarray, y: np.ndarray) -> str:
    """Return coordinates in pixels as polylines and polygons take them."""
    return " ".join(f"{_shown(float(a))},{_shown(float(b))}" for a, b in zip(x, y, strict=True))


def width(text: str, size: float = 12) -> float:
    """Return about how many pixels wide a line of text is, rather too many than too few."""
    return size * sum(0.35 if c in _NARROW else 0.95 if c in _WIDE else 0.63 for c in text)


def _shown(value: Any) -> str:
    """Return a number to a tenth of a pixel."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
