"""Pictures in pixels."""

from __future__ import annotations

import re

from fallline.core.errors import RunError

SCALE = 2
"""Pixels of the file for each of the figure: sharp on paper and on fine screens."""

_RAISED = re.compile("[⁻⁰¹²³⁴⁵⁶⁷⁸⁹]+")
_LOWERED = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", "−0123456789")
_LETTER = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><text y="9">x</text></svg>'


def png(svg: str, scale: float = SCALE) -> bytes:
    """Return an SVG as PNG, in its light colours, `scale` times as wide and high; it is clear where nothing is drawn.

    Raises:
        RunError: on a machine without fonts, where the labels would be missing.
    """
    from resvg_py import svg_to_bytes

    if svg_to_bytes(_LETTER) == svg_to_bytes(_LETTER, skip_system_fonts=True):
        raise RunError(
            "This machine has no fonts to write a PNG's labels with. Install some, or save the figure as SVG."
        )
    return pixels(svg, scale)


def pixels(svg: str, scale: float) -> bytes:
    """Return the same on a machine that is known to have fonts: asking takes as long as drawing."""
    from resvg_py import svg_to_bytes

    return svg_to_bytes(_RAISED.sub(_raised, svg), zoom=scale)


def _raised(digits: re.Match[str]) -> str:
    """Return an exponent as raised ordinary digits: many fonts lack the raised ones, and two would be mixed."""
    return f'<tspan dy="-4" font-size="9">{digits[0].translate(_LOWERED)}</tspan>'
