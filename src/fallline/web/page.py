"""Pages: a fixed skeleton, and one documented object that the page's own module renders."""

from __future__ import annotations

from pathlib import Path
from string import Template
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from fallline.figures.svg import escape
from fallline.web.wire import to_json

STATIC = Path(__file__).parent / "static"

LINKS = {"playground": "Playground", "train": "Train", "race": "Race", "runs": "Runs"}
"""The pages, by the name that their address, their module and their style sheet share."""


def respond(request: Request, context: Any, name: str) -> Response:
    """Return a page, or the object that it renders where the address ends in `.json`.

    Args:
        request: what is answered.
        context: a frozen dataclass that documents each of its fields.
        name: one of `LINKS`: the page's module is `static/NAME.js`, and its style, if it has any, `static/NAME.css`.
    """
    if request.url.path.endswith(".json"):
        return answer(context)
    skeleton = Template((STATIC / "page.html").read_text(encoding="utf-8"))
    html = skeleton.substitute(
        title=LINKS[name],
        name=name,
        style=f'<link rel="stylesheet" href="/static/{name}.css">' if (STATIC / f"{name}.css").is_file() else "",
        links="".join(_link(page, words, page == name) for page, words in LINKS.items()),
        context=to_json(context),
        token=escape(request.app.state.site.token),
    )
    return HTMLResponse(html, headers={"cache-control": "no-store"})


def answer(value: Any, status: int = 200) -> Response:
    """Return a value as JSON, as `to_json` writes it."""
    return Response(to_json(value), status, media_type="application/json")


def _link(page: str, words: str, here: bool) -> str:
    return f'<a href="/{page}"{" aria-current=page" if here else ""}>{words}</a>'
