"""What a descent is looked at on: a surface, a formula or a function, and its values as numbers to draw."""

from __future__ import annotations

import inspect
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np

from fallline.core.errors import InvalidType, InvalidValue, did_you_mean
from fallline.core.formula import CONSTANTS, COORDINATES, FUNCTIONS, Formula
from fallline.core.surface import Point, Range, Surface
from fallline.figures.clip import inside
from fallline.figures.ground import Ground
from fallline.figures.scene import Curve
from fallline.lab.own_function import OwnFunction
from fallline.problems.surfaces import SURFACES

SIDE = 241
"""Places along each side of a map."""

ALONG = 601
"""Places along a curve."""

Window = tuple[Range, ...]


def surface_of(f: Any, coordinates: int | None = None) -> Surface | OwnFunction:
    """Return what is meant, as a surface.

    Args:
        f: a surface, its class or its name (`"ravine(condition=50)"`); a formula or its text; or a Python function of
            an array of shape (n,).
        coordinates: n, for a Python function.

    Raises:
        InvalidValue: for a text that is neither a surface nor a formula, and a surface of more than two coordinates.
        InvalidType: for anything else.

    Example:
        >>> surface_of("saddle"), str(surface_of("x**2 + y**2"))
        (Saddle(), 'x**2 + y**2')
    """
    if isinstance(f, type) and issubclass(f, Surface):
        f = f()
    if isinstance(f, str):
        f = from_text(f)
    surface = f if isinstance(f, Surface | OwnFunction) else _own(f, coordinates)
    if len(surface.domain) not in (1, 2):
        raise InvalidValue(
            f"{title(surface)} has {len(surface.domain)} coordinates, and a picture shows one or two. fl.minimize "
            f"descends it; many surfaces take dimension=2."
        )
    return surface


def title(surface: Surface | OwnFunction) -> str:
    """Return what a surface is called: a formula's text, or the class with what is not its default."""
    if isinstance(surface, Formula | OwnFunction):
        return str(surface)
    return re.sub(r"\(\)$", "", repr(surface)) if type(surface)() != surface else type(surface).__name__


def ground_of(surface: Surface | OwnFunction, window: Window | None = None) -> Ground | Curve:
    """Return a surface of one or two coordinates on a grid over a window, by default its domain.

    Example:
        >>> from fallline.problems.surfaces import Booth
        >>> ground_of(Booth()).z.shape
        (241, 241)
    """
    window = window or surface.domain
    lowest = surface.lowest if math.isfinite(surface.lowest) else None
    minima, local_minima, saddles = (
        _within(places, window) for places in (surface.minima, surface.local_minima, surface.saddles)
    )
    if len(window) == 1:
        x = np.linspace(*window[0], ALONG)
        return Curve(x, at(surface, x[None]), lowest, minima, local_minima)
    x, y = (np.linspace(*side, SIDE) for side in window)
    return Ground(x, y, at(surface, np.stack(np.meshgrid(x, y))), lowest, minima, local_minima, saddles)


def at(surface: Surface | OwnFunction, x: np.ndarray) -> np.ndarray:
    """Return a surface at `x` of shape (n, ...), in shape (...), in float64; nan and infinity where it has no value."""
    with np.errstate(all="ignore"):
        return np.array(np.broadcast_to(surface.value(np, x), x.shape[1:]), np.float64)


def _within(places: tuple[Point, ...], window: Window) -> tuple[Point, ...]:
    low, high = np.array(window).T
    return tuple(place for place in places if inside(np.array([place]), low, high)[0])


def from_text(text: str) -> Surface:
    """Return the surface of that name, `ravine(condition=50)`, or the formula."""
    word = re.fullmatch(r"([A-Za-z]\w*)(\s*\(.*\))?", text.strip(), re.ASCII | re.DOTALL)
    name = word[1].lower().replace("_", "") if word else ""
    if name in SURFACES:
        return SURFACES.build(text)
    if word and word[1] not in (*COORDINATES, *CONSTANTS, *FUNCTIONS):
        raise InvalidValue(
            f"unknown surface {word[1]!r}.{did_you_mean(word[1], SURFACES)} A formula is written in x and y, as in "
            f"'x**2 + y**2'."
        )
    return Formula(text)


def _own(f: Callable[[Any], Any], coordinates: int | None) -> OwnFunction:
    if not callable(f) or isinstance(f, type):
        raise InvalidType(
            f"{f!r} is nothing to descend: give a surface such as fl.surfaces.Ravine(), its name, a formula such as "
            f"'x**2 + y**2', or a function of an array of one or two coordinates."
        )
    if coordinates is None:
        raise InvalidValue(
            f"{getattr(f, '__name__', f)}: how many coordinates does it take? Say where to start, as in "
            f"start=(1.0, 2.0), or what to look at, as in window=((-4, 4), (-4, 4))."
        )
    _check_arguments(f)
    return OwnFunction(f, (Formula.SIDE,) * coordinates)


def _check_arguments(f: Callable[[Any], Any]) -> None:
    """Refuse a function that cannot be called with one array."""
    try:
        signature = inspect.signature(f)
    except ValueError:  # some of C's have none
        return
    try:
        signature.bind(None)
    except TypeError as error:
        raise InvalidType(
            f"{getattr(f, '__name__', f)}{signature}: {error}. The function is called with one array of all "
            f"coordinates: write lambda x: x[0]**2 + x[1]**2."
        ) from None
