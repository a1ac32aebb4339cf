"""Choices of a run checked one by one: what was given, and the rule it breaks."""

from __future__ import annotations

import math
import operator
import sys
import typing
from typing import Any

from fallline.core.errors import InvalidType, InvalidValue


def whole(name: str, value: Any, least: int, most: int | None = None, also: str = "") -> int:
    """Return a count as Python's own number, since files take no NumPy integer."""
    if isinstance(value, bool) or not hasattr(value, "__index__"):
        raise InvalidType(f"{name}={value!r}: {name} must be a whole number{f' or {also}' if also else ''}.")
    count = operator.index(value)
    if count < least or (most is not None and count > most):
        rule = f"at least {least}" if most is None else f"from {least} to {most}"
        raise InvalidValue(f"{name}={count}: {name} must be {rule}.")
    return count


def number(name: str, value: Any) -> None:
    """Raise unless the value is a number, and one that a float holds."""
    # Only nan is unlike itself; `math.isnan` makes a float of what it is given, which not every whole number can be.
    if isinstance(value, bool) or not isinstance(value, int | float) or value != value:
        raise InvalidType(f"{name}={value!r}: {name} must be a number.")
    if isinstance(value, int) and abs(value) > sys.float_info.max:
        raise InvalidValue(f"{name} has more than 308 digits, and a number has fewer.")


def not_negative(name: str, value: Any) -> None:
    """Raise unless the value is a number from 0 up, and finite."""
    number(name, value)
    if not 0 <= value < math.inf:
        raise InvalidValue(f"{name}={value}: {name} must be finite and not negative.")


def one_of(name: str, value: Any, choices: Any) -> None:
    """Raise unless the value is one of a `Literal`'s."""
    allowed = typing.get_args(choices)
    if value not in allowed:
        raise InvalidValue(f"{name}={value!r}: {name} must be one of {', '.join(map(repr, allowed))}.")
