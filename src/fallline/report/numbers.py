"""Numbers, counts and durations as people write them."""

from __future__ import annotations

import math


def number(value: float) -> str:
    """Return four significant digits, and whole thousands in groups.

    >>> number(0.974137), number(1234567.8), number(2.5e-7)
    ('0.9741', '1,234,568', '2.5e-07')
    """
    if not math.isfinite(value):
        return str(float(value))
    return f"{value:,.0f}" if 9999.5 <= abs(value) < 1e9 else f"{value:.4g}"


def counted(count: int, noun: str) -> str:
    """Return a count and its noun, in the plural unless it is one.

    >>> counted(1, "epoch"), counted(1797, "row")
    ('1 epoch', '1,797 rows')
    """
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def duration(seconds: float) -> str:
    """Return a length of time with the two units that matter.

    >>> duration(0.348), duration(83), duration(7440)
    ('0.35 s', '1 min 23 s', '2 h 4 min')
    """
    if not math.isfinite(seconds):
        return f"{seconds} s"
    if seconds < 59.5:
        return f"{seconds:.2g} s" if seconds < 9.5 else f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s"
