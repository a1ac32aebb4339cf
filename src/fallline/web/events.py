"""Events that pages hear as they happen, over connections that stay open (server-sent events)."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections import deque
from collections.abc import AsyncIterator
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from fallline.web.wire import to_json

MOST = 1000
"""Events that a feed keeps."""

HEARTBEAT = 15.0
"""Seconds of silence after which a stream says that it is still there."""

END = "end"
"""The last event of a feed that was closed."""


class Event(NamedTuple):
    """One entry of a feed: its number, from 1; its name; and its data as the stream writes it."""

    id: int
    name: str
    data: str

    @property
    def text(self) -> str:
        """The event as a stream carries it."""
        return f"id: {self.id}\nevent: {self.name}\ndata: {self.data}\n\n"


class Feed:
    """A log of events that any thread adds to and any number of streams read, each at its own pace.

    An event says how things stand, not what has changed. So whoever comes late, or falls so far behind that the log no
    longer reaches back, gets the latest event of each name, which tells as much, and goes on from there. Nothing is
    kept per reader, and a slow one holds nobody up.

    Args:
        most: how many events are kept.

    Example:
        >>> feed = Feed()
        >>> feed.add("status", {"loss": 0.5})
        >>> feed.close()
        >>> [event.name for event in feed.since(0)]
        ['status', 'end']
    """

    def __init__(self, most: int = MOST) -> None:
        self._log: deque[Event] = deque(maxlen=most)
        self._latest: dict[str, Event] = {}
        self._last = 0
        self._closed = False
        self._lock = threading.Lock()
        self._waiting: set[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = set()

    @property
    def closed(self) -> bool:
        """Whether nothing will be added any more."""
        return self._closed

    def add(self, event: str, data: Any) -> None:
        """Add an event, from any thread; a feed that is closed takes no more.

        Args:
            event: its name, one word; `end` is the feed's own.
            data: what `to_json` takes.
        """
        self._append(event, to_json(data))

    def close(self) -> None:
        """End every stream, after what was added before; a second call does nothing."""
        self._append(END, "null", last=True)

    def since(self, id: int) -> list[Event]:
        """Return the events after number `id`, or, where the log does not reach back so far, the latest of each name.

        Args:
            id: 0 for all; a number that is yet to come, as from a server that ran before, counts as 0.
        """
        with self._lock:
            after = id if id <= self._last else 0
            oldest = self._last - len(self._log) + 1
            if after + 1 < oldest:
                return sorted(self._latest.values())
            return list(itertools.islice(self._log, after + 1 - oldest, None))

    def respond(self, request: Request) -> Response:
        """Return the stream that answers a request, from after the event named by `Last-Event-ID` or `?after=`."""
        named = request.headers.get("last-event-id") or request.query_params.get("after") or "0"
        after = int(named) if named.isascii() and named.isdigit() and len(named) < 16 else 0
        return StreamingResponse(self.stream(after), media_type="text/event-stream")

    async def stream(self, after: int = 0) -> AsyncIterator[str]:
        """Yield what a stream carries, until the feed is closed."""
        yield "retry: 1000\n\n"
        while True:
            news = self.since(after)
            for event in news:
                yield event.text
                after = event.id
            if news and news[-1].name == END:
                return
            if not news and not await self._added(after):
                yield ": still here\n\n"

    async def _added(self, after: int) -> bool:
        """Wait for an event after the one numbered `after`; return whether there was one before the heartbeat."""
        mark = (asyncio.get_running_loop(), asyncio.Event())
        with self._lock:
            if self._last > after:
                return True
            self._waiting.add(mark)
        try:
            await asyncio.wait_for(mark[1].wait(), HEARTBEAT)
            return True
        except TimeoutError:
            return False
        finally:
            with self._lock:
                self._waiting.discard(mark)

    def _append(self, name: str, data: str, last: bool = False) -> None:
        with self._lock:
            if self._closed:
                return
            self._last += 1
            event = Event(self._last, name, data)
            self._log.append(event)
            self._latest[name] = event
            self._closed = last
            waiting, self._waiting = self._waiting, set()
        for loop, mark in waiting:
            with contextlib.suppress(RuntimeError):  # the loop has ended, and its streams with it
                loop.call_soon_threadsafe(mark.set)
