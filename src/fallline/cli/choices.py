"""Choices read from the command line's words."""

from __future__ import annotations

from typing import Any, Literal

from fallline.core.errors import InvalidValue
from fallline.core.grammar import parse_all
from fallline.core.method import Method
from fallline.probes import PROBES
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


def read_probes(text: str) -> tuple[str, ...]:
    """Read what is to be measured.

    >>> read_probes("gradnorms, sharpness(every=50)")
    ('gradnorms', 'sharpness(every=50)')
    """
    calls = parse_all(text)
    for call in calls:
        PROBES.find(call.name)
    return tuple(map(str, calls))


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


def read_source(data: str, image_size: str | None, broken_images: str | None) -> str:
    """Return what `fl.data.load` reads: DATA, or a call where there are choices about a folder's images.

    >>> read_source("photos", "32x48", None)
    "images('photos', size=(32, 48))"
    """
    choices = {"size": None if image_size is None else read_size(image_size), "broken": broken_images}
    chosen = [f"{name}={value!r}" for name, value in choices.items() if value is not None]
    return f"images({', '.join([repr(data), *chosen])})" if chosen else data


def read_size(text: str) -> tuple[int, ...]:
    """Read a height and a width.

    >>> read_size("32x48")
    (32, 48)
    """
    try:
        height, width = map(int, text.replace(",", "x").split("x"))
    except ValueError:
        raise InvalidValue(f"--image-size {text}: write a height and a width in pixels, as in 32x48.") from None
    return height, width


def read_class_weight(text: str) -> str | dict[str, float]:
    """Read `balanced`, or weights by label.

    >>> read_class_weight("yes=3,no=1")
    {'yes': 3.0, 'no': 1.0}
    """
    if text == "balanced":
        return text
    weights = {}
    for pair in text.split(","):
        label, _, weight = pair.rpartition("=")
        try:
            weights[label.strip()] = float(weight)
        except ValueError:
            raise InvalidValue(f"--class-weight {text}: write balanced, or weights as in yes=3,no=1.") from None
    return weights


def read_shares(text: str) -> tuple[float, ...]:
    """Read the shares of a split.

    >>> read_shares(".7,.15,.15")
    (0.7, 0.15, 0.15)
    """
    try:
        return tuple(float(share) for share in text.split(","))
    except ValueError:
        raise InvalidValue(f"--split {text}: write the shares as numbers, as in .7,.15,.15.") from None
