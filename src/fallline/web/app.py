"""The app: its pages' addresses, gathered, behind the guard."""

from __future__ import annotations

from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from fallline.core.errors import FalllineError
from fallline.web import archive, files, jobs, racing, tables, training, uploads
from fallline.web.guard import Guard
from fallline.web.jobs import Jobs
from fallline.web.later import Later
from fallline.web.page import LINKS
from fallline.web.refusal import Contained, on_http_error, on_refused
from fallline.web.site import Site
from fallline.web.uploads import Uploads

PLAYGROUND = "fallline.web.playground"

_PARTS = (files, uploads, tables, jobs, training, racing, archive)


def build(runs: Path, token: str, port: int) -> Starlette:
    """Return the app.

    Args:
        runs: the folder that holds the runs; it exists.
        token: the secret of the printed link.
        port: where the server listens, which its pages' requests name.
    """
    site = Site(runs=runs, token=token, jobs=Jobs(), uploads=Uploads(runs))
    app = Starlette(
        routes=[
            Route("/", _first),
            *(route for part in _PARTS for route in part.routes(site)),
            Route("/playground{rest:path}", Later(PLAYGROUND, site)),
        ],
        middleware=[Middleware(Guard, token=token, port=port), Middleware(Contained)],
        exception_handlers={FalllineError: on_refused, HTTPException: on_http_error},
    )
    app.state.site = site
    return app


def _first(request: Request) -> Response:
    return RedirectResponse(f"/{next(iter(LINKS))}", 303)
