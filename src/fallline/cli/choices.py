"""Choices read from the command line's words."""

from __future__ import annotations

from typing import Any, Literal

from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.schedules import SCHEDULES


def read_method(text: str, lr: str | None) -> Method:
    """Build a method, with its learning rate replaced where one is given apart."""
    from fallline.engine.plan import as_method

    method = as_method(text)
    if lr is None:
        return method
    if not method.has_lr:
        raise InvalidValue(f"--lr {lr}: {method.name()} has no learning rate. Leave --lr out.")
    return method.with_lr(read_rate(lr))


def read_rate(text: str) -> Any:
    """Read a number, or a schedule such as `exponential(0.1, 0.99)`."""
    try:
        return float(text)
    except ValueError:
        if "(" in text:
            return SCHEDULES.build(text)
        example = "exponential(0.1, 0.99)"
        raise InvalidValue(f"--lr {text}: a learning rate is a number, or a schedule such as {example!r}.") from None


def read_batch(text: str) -> int | Literal["full"]:
    """Read a number of rows.

    >>> read_batch("128"), read_batch("full")
    (128, 'full')
    """
    if text == "full":
        return "full"
    try:
        return int(text)
    except ValueError:
        raise InvalidValue(f"--batch {text}: a batch is a whole number of rows, or full.") from None


def read_shares(text: str) -> tuple[float, ...]:
    """Read the shares of a split.

    >>> read_shares(".7,.15,.15")
    (0.7, 0.15, 0.15)
    """
    try:
        return tuple(float(share) for share in text.split(","))
    except ValueError:
        raise InvalidValue(f"--split {text}: write the shares as numbers, as in .7,.15,.15.") from None
