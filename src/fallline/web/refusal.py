"""What a request is told that cannot be done: one sentence, never a traceback."""

from __future__ import annotations

import logging
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fallline.core.errors import FalllineError
from fallline.figures.svg import escape
from fallline.web.wire import to_json

_log = logging.getLogger(__name__)


def refusal(accepts: str, status: int, sentence: str, field: str | None = None) -> Response:
    """Return a sentence as a plain page where one is asked for, else as JSON: `{"error": sentence}`.

    Args:
        accepts: the request's `Accept` header.
        status: the HTTP status.
        sentence: what is wrong, and what to do.
        field: the field of a form that is wrong, which the JSON then names, too.
    """
    if "text/html" not in accepts:
        said = {"error": sentence} | ({} if field is None else {"field": field})
        return Response(to_json(said), status, media_type="application/json")
    return HTMLResponse(
        '<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Fallline</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1"><style>:root{color-scheme:light dark}'
        "main{font:1.1rem/1.5 system-ui,sans-serif;max-width:38rem;margin:15vh auto 0;padding:0 20px}"
        "p::first-letter{text-transform:uppercase}</style></head>"
        f"<body><main><h1>Fallline</h1><p>{escape(sentence)}</p></main></body></html>",
        status,
    )


def on_refused(request: Request, error: Exception) -> Response:
    """Answer a request with what it asked for wrongly."""
    assert isinstance(error, FalllineError)
    said = " ".join([str(error), *getattr(error, "__notes__", ())])
    return refusal(request.headers.get("accept", ""), 400, said, getattr(error, "field", None))


def on_http_error(request: Request, error: Exception) -> Response:
    """Answer a request for what is not there, or by a way that it does not allow."""
    assert isinstance(error, HTTPException)
    plain = {404: f"there is nothing at {request.url.path}.", 405: f"{request.url.path} takes no {request.method}."}
    own = error.detail if error.detail != HTTPStatus(error.status_code).phrase else None
    sentence = own or plain.get(error.status_code, error.detail)
    return refusal(request.headers.get("accept", ""), error.status_code, sentence)


class Contained:
    """Answers a request that met a defect of ours with a sentence; the traceback goes to the server's log alone.

    Args:
        app: what may have defects.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let the app answer a request, or say that it could not."""
        begun = False

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, sending)
        except ClientDisconnect:
            return  # nobody waits for an answer
        except Exception:
            _log.exception("%s %s", scope["method"], scope["path"])
            if begun:
                raise  # so that the connection breaks off, and half an answer is not taken for a whole one
            sentence = "something went wrong inside Fallline; the terminal that runs it says more."
            await refusal(Headers(scope=scope).get("accept", ""), 500, sentence)(scope, receive, send)
