"""The playground: a ball is dropped on a surface, and methods take it down while their numbers are dragged."""

from __future__ import annotations

import functools
import inspect
import threading
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fallline.core.errors import InvalidValue
from fallline.core.formula import CONSTANTS, FUNCTIONS
from fallline.core.method import Method
from fallline.core.node import Hyper, choices, fields, hypers, rate_field
from fallline.core.surface import Point, Range, Surface
from fallline.engine.trajectory import trajectory
from fallline.figures.scene import Scene, Way
from fallline.lab.ground import Window, ground_of, title
from fallline.lab.scene import USUAL, on_ends, way_of
from fallline.lab.setting import class_rate
from fallline.lab.tuned_rate import tuned_rate
from fallline.lab.written_out import WrittenOut
from fallline.lab.written_step import written_step
from fallline.methods import METHODS
from fallline.problems.surfaces import SURFACES
from fallline.report.scene_json import scene_json, ways_json
from fallline.report.view_page import view_page
from fallline.report.view_style import PARTS
from fallline.web.descent_form import MOST_METHODS, MOST_STEPS, Descender, Descent, descent
from fallline.web.form import on_form
from fallline.web.page import respond
from fallline.web.site import Site
from fallline.web.slider import Slider, slider

FIRST = "himmelblau"
"""The surface that one meets first."""


@dataclass(frozen=True)
class SurfaceChoice:
    """One surface.

    Args:
        name: in the command line's words.
        title: its class.
        headline: what it is, in a line.
        formula: the function as its documentation has it.
        window: the (low, high) of each coordinate that one usually looks at.
        start: where the ball usually begins.
    """

    name: str
    title: str
    headline: str
    formula: str
    window: tuple[Range, ...]
    start: Point


@dataclass(frozen=True)
class NumberField:
    """A hyperparameter that is dragged.

    Args:
        name: the field.
        default: its value where nothing is chosen; None where it is left out.
        range: where it must lie, as mathematicians write it.
        slider: where its slider ends, and how the values are spread.
        units: of the number.
        help: what it is.
        rate: whether it is the learning rate.
        optional: whether it may be left out.
    """

    name: str
    default: float | None
    range: str
    slider: Slider
    units: str
    help: str
    rate: bool
    optional: bool


@dataclass(frozen=True)
class ChoiceField:
    """An option of a method with a few values.

    Args:
        name: the field.
        default: its value where nothing is chosen.
        choices: its values.
        help: what it is.
    """

    name: str
    default: str | bool
    choices: tuple[str | bool, ...]
    help: str


@dataclass(frozen=True)
class PlaygroundMethod:
    """One method.

    Args:
        name: in the command line's words.
        title: its class.
        headline: what it is, in a line.
        numbers: what of it is dragged.
        options: what of it is chosen.
        needs_rate: whether a learning rate must be chosen for it.
    """

    name: str
    title: str
    headline: str
    numbers: tuple[NumberField, ...]
    options: tuple[ChoiceField, ...]
    needs_rate: bool


@dataclass(frozen=True)
class Playground:
    """What the playground offers.

    Args:
        surfaces: the surfaces; the first one is shown first.
        methods: every method.
        usual: the methods that are there when the page opens.
        functions: what a formula may call.
        constants: the names that stand for a number in a formula.
        most_steps: how many steps a way has at most.
        most_methods: how many methods there are at once, at most.
    """

    surfaces: tuple[SurfaceChoice, ...]
    methods: tuple[PlaygroundMethod, ...]
    usual: tuple[str, ...]
    functions: tuple[str, ...]
    constants: tuple[str, ...]
    most_steps: int
    most_methods: int


@functools.cache
def playground() -> Playground:
    """Return what the playground offers, read from the classes.

    >>> found = playground()
    >>> found.surfaces[0].title, found.usual[:3]
    ('Himmelblau', ('sgd', 'momentum', 'nesterov'))
    """
    surfaces = [cls for cls in SURFACES.values() if len(cls().domain) <= 2]
    surfaces.sort(key=lambda cls: cls.name() != FIRST)
    return Playground(
        surfaces=tuple(_surface(cls) for cls in surfaces),
        methods=tuple(_method(cls) for cls in METHODS.values()),
        usual=USUAL,
        functions=tuple(FUNCTIONS),
        constants=tuple(CONSTANTS),
        most_steps=MOST_STEPS,
        most_methods=MOST_METHODS,
    )


def _surface(cls: type[Surface]) -> SurfaceChoice:
    surface, lines = cls(), (inspect.getdoc(cls) or "").splitlines()
    formula = next((line.strip() for line in lines if line.startswith("f(")), "")
    return SurfaceChoice(cls.name(), cls.__name__, cls.HEADLINE, formula, surface.domain, surface.start)


