"""What a race varies: learning rates, batch sizes, schedules, and any hyperparameter by its name."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np

from fallline.core.choice import number, whole
from fallline.core.errors import InvalidValue, did_you_mean
from fallline.core.grid import LogUniform, RateWord, Uniform, read_rates, read_values
from fallline.core.method import Method
from fallline.core.node import Node, rate_field
from fallline.lab.scheduled import schedule_text
from fallline.lab.setting import settable

Range = LogUniform | Uniform
Values = tuple[Any, ...] | Range
"""Values to take one after another, or a range to draw them from."""


def read_rate_axis(lr: Any) -> Values | RateWord:
    """Return the learning rates that are asked for: numbers above 0, a range of them, `"auto"`, or `"own"` (None)."""
    if lr is None:
        return "own"
    found: Any = read_rates(lr) if isinstance(lr, str) else lr
    if isinstance(found, str):
        return "own" if found == "own" else "auto"
    values = (found.low, found.high) if isinstance(found, Range) else tuple(several(found))
    if not values:
        raise InvalidValue(
            f"lr={lr!r}: a grid needs at least one learning rate, as in lr=fl.log_grid(1e-4, 1, 9); leave lr out for "
            f"each method's own."
        )
    for rate in values:
        number("lr", rate)
        if not 0 < rate < math.inf:
            raise InvalidValue(f"lr={lr!r}: a learning rate must be above 0 and finite, got {rate:g}.")
    return found if isinstance(found, Range) else tuple(map(float, values))


def read_axes(axes: Mapping[str, Any], methods: tuple[Method, ...]) -> dict[str, Values]:
    """Return the values of every axis, once it is sure that a method has it."""
    known = {"batch_size", "schedule"}.union(*map(settable, methods))
    rates = {"lr", *filter(None, (rate_field(type(method)) for method in methods))}
    for name, given in axes.items():
        if name in rates:
            raise InvalidValue(f"{name}={given!r}: learning rates are no axis beside lr. Give lr={given!r}.")
        if name not in known:
            raise InvalidValue(f"{name}={given!r}: no method of this race has {name!r}.{did_you_mean(name, known)}")
    return {name: _read(name, given) for name, given in axes.items()}


def _read(name: str, given: Any) -> Values:
    if isinstance(given, str) and (":" in given or given.strip().startswith("uniform(")):
        return read_values(given, name)
    if isinstance(given, Range):
        return given
    values = tuple(several(given))
    if not values:
        raise InvalidValue(f"{name}={given!r}: an axis needs at least one value.")
    return tuple(schedule_text(value) for value in values) if name == "schedule" else values


def plain_rates(lr: Any) -> str | tuple[float, ...]:
    """Return learning rates as a spec holds them: numbers, a range in words, or `"auto"`.

    >>> plain_rates([0.1, 0.01]), plain_rates(LogUniform(1e-4, 1)), plain_rates("1e-2:1:3")
    ((0.1, 0.01), '0.0001:1.0', (0.01, 0.1, 1.0))
    """
    found = read_rate_axis(lr)
    return str(found) if isinstance(found, Range) else found


def plain_axis(name: str, given: Any) -> Any:
    """Return the values of an axis as a spec holds them: plain data, a range or a schedule in words."""
    found = _read(name, given)
    return str(found) if isinstance(found, Range) else ["none" if value is None else value for value in found]


def read_batch_size(value: Any) -> int | Literal["full"]:
    """Return a batch size: a whole number from 1 up, or `"full"`."""
    return "full" if isinstance(value, str) and value == "full" else whole("batch_size", value, 1, also="'full'")


def several(given: Any) -> Iterator[Any]:
    """Yield the values of a list, tuple or array as Python's own, or the one value that is given."""
    one = isinstance(given, str | Node | type) or not hasattr(given, "__iter__") or getattr(given, "shape", None) == ()
    for value in [given] if one else given:
        yield value.item() if hasattr(value, "item") else value


def auto_rates(method: Method) -> tuple[float, ...]:
    """Return seven rates, half a decade apart, around the method's own; none where it needs none."""
    if not method.needs_rate or method.peak is None:
        return ()
    number("lr", method.peak)
    own = float(method.peak)
    rates = (float(f"{own * 10.0 ** (k / 2):.3g}") if k else own for k in range(-3, 4))
    return tuple(rate for rate in rates if _takes(method, rate))


def _takes(method: Method, rate: float) -> bool:
    try:
        method.with_lr(rate)
    except InvalidValue:
        return False
    return True


def points(axes: Mapping[str, Values], trials: int | None, seed: int) -> list[dict[str, Any]]:
    """Return the whole grid, the last axis fastest, or so many random points of it.

    The draws of an axis follow from its name: methods that share it are tried at the same shares of their values.

    Raises:
        InvalidValue: where there is a range and nobody says how often to draw from it.
    """
    if trials is not None:
        drawn = [_draws(name, values, trials, seed) for name, values in axes.items()]
        return [{name: column[i] for name, column in zip(axes, drawn, strict=True)} for i in range(trials)]
    grid = [_listed(name, values) for name, values in axes.items()]
    return [dict(zip(axes, point, strict=True)) for point in itertools.product(*grid)]


def _listed(name: str, values: Values) -> tuple[Any, ...]:
    if isinstance(values, tuple):
        return values
    raise InvalidValue(
        f"{name}={values} is a range to draw from: say how many draws, trials=20, or list the values, as in "
        f"{name}=[{values.low}, {values.high}]."
    )


def _draws(name: str, values: Values, trials: int, seed: int) -> list[Any]:
    shares = np.random.default_rng([seed, *name.encode()]).random(trials).tolist()
    return [values[int(share * len(values))] if isinstance(values, tuple) else values.at(share) for share in shares]
