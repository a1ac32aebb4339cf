"""Feeds: what every reader hears, however late, slow or many."""

from __future__ import annotations

import asyncio
import http.client
import itertools
import json
import threading
import time
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any
from urllib.parse import quote

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import Route

from fallline.web import events
from fallline.web.events import Feed
from fallline.web.server import listening

from .conftest import running


@pytest.fixture(scope="module")
def feeds() -> Iterator[tuple[int, dict[str, Feed]]]:
    """Serve feeds by name, over a real socket."""
    found: dict[str, Feed] = {}
    app = Starlette(routes=[Route("/{name}", lambda request: found[request.path_params["name"]].respond(request))])
    config = uvicorn.Config(app, http="h11", loop="asyncio", lifespan="off", log_config=None)
    with listening(0) as listener, running(uvicorn.Server(config), listener) as port:
        yield port, found
        for feed in found.values():
            feed.close()


def read(port: int, path: str, headers: dict[str, str] | None = None) -> Iterator[tuple[int, str, object]]:
    """Yield the events of a stream until it ends, read as the standard says."""
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
        connection.request("GET", path, headers=headers or {})
        answer = connection.getresponse()
        assert answer.getheader("content-type") == "text/event-stream; charset=utf-8"
        fields: dict[str, str] = {}
        for line in answer:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                fields[name] = value
            elif "data" in fields:
                yield int(fields["id"]), fields["event"], json.loads(fields["data"])
                fields = {}


def in_a_loop(work: Coroutine[Any, Any, Any]) -> Any:
    """Return what a coroutine returns, from a thread of its own: this one may have a browser's loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


def test_events_are_heard_in_order_as_they_are_added(feeds):
    port, found = feeds
    feed = found["order"] = Feed()
    stream = read(port, "/order")
    feed.add("status", {"step": 1})
    assert next(stream) == (1, "status", {"step": 1})
    feed.add("curves", None)
    assert next(stream) == (2, "curves", None)
    feed.add("status", {"text": "a\nb\r\n\n</script> é", "loss": float("nan")})
    assert next(stream) == (3, "status", {"text": "a\nb\r\n\n</script> é", "loss": None})
    feed.close()
    feed.add("status", "too late")
    feed.close()
    assert list(stream) == [(4, "end", None)]


def test_who_comes_late_hears_all_that_is_kept(feeds):
    port, found = feeds
    feed = found["late"] = Feed()
    for step in range(5):
        feed.add("status", step)
    feed.close()
    assert [data for _, _, data in read(port, "/late")] == [0, 1, 2, 3, 4, None]
    assert [id for id, _, _ in read(port, "/late?after=4")] == [5, 6]
    assert [id for id, _, _ in read(port, "/late", {"Last-Event-ID": "5"})] == [6]
    for odd in ("-1", "x", "²", "99", "9" * 400):  # as from a server that ran before, or from nobody
        assert [id for id, _, _ in read(port, f"/late?after={quote(odd)}")] == [1, 2, 3, 4, 5, 6]


def test_who_comes_too_late_for_the_log_hears_the_latest_of_each_kind():
    feed = Feed(most=3)
    feed.add("heading", "wine")
    for step in range(10):
        feed.add("status", step)
        feed.add("curves", -step)
    assert [(e.id, e.name, json.loads(e.data)) for e in feed.since(0)] == [
        (1, "heading", "wine"),
        (20, "status", 9),
        (21, "curves", -9),
    ]
    assert [e.id for e in feed.since(17)] == [1, 20, 21]
    assert [e.id for e in feed.since(18)] == [19, 20, 21]
    assert feed.since(21) == []


def test_a_reader_that_lags_skips_to_how_things_stand_and_misses_no_end():
    async def lagging() -> list[tuple[int, int]]:
        feed, heard = Feed(most=10), []
        feed.add("status", 0)
        stream = feed.stream()
        await anext(stream)  # the retry line
        heard.append(await anext(stream))
        for step in range(1, 1000):
            feed.add("status", step)
        feed.close()
        heard += [text async for text in stream]
        return [int(text.split("\n")[2].removeprefix("data: ").replace("null", "-1")) for text in heard]

    assert in_a_loop(lagging()) == [0, 999, -1]


def test_silence_is_broken_by_a_heartbeat(monkeypatch):
    monkeypatch.setattr(events, "HEARTBEAT", 0.01)

    async def quiet() -> str:
        stream = Feed().stream()
        await anext(stream)
        return await anext(stream)

    assert in_a_loop(quiet()).startswith(":")


def test_many_threads_add_and_many_streams_hear_every_event(feeds):
    port, found = feeds
    feed = found["many"] = Feed(most=2000)
    heard: list[list[tuple[int, str, object]]] = [[] for _ in range(20)]
    readers = [threading.Thread(target=lambda to=to: to.extend(read(port, "/many"))) for to in heard]
    writers = [
        threading.Thread(target=lambda w=w: [(feed.add("status", [w, i]), time.sleep(0.001)) for i in range(50)])
        for w in range(4)
    ]
    for thread in itertools.chain(readers, writers):
        thread.start()
    for thread in writers:
        thread.join()
    feed.close()
    for thread in readers:
        thread.join(20)
    for events_heard in heard:
        assert [id for id, _, _ in events_heard] == list(range(1, 202))
        assert events_heard == heard[0]
    for writer in range(4):
        assert [data[1] for _, name, data in heard[0] if name == "status" and data[0] == writer] == list(range(50))


def test_a_reader_that_leaves_is_forgotten(feeds):
    port, found = feeds
    feed = found["left"] = Feed()
    feed.add("status", 1)
    stream = read(port, "/left")
    next(stream)
    stream.close()
    deadline = time.monotonic() + 10
    while feed._waiting and time.monotonic() < deadline:
        time.sleep(0.01)
    assert not feed._waiting
