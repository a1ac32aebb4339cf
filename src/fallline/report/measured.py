"""Measured numbers, to the digits that their interval supports."""

from __future__ import annotations

import math

from fallline.report.numbers import number

_DECIMALS = 7


def measured(mean: float, low: float, high: float, sign: str = "-") -> tuple[str, str, str]:
    """Return a mean and the ends of its interval, all to the second digit of the interval's half width.

    Args:
        mean: the mean.
        low: the interval's lower end; nan where there is none.
        high: its upper end.
        sign: "+" to show the sign of positive numbers too.

    Example:
        >>> measured(0.051234, 0.049612, 0.052856), measured(0.5, float("nan"), float("nan"))
        (('0.0512', '0.0496', '0.0529'), ('0.5', 'nan', 'nan'))
    """
    half = (high - low) / 2
    decimals = 1 - math.floor(math.log10(half)) if math.isfinite(half) and half > 0 else _DECIMALS + 1
    plain = decimals <= _DECIMALS and all(abs(value) < 1e9 for value in (mean, low, high))
    form = f"{sign},.{max(decimals, 0)}f" if plain else f"{sign}.4g"
    return _written(mean, form), _written(low, form), _written(high, form)


def _written(value: float, form: str) -> str:
    text = format(value, form) if math.isfinite(value) else number(value)
    return text.replace("-", "−", 1) if text.startswith("-") else text
