"""The Race page: methods compared on a table, their standings watched while they run."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fallline.core.errors import InvalidType
from fallline.core.grammar import parse_all
from fallline.core.race_spec import RaceSpec
from fallline.methods import METHODS
from fallline.web import choices, form, race_job, tables, unfinished
from fallline.web.choices import ProblemChoices
from fallline.web.form import on_form
from fallline.web.page import respond
from fallline.web.race_job import RaceStatus, Racing
from fallline.web.site import Site
from fallline.web.unfinished import Unfinished


@dataclass(frozen=True)
class Candidate:
    """A method that may race.

    Args:
        text: in the command line's words: `adamw(lr=cosine)`.
        headline: what it is, in a line.
        usual: whether it races when nothing else is chosen.
    """

    text: str
    headline: str
    usual: bool


@dataclass(frozen=True)
class RacePage:
    """The context of the Race page: all that it shows when it opens.

    Args:
        problem: what a problem can be made of.
        candidates: the methods; those that usually race first, the oldest first.
        usual: what each field of the form holds where nothing is chosen, by its name.
        races: those that this server has begun, the oldest first.
        unfinished: races in the folder that can be gone on with, the newest first.
    """

    problem: ProblemChoices
    candidates: tuple[Candidate, ...]
    usual: Mapping[str, str]
    races: tuple[RaceStatus, ...]
    unfinished: tuple[Unfinished, ...]


def page(site: Site) -> RacePage:
    """Return what the page shows when it opens."""
    return RacePage(
        problem=choices.problem_choices(site.uploads.names()),
        candidates=candidates(),
        usual=_usual(),
        races=tuple(job.status() for job in site.jobs.list(Racing.kind)),
        unfinished=unfinished.races(site.runs),
    )


def candidates() -> tuple[Candidate, ...]:
    """Return the usual field, and after it every other method.

    >>> [candidate.text for candidate in candidates() if candidate.usual]
    ['sgd', 'momentum', 'nesterov', 'adagrad', 'rmsprop', 'adam', 'nadam', 'adamw(lr=cosine)']
    """
    from fallline.lab.field import default_field
    from fallline.lab.label import label

    field = default_field()
    usual = [label(method, field) for method in field]
    texts = [*usual, *(name for name in METHODS if name not in usual)]
    return tuple(Candidate(text, METHODS.find(parse_all(text)[0].name).HEADLINE, text in usual) for text in texts)


def begin(site: Site, filled: Mapping[str, Any]) -> RaceStatus:
    """Start the race that a form describes; whatever is wrong with it is refused at its field."""
    from fallline.lab.compare import MODEL, race_spec

    methods = _methods(filled)
    asked = _choices(filled)
    with form.at("data"):
        source = tables.source(site, form.text(filled, "data"))
    problem = form.problem(source, filled, MODEL)
    with form.at("methods"):
        spec = race_spec(problem.recipe or {}, **asked)
    return _started(site, Racing(problem, methods, spec, site.runs))


def resume(site: Site, filled: Mapping[str, Any]) -> RaceStatus:
    """Go on with a race that was stopped."""
    return _started(site, race_job.again(unfinished.resumable(site, form.text(filled, "race"))))


def routes(site: Site) -> list[Route]:
    """Return the addresses of the Race page."""

    def show(request: Request) -> Response:
        return respond(request, page(site), "race")

    return [
        Route("/race", show),
        Route("/race.json", show),
        Route("/race", on_form(lambda request, filled: begin(site, filled)), methods=["POST"]),
        Route("/race/resume", on_form(lambda request, filled: resume(site, filled)), methods=["POST"]),
    ]


def _methods(filled: Mapping[str, Any]) -> tuple[str, ...]:
    """Return who races: the methods ticked in `methods`, and those written in `more`."""
    from fallline.lab.entrants import read_method

    ticked = filled.get("methods", [])
    with form.at("methods"):
        if not isinstance(ticked, list) or not all(isinstance(each, str) for each in ticked):
            raise InvalidType("methods are texts in a list.")
        for each in ticked:
            read_method(each)
    with form.at("more"):
        written = form.text(filled, "more")
        more = tuple(map(str, parse_all(written))) if written else ()
        for each in more:
            read_method(each)
    if not ticked and not more:
        raise form.Refused("choose at least one method.", "methods")
    return (*ticked, *more)


def _choices(filled: Mapping[str, Any]) -> dict[str, Any]:
    """Return the choices of a race as `race_spec` takes them, each refused at its own field."""
    from fallline.lab.compare import race_spec

    usual = _usual()
    counts = {name: form.whole(filled, name, int(usual[name])) for name in ("seeds", "epochs", "seed")}
    asked: dict[str, dict[str, Any]] = {
        "lr": {"lr": form.text(filled, "lr", usual["lr"])},
        "batch": {"batch_size": form.batch(filled, int(usual["batch"]))},
        "seeds": {"seeds": counts["seeds"]},
        "epochs": {"run": {"epochs": counts["epochs"]}},
        "seed": {"run": {"seed": counts["seed"]}},
        "budget": {"budget": form.text(filled, "budget") or None},
    }
    together: dict[str, Any] = {"run": {}}
    for field, choice in asked.items():
        with form.at(field):
            race_spec({}, **choice)
        together |= choice | {"run": together["run"] | choice.get("run", {})}
    return together


def _usual() -> dict[str, str]:
    """Return what the form's fields hold where nothing is chosen, as the library and the command line have it."""
    from fallline.lab.compare import EPOCHS, MODEL

    race: dict[str, Any] = {field.name: field.default for field in dataclasses.fields(RaceSpec)}
    run = RaceSpec().run
    numbers = {"batch": run.batch_size, "epochs": EPOCHS, "seed": run.seed, "seeds": race["seeds"]}
    return {"model": MODEL, "lr": race["lr"]} | {name: str(value) for name, value in numbers.items()}


def _started(site: Site, job: Racing) -> RaceStatus:
    site.jobs.start(job)
    return job.status()
