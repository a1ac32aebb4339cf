"""The state of the playground as its page sends it, read: every wrong entry is refused with the field it stands in."""

from __future__ import annotations

import functools
import typing
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from fallline.core.errors import FalllineError, InvalidValue
from fallline.core.grammar import Call
from fallline.core.method import Method
from fallline.core.surface import Point, Surface
from fallline.figures.scene import Chosen
from fallline.lab.ground import Window, surface_of
from fallline.lab.scene import place
from fallline.methods import METHODS
from fallline.web.form import Refused, at

USUAL_STEPS = 300
MOST_STEPS = 5000
MOST_METHODS = 16
MOST_CHANGES = 5000
"""How often the numbers of one method may change on its way."""

LONGEST_LABEL = 60


@dataclass(frozen=True)
class Descender:
    """One method of the playground.

    Args:
        label: what it is called, unique.
        history: the method as it is from a step on, from step 0.
        chosen: how its learning rate came about: `tuned`, `given` or `own`; None without one.
    """

    label: str
    history: tuple[tuple[int, Method], ...]
    chosen: Chosen | None


@dataclass(frozen=True)
class Descent:
    """What is descended, from where, how far, and by which methods.

    Args:
        surface: the function.
        window: the (low, high) of each coordinate that is looked at.
        start: where all methods begin, within the window.
        steps: how many steps they take.
        methods: who descends.
    """

    surface: Surface
    window: Window
    start: Point
    steps: int
    methods: tuple[Descender, ...]


def descent(form: Mapping[str, Any]) -> Descent:
    """Read a state: `{surface, window, start, steps, methods: [{name, label, history, chosen}]}`.

    `surface` is a name, a call or a formula; `window`, `start` and the methods may be left out. A `history` is a list
    of `[first step, {field: value}]`.

    >>> sgd = {"name": "sgd", "label": "sgd", "history": [[0, {"lr": 0.5}]]}
    >>> found = descent({"surface": "x**2", "steps": 9, "methods": [sgd]})
    >>> found.window, found.methods[0].history
    (((-4.0, 4.0),), ((0, SGD(lr=0.5)),))
    """
    surface, start, window = _placed(*(_hashable(form.get(name)) for name in ("surface", "start", "window")))
    methods = form.get("methods", [])
    if not isinstance(methods, list) or len(methods) > MOST_METHODS:
        raise Refused(f"the playground takes {MOST_METHODS} methods at most.", "methods")
    steps = _steps(form.get("steps", USUAL_STEPS))
    return Descent(surface, window, start, steps, tuple(_descender(each, k) for k, each in enumerate(methods)))


@functools.lru_cache(maxsize=256)
def _placed(text: Any, start: Any, window: Any) -> tuple[Surface, Point, Window]:
    with at("surface"):
        if not isinstance(text, str) or not text.strip():
            raise InvalidValue("write a formula in x and y, such as x**2 + y**2, or choose a surface.")
        surface = surface_of(text)
        place(surface)
    with at("window"):
        place(surface, None, window)
    with at("start"):
        _, start, window = place(surface, start, window)
    assert isinstance(surface, Surface)  # no text means a Python function
    return surface, start, window


def _hashable(value: Any) -> Any:
    """Return lists as tuples; an object, which is wrong in any place, as its text."""
    return tuple(map(_hashable, value)) if isinstance(value, list) else str(value) if isinstance(value, dict) else value


def _steps(given: Any) -> int:
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= MOST_STEPS:
        raise Refused(f"steps: from 1 to {MOST_STEPS:,} steps, got {given!r:.40}.", "steps")
    return given


def _descender(given: Any, k: int) -> Descender:
    with at(f"methods.{k}"):
        if not isinstance(given, Mapping):
            raise InvalidValue("a method of the playground is an object.")
        cls = METHODS.find(str(given.get("name"))[:80])
        label, chosen = given.get("label"), given.get("chosen")
        if not isinstance(label, str) or not label.startswith(cls.name()) or len(label) > LONGEST_LABEL:
            raise InvalidValue(f"a label begins with the method's name, got {label!r:.80}.")
        if chosen not in (None, *typing.get_args(Chosen)):
            raise InvalidValue(f"chosen={chosen!r:.40}: a rate is tuned, given or own.")
        history = tuple(_history(cls, given.get("history"), k))
        return Descender(label, history, chosen if history[0][1].has_lr else None)


def _history(cls: type[Method], given: Any, k: int) -> Iterator[tuple[int, Method]]:
    if not isinstance(given, list) or not 1 <= len(given) <= MOST_CHANGES:
        raise Refused(f"a history is a list of 1 to {MOST_CHANGES:,} changes.", f"methods.{k}")
    for entry in given:
        match entry:
            case [int() as first, dict() as values] if first >= 0:
                yield first, _built(cls, values, k)
            case _:
                raise Refused("a change is a step and the fields from that step on.", f"methods.{k}")


def _built(cls: type[Method], values: Mapping[str, Any], k: int) -> Method:
    """Return the method with these fields; what is wrong is said of the field."""
    try:
        return METHODS.build(Call(cls.name(), (), dict(values)))
    except FalllineError as error:
        for name, value in values.items():
            with at(f"methods.{k}.{name}"):
                METHODS.build(Call(cls.name(), (), {name: value}))
        raise Refused(str(error), f"methods.{k}") from error
