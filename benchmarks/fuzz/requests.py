"""Requests to the local app: methods, addresses, headers and forms, good ones changed."""

from __future__ import annotations

import asyncio
import functools
import logging
import tempfile
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.applications import Starlette

from benchmarks.fuzz import mutate
from benchmarks.fuzz.folders import good_record
from benchmarks.fuzz.target import Target
from fallline.core.errors import InvalidValue

_TOKEN, _PORT = "the-token", 8765
_ADDRESSES = (
    *("/", "/runs", "/runs.json", "/runs/a/report", "/runs/overlay.svg?run=a&group=method", "/runs/a", "/train.json"),
    *("/race.json", "/playground.json", "/table?data=iris", "/table?data=tiny.csv", "/static/shell.js", "/playground"),
    *(
        "/static/scene/scene.js",
        "/jobs/abc/events?after=3",
        "/jobs/abc/stop",
        "/train/abc/curves.svg",
        "/train",
        "/race",
    ),
    *("/train/abc/curves.svg", "/uploads/a.csv", "/uploads/b.npz", "/train/resume", "/race/resume", "/train/abc/rate"),
    "/?token=the-token&a=b",
)
_FORMS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "/train": (
        {"data": "tiny.csv", "model": "linear", "method": "momentum", "fields": {"lr": "auto", "beta": "0.8"}},
        {"data": "tiny.csv", "target": "y", "batch": "full", "epochs": "3", "seed": "7", "missing": "drop"},
    ),
    "/race": (
        {"data": "tiny.csv", "methods": ["sgd", "adam"], "lr": "1e-3:1", "seeds": "2", "epochs": "3", "budget": "9s"},
        {"data": "tiny.csv", "more": "adam(b1=0.5), sgd", "batch": "8", "seed": "1", "constant": "drop"},
    ),
    "/train/resume": ({"run": "a", "lr": "0.1"},),
    "/race/resume": ({"race": "a"},),
    "/train/abc/rate": ({"lr": "0.1"},),
    "/playground/scene": ({"surface": "x**2 + y**2", "window": [[-4, 4], [-4, 4]], "start": [3, 2]},),
    "/playground/ways": (
        {
            "surface": "x**2",
            "steps": 20,
            "methods": [
                {"name": "sgd", "label": "sgd", "history": [[0, {"lr": 0.1}], [5, {"lr": 0.2}]], "chosen": "given"}
            ],
            "labels": ["sgd"],
        },
    ),
    "/playground/arithmetic": (
        {"surface": "x**2", "steps": 20, "step": 3, "methods": [{"name": "sgd", "label": "sgd", "history": [[0, {}]]}]},
    ),
}
_WORDS = (*"/?&=%.", "..", "%2e%2e", "%00", "runs", "a", "report", "static", "token", "%ff", "//", "\\", "~", ".json")


class Asked(NamedTuple):
    """One request."""

    method: str
    address: str
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


