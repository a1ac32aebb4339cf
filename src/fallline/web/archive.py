"""The Runs page: what lies in the runs folder, to be looked at, laid over each other, and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from fallline.core.errors import RunError
from fallline.record.atomic import cannot
from fallline.record.delete import delete
from fallline.record.folder import REPORT
from fallline.record.names import is_safe
from fallline.record.race_document import is_race
from fallline.record.race_folder import is_free
from fallline.record.race_summary import RaceSummary, races
from fallline.record.read_file import LARGEST_TEXT, read_file
from fallline.record.summary import RunSummary, Verdict, runs
from fallline.web.page import answer, respond
from fallline.web.site import Site
from fallline.web.unfinished import STOPPED

REPORT_POLICY = (
    "sandbox allow-scripts allow-downloads; default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; "
    "img-src data: blob:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""A report may come from anybody: it runs as a page of nowhere, without the app's cookie, and reaches nothing."""

BROKEN = ("unfinished", "unreadable")


@dataclass(frozen=True)
class Entry:
    """A run or a race of the list.

    Args:
        name: its folder's name.
        kind: `"run"` or `"race"`.
        data: what it was trained on.
        methods: the run's method with its hyperparameters; or those that raced, best first where that is known.
        outcome: why it stopped; `"at work"`, `"unfinished"` or `"unreadable"`.
        why: how it ended, in a sentence; of a race the verdict.
        test: a run's metrics on the test part, by name.
        seconds: how long it took; null where that is not known.
        started: when, in UTC as ISO 8601 writes it; null where that is not known.
        report: where its report is; null where it has none.
        findings: what was found wrong with a run, the surest first.
    """

    name: str
    kind: Literal["run", "race"]
    data: str
    methods: tuple[str, ...]
    outcome: str
    why: str
    test: Mapping[str, float] = field(default_factory=dict)
    seconds: float | None = None
    started: str | None = None
    report: str | None = None
    findings: tuple[Verdict, ...] = ()


@dataclass(frozen=True)
class Archive:
    """The context of the Runs page.

    Args:
        folder: the folder that holds the runs.
        entries: the runs and races in it, the newest first.
    """

    folder: str
    entries: tuple[Entry, ...]


def archive(folder: Path) -> Archive:
    """Return what lies in a folder of runs."""
    found = [_of_run(folder, run) for run in runs(folder)] + [_of_race(folder, race) for race in races(folder)]
    found.sort(key=lambda entry: (entry.started or "", entry.name), reverse=True)
    return Archive(str(folder.resolve()), tuple(found))


def _of_run(folder: Path, run: RunSummary) -> Entry:
    outcome, why = _ended(folder / run.name, run)
    return Entry(
        name=run.name,
        kind="run",
        data=run.data,
        methods=(run.method,) if run.method else (),
        outcome=outcome,
        why=why,
        test=run.test,
        seconds=run.seconds,
        started=run.started,
        report=f"/runs/{run.name}/report" if is_safe(run.name) and run.outcome not in BROKEN else None,
        findings=run.findings,
    )


def _of_race(folder: Path, race: RaceSummary) -> Entry:
    there = is_safe(race.name) and (folder / race.name / REPORT).is_file()
    outcome, why = _ended(folder / race.name, race)
    return Entry(
        name=race.name,
        kind="race",
        data=race.data,
        methods=race.methods,
        outcome=outcome,
        why=why,
        seconds=race.seconds,
        started=race.started,
        report=f"/runs/{race.name}/report" if there else None,
    )


def _ended(path: Path, found: RunSummary | RaceSummary) -> tuple[str, str]:
    """Return how a run or a race ended, and why; one that was stopped may have been resumed."""
    if found.outcome in STOPPED and not is_free(path):
        return "at work", ""
    return found.outcome.replace("_", " "), found.why


def report(path: Path) -> str:
    """Return the report of a run, drawn anew from its record, or that of a race, as it lies there.

    Raises:
        RunError: when the run has not ended or is damaged, or the race has none.
    """
    if not is_race(path):
        from fallline.record.load import load
        from fallline.report.run_page import run_page

        return run_page(load(path))
    try:
        return read_file(path / REPORT, LARGEST_TEXT).decode("utf-8", "replace")
    except FileNotFoundError:
        raise RunError(f"the race {path.name} has no report yet: it is written when the race ends.") from None
    except OSError as error:
        raise cannot("read", path / REPORT, error) from error


def routes(site: Site) -> list[Route]:
    """Return the addresses of the Runs page."""

    def page(request: Request) -> Response:
        return respond(request, archive(site.runs), "runs")

    def show(request: Request) -> Response:
        html = report(site.run(request.path_params["name"]))
        return HTMLResponse(html, headers={"content-security-policy": REPORT_POLICY})

    def curves(request: Request) -> Response:
        from fallline.record.load import load
        from fallline.web.overlay import MOST, overlay

        names = list(dict.fromkeys(request.query_params.getlist("run")))
        group = request.query_params.get("group", "run")
        svg = overlay({name: load(site.run(name)) for name in names[: MOST + 1]}, group)
        return Response(svg, media_type="image/svg+xml")

    def remove(request: Request) -> Response:
        path = site.run(request.path_params["name"])
        if not is_free(path):
            raise HTTPException(409, f"{path.name} is at work: stop it first, and delete it then.")
        delete(path)
        return answer(archive(site.runs))

    return [
        Route("/runs", page),
        Route("/runs.json", page),
        Route("/runs/overlay.svg", curves),
        Route("/runs/{name}/report", show),
        Route("/runs/{name}", remove, methods=["DELETE"]),
    ]
