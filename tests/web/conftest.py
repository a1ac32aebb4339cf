from __future__ import annotations

import faulthandler
import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import uvicorn

from fallline.core.outcome import Outcome
from fallline.core.spec import Spec
from fallline.record.record import Record
from fallline.web.server import Server, listening

TOKEN = "a-token-of-the-tests"


@dataclass(frozen=True)
class Answer:
    """What a server said."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return self.json["error"]


@dataclass(frozen=True)
class App:
    """A server at work, and a way to ask it: paths go over the socket exactly as they are given."""

    runs: Path
    port: int

    def ask(self, method: str, path: str, body: Any = None, **changes: str | None) -> Answer:
        """Ask as the app's own pages do; `changes` are headers to add, replace, or leave out (None)."""
        headers = {
            "Host": f"127.0.0.1:{self.port}",
            "Cookie": f"fallline-{self.port}={TOKEN}",
            "X-Fallline-Token": None if method == "GET" else TOKEN,
        } | {name.replace("_", "-"): value for name, value in changes.items()}
        return ask(self.port, method, path, body, {name: v for name, v in headers.items() if v is not None})

    def get(self, path: str, **changes: str | None) -> Answer:
        return self.ask("GET", path, **changes)


def ask(port: int, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
        for name, value in headers.items():
            connection.putheader(name, value)
        if body is not None and "Content-Length" not in headers:
            connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


@contextmanager
def running(server: uvicorn.Server, listener: Any) -> Iterator[int]:
    """Run a server in a thread, and yield its port."""
    thread = threading.Thread(target=server.run, args=([listener],))
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        thread.join(60)  # a job that compiles is waited for
        if thread.is_alive():
            faulthandler.dump_traceback()
            pytest.fail("the server is still at work 60 s after its last test: what its threads do is printed above")


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    runs = tmp_path_factory.mktemp("app") / "runs"
    runs.mkdir()
    with listening(0) as listener:
        server = Server(runs, TOKEN, listener.getsockname()[1])
        with running(server, listener) as port:
            yield App(runs, port)


@pytest.fixture(scope="session")
def make_run() -> Callable[..., Record]:
    """Return a function that makes a run of some epochs, with some parts changed."""

    def make(method: str = "sgd(lr=0.1)", seed: int = 0, val: Any = (2.0, 1.0, 0.5), **changes: Any) -> Record:
        n = len(val)
        columns = {"step": 10 * np.arange(1, n + 1), "samples": 320 * np.arange(1, n + 1)}
        parts: dict[str, Any] = {
            "spec": Spec(method, {"data": "digits"}, seed=seed),
            "outcome": Outcome.FINISHED,
            "why": f"{10 * n} of {10 * n} steps taken",
            "history": {**columns, "loss": np.asarray(val) + 0.1},
            "epochs": {"epoch": np.arange(1, n + 1), **columns, "val_loss": np.asarray(val, np.float64)},
            "test": {"accuracy": 0.75},
            "arrays": {"w": np.ones(2, np.float32)},
            "provenance": {"seconds": 1.5, "problem": "digits", "started": "2030-01-02T03:04:05+00:00"},
        }
        return Record(**(parts | changes))

    return make
