"""Choices read from the command line's words."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from fallline.core.errors import InvalidValue
from fallline.core.grammar import parse, parse_all
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
        if str(call) != "default":
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


def read_batches(text: str) -> int | str | list[int | str]:
    """Read one number of rows, or several to try.

    >>> read_batches("128"), read_batches("32,full")
    (128, [32, 'full'])
    """
    sizes: list[int | str] = [read_batch(size.strip()) for size in text.split(",")]
    return sizes[0] if len(sizes) == 1 else sizes


def read_methods(text: str) -> tuple[str, ...]:
    """Read the methods of a race.

    >>> read_methods("sgd, adam(b2=0.99)")
    ('sgd', 'adam(b2=0.99)')
    """
    return tuple(map(str, parse_all(text)))


def read_axes(texts: Iterable[str]) -> dict[str, Any]:
    """Read what a race varies: values with commas between them, or a grid or a range in words.

    >>> read_axes(["b1=0.8,0.9", "schedule=none,cosine(end=0.1)", "eps=1e-8:1e-4"])
    {'b1': [0.8, 0.9], 'schedule': ['none', 'cosine(end=0.1)'], 'eps': '1e-8:1e-4'}
    """
    axes: dict[str, Any] = {}
    for text in texts:
        name, _, values = (part.strip() for part in text.partition("="))
        if not name.isidentifier() or not values:
            raise InvalidValue(f"--vary {text}: write a name and its values, as in b1=0.8,0.9.")
        if name in axes:
            raise InvalidValue(f"--vary {text}: {name} is varied twice. Name all its values at once.")
        axes[name] = values if ":" in values or values.startswith("uniform(") else _read_values(text, values)
    return axes


def _read_values(text: str, values: str) -> list[Any]:
    try:
        call = parse(f"values({values})")
    except InvalidValue:
        call = None
    if call is None or call.kwargs:
        raise InvalidValue(f"--vary {text}: write values with commas between them, as in b1=0.8,0.9.")
    return [value if isinstance(value, int | float) else "none" if value is None else str(value) for value in call.args]


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