def _request(random: Random) -> Asked:
    headers = {
        "host": f"127.0.0.1:{_PORT}",
        "cookie": f"fallline-{_PORT}={_TOKEN}",
        "x-fallline-token": _TOKEN,
        "content-type": "application/json",
        "accept": random.choice(("application/json", "text/html")),
    }
    if random.random() < 0.5:
        address = random.choice(list(_FORMS))
        form = mutate.values(random, random.choice(_FORMS[address]), _FIELDS)
        text = mutate.written(form)
        method, body = "POST", mutate.data(random, [text]) if random.random() < 0.15 else text
    else:
        method = random.choice(("GET", "GET", "GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "pwn"))
        address = mutate.words(random, _ADDRESSES, _WORDS, 300)
        body = random.choice((b"", b"{}", b"[1]", b"null", b"x,y\n1,2\n", b"\xff" * 100))
    for name in list(headers):
        if random.random() < 0.05:
            headers[name] = mutate.words(random, [headers[name]], ("localhost", ":", "evil.example", "null", "0"), 200)
    if random.random() < 0.1:
        headers[random.choice(("content-length", "origin", "last-event-id", "range", "x-forwarded-host"))] = (
            random.choice(
                ("-1", "9" * 30, "١", "abc", "http://evil.example", f"http://127.0.0.1:{_PORT}", "bytes=0-1", "")
            )
        )
    raw = ((name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items())
    return Asked(method, address, tuple(raw), body)


_FIELDS = (
    *mutate.AWKWARD_VALUES,
    "iris",
    "tiny.csv",
    "sgd",
    "adam(b1=2)",
    "mlp(9)",
    "1e-3",
    "y",
    "x**2 + 1",
    [[-1, 1]],
)


class _Heard(logging.Handler):
    """Keeps the last error that the app logged."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.last: logging.LogRecord | None = None

    def emit(self, record: logging.LogRecord) -> None:
        self.last = record


class _App(NamedTuple):
    """The app on a folder with one run and one uploaded table; its jobs are closed, so that nothing is ever trained."""

    app: Starlette
    runs: Path
    heard: _Heard
    loop: asyncio.AbstractEventLoop
    kept: tempfile.TemporaryDirectory[str]


@functools.cache
def _app() -> _App:
    from fallline.web.app import build

    kept = tempfile.TemporaryDirectory()
    runs, heard = Path(kept.name) / "runs", _Heard()
    runs.mkdir()
    good_record().save(runs / "a")
    app = build(runs, _TOKEN, _PORT)
    app.state.site.jobs.close()
    app.state.site.uploads.folder.mkdir()
    (app.state.site.uploads.folder / "tiny.csv").write_text("x,y\n" + "".join(f"{i},{3 * i}\n" for i in range(40)))
    logging.getLogger("fallline.web").addHandler(heard)
    logging.getLogger("fallline.web").propagate = False
    return _App(app, runs, heard, asyncio.new_event_loop(), kept)


def _ask(asked: Asked, place: Path) -> None:
    """Let the app answer; a refusal in words is one here, too, and an answer that says nothing of itself a defect."""
    app = _app()
    app.heard.last = None
    status, headers, body = app.loop.run_until_complete(_answered(app.app, asked))
    if app.heard.last is not None:
        assert app.heard.last.exc_info is not None
        raise app.heard.last.exc_info[1] or AssertionError(app.heard.last.getMessage())
    assert status < 500, f"the app answered {status}"
    said = dict(headers)
    assert said[b"x-content-type-options"] == b"nosniff"
    assert b"content-security-policy" in said
    assert b"access-control-allow-origin" not in said
    assert b"<pwn" not in body, "a text became an element"
    assert _entered(asked) or status in (303, 400, 403, 405, 413, 421), f"{status} without a token"
    if status >= 400:
        raise InvalidValue(f"{status}")


def _entered(asked: Asked) -> bool:
    """Return whether a request carries the secret somewhere."""
    everything = asked.address.encode("utf-8", "replace") + b"".join(value for _, value in asked.headers)
    return _TOKEN.encode() in everything


async def _answered(app: Starlette, asked: Asked) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    path, _, query = asked.address.partition("?")
    messages: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": asked.body, "more_body": False}

    async def send(message: Any) -> None:
        messages.append(message)

    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": asked.method,
        "scheme": "http",
        "path": path.encode("utf-8", "replace").decode(),
        "raw_path": quote(path, errors="replace").encode(),
        "query_string": quote(query, safe="=&%?/.+", errors="replace").encode(),
        "root_path": "",
        "headers": list(asked.headers),
        "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", _PORT),
    }
    await app(scope, receive, send)
    start = messages[0]
    return start["status"], start["headers"], b"".join(message.get("body", b"") for message in messages[1:])


TARGETS = (Target("requests", 40_000, _request, _ask),)
