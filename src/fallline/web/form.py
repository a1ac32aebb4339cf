"""A form's texts, read into choices: each wrong one is refused at its field, before anything is compiled."""

from __future__ import annotations

import contextlib
from collections.abc import Awaitable, Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from fallline.core.errors import DataError, FalllineError, InvalidValue
from fallline.core.grammar import Call, parse
from fallline.core.node import rate_field
from fallline.methods import METHODS
from fallline.web.page import answer
from fallline.web.tables import first, opened

if TYPE_CHECKING:
    from fallline.core.method import Method
    from fallline.core.problem import Problem

AUTO = "auto"
"""The learning rate that is to be found."""

LONGEST = 2000
"""Characters of one text of a form, at most."""


class Refused(InvalidValue):
    """A choice that is wrong, with the field of the form that it stands in."""

    def __init__(self, sentence: str, field: str) -> None:
        super().__init__(sentence)
        self.field = field


@contextlib.contextmanager
def at(field: str) -> Iterator[None]:
    """Say of what is refused inside that it stands in this field."""
    try:
        yield
    except Refused:
        raise
    except FalllineError as error:
        raise Refused(str(error), field) from error


def on_form(work: Callable[[Request, Mapping[str, Any]], Any]) -> Callable[[Request], Awaitable[Response]]:
    """Return what answers a request that brings a form: what `work` makes of it, off the event loop, as JSON."""

    async def endpoint(request: Request) -> Response:
        try:
            form = await request.json()
        except (ValueError, RecursionError):
            form = None
        if not isinstance(form, dict):
            raise InvalidValue("a form is sent as one JSON object.")
        return answer(await run_in_threadpool(work, request, form))

    return endpoint


def exact(form: Mapping[str, Any], field: str) -> str:
    """Return what was written in a field, as it is; the name of a column may begin with a space."""
    value = form.get(field)
    if value is not None and (not isinstance(value, str) or len(value) > LONGEST):
        raise Refused(f"{field}: this field takes a text of at most {LONGEST} characters.", field)
    return value or ""


def text(form: Mapping[str, Any], field: str, usual: str = "") -> str:
    """Return what was written in a field, without spaces around it; `usual` where it is empty."""
    return exact(form, field).strip() or usual


def whole(form: Mapping[str, Any], field: str, usual: int) -> int:
    """Return the whole number in a field."""
    written = text(form, field, str(usual))
    try:
        return int(written)
    except ValueError:
        raise Refused(f"{written!r} is not a whole number.", field) from None


def batch(form: Mapping[str, Any], usual: int) -> int | str:
    """Return the rows a step: a whole number, or `full`."""
    return "full" if text(form, "batch") == "full" else whole(form, "batch", usual)


def method(form: Mapping[str, Any]) -> tuple[Method, bool]:
    """Return the method of a form, and whether its learning rate is to be found.

    Its hyperparameters are the texts at `fields`, by name: numbers, words, or schedules. Empty ones keep their default.

    >>> method({"method": "momentum", "fields": {"lr": "auto", "beta": "0.8"}})
    (Momentum(lr=0.01, beta=0.8, form='velocity', dampening=0.0), True)
    """
    with at("method"):
        cls = METHODS.find(text(form, "method"))
    fields = form.get("fields") or {}
    if not isinstance(fields, Mapping):
        raise Refused("fields are a table of names and texts.", "method")
    given: dict[str, Any] = {}
    auto = False
    for name in fields:
        value = text(fields, name)
        if name == rate_field(cls) and value == AUTO:
            auto = True
        elif value:
            with at(f"fields.{name}"):
                given[name] = _argument(cls.name(), str(name), value)
                METHODS.build(Call(cls.name(), (), {name: given[name]}))
    with at("method"):
        return METHODS.build(Call(cls.name(), (), given)), auto


def _argument(method: str, name: str, written: str) -> Any:
    """Return one argument of a call in the command line's words."""
    call = parse(f"{method}({name}={written})")
    if call.args or list(call.kwargs) != [name]:
        raise InvalidValue(f"{written!r} is not one value: write a number, a word or a schedule.")
    return call.kwargs[name]


def problem(source: str, form: Mapping[str, Any], usual_model: str) -> Problem:
    """Return the ready problem of a form: the data with a model, and what to predict.

    Args:
        source: what `fl.data.load` reads.
        form: its texts `target`, `model`, `missing`, `constant`.
        usual_model: the model where none is written.
    """
    from fallline.problems.model import build
    from fallline.problems.question import ask
    from fallline.problems.ready import for_data

    model = text(form, "model", usual_model)
    target = exact(form, "target") or None
    chosen: dict[str, Any] = {name: text(form, name) for name in ("missing", "constant")}
    with at("model"):
        build(model)
    with at("data"):
        table = opened(source)
    with at("target"):
        ask(first(table), target, None, None)
    try:
        return for_data(table, model, target, **{name: value for name, value in chosen.items() if value})
    except DataError as error:
        raise Refused(str(error), "data") from error
    except FalllineError as error:  # the data are good, the model does not fit them
        raise Refused(str(error), "model") from error
