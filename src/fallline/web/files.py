"""The files that pages are made of: modules, style sheets, and the colours of the figures."""

from __future__ import annotations

import re
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fallline.figures.style import variables
from fallline.report.bundle import SCRIPTS
from fallline.web.page import STATIC
from fallline.web.site import Site

_KINDS = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
_NAME = re.compile(r"[a-z][a-z0-9_-]*(\.[a-z]+)")


def routes(site: Site) -> list[Route]:
    """Return the addresses of the files."""
    return [
        Route("/static/colours.css", lambda request: Response(variables(), media_type="text/css")),
        Route("/static/scene/{name}", lambda request: _file(SCRIPTS, request)),
        Route("/static/{name}", lambda request: _file(STATIC, request)),
    ]


def _file(folder: Path, request: Request) -> Response:
    """Return a file of the package, by a name that cannot lead out of its folder."""
    match = _NAME.fullmatch(request.path_params["name"])
    kind = _KINDS.get(match[1]) if match else None
    if match is None or kind is None or not (folder / match[0]).is_file():
        raise HTTPException(404)
    return Response((folder / match[0]).read_bytes(), media_type=kind)
