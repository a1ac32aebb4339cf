"""Where an axis has its ticks, and what they say."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

_SUPERSCRIPT = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")


class Tick(NamedTuple):
    """A place on an axis with its label; unlabelled where the label is empty."""

    value: float
    label: str


def linear_ticks(low: float, high: float, most: int, whole: bool = False) -> list[Tick]:
    """Return ticks at multiples of 1, 2 or 5 times a power of ten.

    Args:
        low: the axis's lower end, finite.
        high: its upper end, finite and above `low`.
        most: at most about so many.
        whole: only whole numbers.

    Example:
        >>> [tick.label for tick in linear_ticks(0, 1, most=6)]
        ['0.0', '0.2', '0.4', '0.6', '0.8', '1.0']
    """
    exponent, factor = _spacing((high / most - low / most), whole)
    spacing = factor * 10.0**exponent
    first, last = math.ceil(low / spacing - 1e-9), math.floor(high / spacing + 1e-9)
    values = [k * spacing for k in range(first, last + 1)]
    return [Tick(value, label) for value, label in zip(values, _labels(values, exponent), strict=True)]


def log_ticks(low: float, high: float, most: int) -> list[Tick]:
    """Return ticks at powers of ten, with unlabelled ones between, or at 1, 2 and 5 where the powers are too few.

    Args:
        low: the axis's lower end, positive.
        high: its upper end, above `low`.
        most: at most about so many labels.

    Example:
        >>> [tick.label for tick in log_ticks(0.5, 30, most=6) if tick.label]
        ['0.5', '1', '2', '5', '10', '20']
    """
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    inside = [d for d in decades if math.log10(low) - 1e-9 <= d <= math.log10(high) + 1e-9]
    few = len(inside) < 3
    stride = _stride(len(inside), most)
    digits = range(1, 10) if len(inside) <= most else (1,)
    pairs = [(m, d) for d in decades for m in digits if low * (1 - 1e-9) <= m * 10.0**d <= high * (1 + 1e-9)]
    named = [m in (1, 2, 5) if few else m == 1 and d % stride == 0 for m, d in pairs]
    shown = [10.0**d * m for (m, d), name in zip(pairs, named, strict=True) if name]
    powers = any(not 1e-3 <= value < 1e5 for value in shown)
    labels = [power_of_ten(m, d) if powers else f"{m * 10.0**d:,.6g}" for m, d in pairs]
    every = zip(pairs, named, labels, strict=True)
    return [Tick(m * 10.0**d, label if name else "") for (m, d), name, label in every]


def power_of_ten(mantissa: int, power: int) -> str:
    """Return the label of a digit times a power of ten.

    >>> power_of_ten(1, -3), power_of_ten(2, 5)
    ('10⁻³', '2×10⁵')
    """
    return _scientific_text(float(mantissa), 0, power).removeprefix("1×")


def _spacing(rough: float, whole: bool) -> tuple[int, int]:
    """Return the exponent and the factor of the least nice spacing at or above `rough`."""
    exponent = math.floor(math.log10(rough))
    factor = next((f for f in (1, 2, 5) if f * 10.0**exponent >= rough * (1 - 1e-9)), 10)
    if factor == 10:
        exponent, factor = exponent + 1, 1
    return (0, 1) if whole and exponent < 0 else (exponent, factor)


def _stride(count: int, most: int) -> int:
    return next(s for s in (1, 2, 3, 5, 10, 15, 20, 30, 50, 100, 150, 200) if count / s <= most)


def _labels(values: list[float], exponent: int) -> list[str]:
    largest = max(map(abs, values), default=0.0)
    if largest and (largest >= 1e7 or largest < 1e-3):
        power = math.floor(math.log10(largest) + 1e-9)
        decimals = max(power - exponent, 0)
        return [_scientific_text(v / 10.0**power, decimals, power) if v else "0" for v in values]
    return [_minus(f"{v:,.{max(-exponent, 0)}f}") for v in np.array(values) + 0.0]


def _scientific_text(mantissa: float, decimals: int, power: int) -> str:
    return _minus(f"{mantissa:.{decimals}f}") + f"×10{str(power).translate(_SUPERSCRIPT)}"


def _minus(text: str) -> str:
    return text.replace("-", "−")
