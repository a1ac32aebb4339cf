"""The Train page: a table, a model and a method become a run, watched while it goes on."""

from __future__ import annotations

import dataclasses
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fallline.core.errors import InvalidValue, RunError
from fallline.core.spec import Spec
from fallline.web import choices, form, run_job, tables, unfinished
from fallline.web.choices import MethodChoice, ProblemChoices
from fallline.web.form import on_form
from fallline.web.page import respond
from fallline.web.run_job import Drawn, Training, TrainStatus
from fallline.web.site import Site
from fallline.web.unfinished import Unfinished


@dataclass(frozen=True)
class TrainPage:
    """The context of the Train page: all that it shows when it opens.

    Args:
        problem: what a problem can be made of.
        methods: the methods, with their fields.
        usual: what each field of the form holds where nothing is chosen, by its name.
        trainings: those that this server has begun, the oldest first.
        unfinished: runs in the folder that can be resumed, the newest first.
    """

    problem: ProblemChoices
    methods: tuple[MethodChoice, ...]
    usual: Mapping[str, str]
    trainings: tuple[TrainStatus, ...]
    unfinished: tuple[Unfinished, ...]


def page(site: Site) -> TrainPage:
    """Return what the page shows when it opens."""
    return TrainPage(
        problem=choices.problem_choices(site.uploads.names()),
        methods=choices.method_choices(),
        usual=_usual(),
        trainings=tuple(job.status() for job in site.jobs.list(Training.kind)),
        unfinished=unfinished.runs(site.runs),
    )


def begin(site: Site, filled: Mapping[str, Any]) -> TrainStatus:
    """Start the training that a form describes; whatever is wrong with it is refused at its field."""
    from fallline.record.names import next_run_path

    usual = _usual()
    method, auto = form.method(filled)
    asked: dict[str, tuple[str, Any]] = {
        "batch_size": ("batch", form.batch(filled, int(usual["batch"]))),
        "epochs": ("epochs", form.whole(filled, "epochs", int(usual["epochs"]))),
        "seed": ("seed", form.whole(filled, "seed", int(usual["seed"]))),
    }
    for name, (field, value) in asked.items():
        with form.at(field):
            Spec("", **{name: value})
    with form.at("data"):
        source = tables.source(site, form.text(filled, "data"))
    problem = form.problem(source, filled, usual["model"])
    path = next_run_path(site.runs, f"{problem.name}-{method.name()}")
    values = {name: value for name, (_, value) in asked.items()}
    return _started(site, run_job.new(problem, method, path, auto, values))


def resume(site: Site, filled: Mapping[str, Any]) -> TrainStatus:
    """Go on with a run that was stopped, with the rate in `lr` if there is one."""
    path = unfinished.resumable(site, form.text(filled, "run"))
    return _started(site, run_job.resumed(path, _rate(filled)))


def set_rate(site: Site, request: Request, filled: Mapping[str, Any]) -> TrainStatus:
    """Change the learning rate of a training while it runs."""
    job, rate = _training(site, request), _rate(filled)
    if rate is None:
        raise form.Refused("write the learning rate to take from now on, a number above 0.", "lr")
    if not job.going_on:
        raise InvalidValue("this training has ended: resume it with another rate, or start a new one.")
    job.set_lr(rate)
    return job.status()


def routes(site: Site) -> list[Route]:
    """Return the addresses of the Train page."""

    def show(request: Request) -> Response:
        return respond(request, page(site), "train")

    def picture(draw: Callable[[Drawn], str]) -> Callable[[Request], Response]:
        return lambda request: Response(draw(_training(site, request).drawn), media_type="image/svg+xml")

    return [
        Route("/train", show),
        Route("/train.json", show),
        Route("/train", on_form(lambda request, filled: begin(site, filled)), methods=["POST"]),
        Route("/train/resume", on_form(lambda request, filled: resume(site, filled)), methods=["POST"]),
        Route("/train/{id}/rate", on_form(lambda request, filled: set_rate(site, request, filled)), methods=["POST"]),
        Route("/train/{id}/curves.svg", picture(_curves)),
        Route("/train/{id}/layers.svg", picture(_layers)),
    ]


def _usual() -> dict[str, str]:
    """Return what the form's fields hold where nothing is chosen, as the library and the command line have it."""
    from fallline.engine.plan import DEFAULT_EPOCHS
    from fallline.problems.ready import for_data

    spec = {field.name: field.default for field in dataclasses.fields(Spec)}
    model = inspect.signature(for_data).parameters["model"].default
    numbers = {"batch": spec["batch_size"], "epochs": DEFAULT_EPOCHS, "seed": spec["seed"]}
    return {"model": model, "method": "adam", "lr": form.AUTO} | {name: str(value) for name, value in numbers.items()}


def _rate(filled: Mapping[str, Any]) -> float | None:
    written = form.text(filled, "lr")
    try:
        rate = float(written) if written else None
    except ValueError:
        raise form.Refused(f"{written!r} is not a number.", "lr") from None
    if rate is not None and not 0 < rate < float("inf"):
        raise form.Refused(f"a learning rate is above 0 and finite, and {written} is not.", "lr")
    return rate


def _started(site: Site, job: Training) -> TrainStatus:
    try:
        site.jobs.start(job)
    except RunError:
        job.leave()
        raise
    return job.status()


def _training(site: Site, request: Request) -> Training:
    job = site.jobs.find(request.path_params["id"])
    if not isinstance(job, Training):
        raise InvalidValue("this is no training.")
    return job


def _curves(drawn: Drawn) -> str:
    from fallline.figures.curves import loss_curves

    return loss_curves(drawn.history, drawn.epochs)


def _layers(drawn: Drawn) -> str:
    from fallline.figures.heat import heat

    gradients = drawn.gradients
    if not gradients:
        raise HTTPException(404)
    return heat(
        tuple(gradients), drawn.history["step"], list(gradients.values()), "gradient norm", "Gradients by layer"
    )