def _method(cls: type[Method]) -> PlaygroundMethod:
    numbers = hypers(cls)
    options = [
        ChoiceField(f.name, default, few, f.metadata["meta"].help)
        for f in fields(cls)
        if f.name not in numbers and (default := _default(f)) is not None and (few := choices(cls, f.name))  # type: ignore[arg-type]  # as in Node.__new__
    ]
    dragged = tuple(_number(cls, name, meta) for name, meta in numbers.items() if not meta.many)
    return PlaygroundMethod(cls.name(), cls.__name__, cls.HEADLINE, dragged, tuple(options), cls().needs_rate)


def _number(cls: type[Method], name: str, meta: Hyper) -> NumberField:
    default = next(_default(f) for f in fields(cls) if f.name == name)
    default = None if default is None else float(default)
    return NumberField(
        name=name,
        default=default,
        range=str(meta.interval),
        slider=slider(meta.interval, default),
        units=meta.units,
        help=meta.help,
        rate=name == rate_field(cls),
        optional=meta.optional,
    )


def _default(field: Field[Any]) -> Any:
    return None if field.default is MISSING else field.default


def routes(site: Site) -> list[Route]:
    """Return the addresses of the playground."""
    answers = {"scene": scene, "ways": ways, "rate": rate, "arithmetic": arithmetic, "page": page}
    return [
        Route("/playground", _page),
        Route("/playground.json", _page),
        Route("/playground/scene.css", lambda request: Response(PARTS, media_type="text/css")),
        *(Route(f"/playground/{name}", on_form(work), methods=["POST"]) for name, work in answers.items()),
    ]


def _page(request: Request) -> Response:
    threading.Thread(target=_warm).start()  # no daemon: a compilation that is torn down at the end would crash
    return respond(request, playground(), "playground")


def scene(request: Request, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ground alone, as `report/scripts/scene.js` reads it, with the window and the start that it takes."""
    found = descent({**form, "methods": []})
    return {**_ground(found.surface, found.window), "window": found.window, "start": found.start}


@functools.lru_cache(maxsize=32)
def _ground(surface: Surface, window: Window) -> dict[str, Any]:
    return scene_json(Scene(title(surface), ground_of(surface, window), ()))


def ways(request: Request, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ways of the methods, as `report/scripts/scene.js` reads them.

    `labels` are those of all methods on the page, in whose company each has its colour.
    """
    found = descent(form)
    return {"ways": ways_json(tuple(_gone(found, method) for method in found.methods), _labels(form))}


def _labels(form: Mapping[str, Any]) -> Sequence[str] | None:
    labels = form.get("labels")
    return [str(label) for label in labels] if isinstance(labels, list) else None


def _gone(found: Descent, method: Descender) -> Way:
    went = trajectory(found.surface, found.start, method.history, found.steps)
    return way_of(method.label, method.history[-1][1], method.chosen, went, found.start, found.window)


def rate(request: Request, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the tuned learning rate of the one method, as it is in the beginning."""
    found = descent(form)
    (_, method), *_ = _only(found).history
    return {"lr": _tuned(found.surface, found.start, method.with_lr(class_rate(method)), found.steps, found.window)}


def _only(found: Descent) -> Descender:
    if len(found.methods) != 1:
        raise InvalidValue("ask for one method at a time.")
    return found.methods[0]


@functools.lru_cache(maxsize=256)
def _tuned(surface: Surface, start: Point, method: Method, steps: int, window: Window) -> float:
    return tuned_rate(surface, start, method, steps, window)


def arithmetic(request: Request, form: Mapping[str, Any]) -> WrittenOut:
    """Return step `step` of the one method written out."""
    found, step = descent(form), form.get("step")
    if isinstance(step, bool) or not isinstance(step, int) or step < 0:
        raise InvalidValue("a step is a whole number, 0 or more.")
    return written_step(found.surface, found.start, _only(found).history, found.steps, step)


def page(request: Request, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the page that replays the scene by itself."""
    found = descent(form)
    gone = tuple(_gone(found, method) for method in found.methods)
    ground = ground_of(found.surface, found.window)
    kind = form.get("kind") if len(found.start) == 2 and form.get("kind") in ("map", "surface") else None
    return {"page": view_page(Scene(title(found.surface), ground, gone, tuple(on_ends(gone))), kind)}


@functools.cache
def _warm() -> None:
    """Compile what the page will ask for first, while the browser still reads it."""
    first = descent({"surface": FIRST})
    _ground(first.surface, first.window)
    for name in USUAL:
        _tuned(first.surface, first.start, METHODS[name](), first.steps, first.window)
