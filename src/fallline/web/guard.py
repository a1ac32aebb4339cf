"""Who may ask for what: this machine's own pages, by the printed link, and nobody else."""

from __future__ import annotations

import hmac
from urllib.parse import parse_qsl, quote, urlencode

from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.requests import cookie_parser
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from fallline.web import uploads
from fallline.web.refusal import refusal

HOST = "127.0.0.1"

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-cache",
}
"""What every answer says, unless it says otherwise itself."""

BODY = 1_000_000
"""Bytes of a request that is not an upload."""

TOKEN = "x-fallline-token"


class Guard:
    """Lets through what comes from the app's own pages.

    Foreign names in `Host` are refused (a page elsewhere may have its own name point here). The printed link's token
    becomes a cookie, without which nothing is shown; whatever changes something carries the token as a header, which
    no page from elsewhere can add, and comes from no other origin. No body is longer than its kind may be.

    Args:
        app: what is guarded.
        token: the secret of the printed link.
        port: where the server listens.
    """

    def __init__(self, app: ASGIApp, token: str, port: int) -> None:
        self._app = app
        self._token = token
        self._hosts = {f"{HOST}:{port}", f"localhost:{port}"}
        self._cookie = f"fallline-{port}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request, or let the app do so."""
        if scope["type"] != "http":
            raise ValueError(f"this server answers no {scope['type']} requests")
        headers, send = Headers(scope=scope), _with_headers(send)
        limit = uploads.MOST if scope["path"].startswith("/uploads/") else BODY
        answer = self._refused(scope, headers, limit) or self._entry(scope, headers)
        if answer is None and not self._known(scope, headers):
            answer = _no(headers, 403, "this page opens by the link that `fallline ui` prints in its terminal.")
        if answer is None:
            await self._app(scope, _limited(receive, limit), send)
        else:
            await answer(scope, receive, send)

    def _refused(self, scope: Scope, headers: Headers, limit: int) -> Response | None:
        """Return what is wrong with a request, whoever makes it."""
        hosts = headers.getlist("host")
        if len(hosts) != 1 or hosts[0].lower() not in self._hosts:
            return _no(headers, 421, f"this server answers only to {' and '.join(sorted(self._hosts))}.")
        length = headers.get("content-length", "0")
        if not length.isdecimal() or int(length) > limit:
            return _no(headers, 413, too_long(limit))
        if scope["method"] in ("GET", "HEAD"):
            return None
        origin = headers.get("origin")
        if origin is not None and origin.lower() not in {f"http://{host}" for host in self._hosts}:
            return _no(headers, 403, "only the app's own pages may change something.")
        if not self._is_token(headers.get(TOKEN, "")):
            return _no(headers, 403, "the token is missing or is another server's: open the link printed last.")
        return None

    def _entry(self, scope: Scope, headers: Headers) -> Response | None:
        """Return the way in for a link that carries the token: a cookie, and the same address without it."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        given = [value for name, value in query if name == "token"]
        if scope["method"] != "GET" or not given or not self._is_token(given[-1]):
            return None
        rest = urlencode([pair for pair in query if pair[0] != "token"])
        answer = RedirectResponse(f"http://{headers['host']}{quote(scope['path'])}{'?' * bool(rest)}{rest}", 303)
        answer.set_cookie(self._cookie, self._token, httponly=True, samesite="strict")
        return answer

    def _known(self, scope: Scope, headers: Headers) -> bool:
        """Return whether a request may be answered: it changes nothing and has the cookie, or it has the token."""
        if scope["method"] not in ("GET", "HEAD"):
            return True  # its token was looked at before
        # Programs on other ports set cookies for this name, too, and not all of them well-formed ones.
        cookies = cookie_parser(headers.get("cookie", ""))
        return self._is_token(cookies.get(self._cookie, ""))

    def _is_token(self, given: str) -> bool:
        return hmac.compare_digest(given.encode("utf-8", "replace"), self._token.encode())


def too_long(limit: int) -> str:
    """Return the sentence about a body of more than `limit` bytes."""
    return f"this is more than the {limit // 1_000_000} MB that may be sent at once."


def _no(headers: Headers, status: int, sentence: str) -> Response:
    return refusal(headers.get("accept", ""), status, sentence)


def _with_headers(send: Send) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            said = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                said.setdefault(name, value)
        await send(message)

    return sending


def _limited(receive: Receive, limit: int) -> Receive:
    """Return what receives a body, and breaks off where it is longer than it may be, whatever its header said."""
    seen = 0

    async def receiving() -> Message:
        nonlocal seen
        message = await receive()
        seen += len(message.get("body", b""))
        if seen > limit:
            raise HTTPException(413, too_long(limit))
        return message

    return receiving
