"""Work that goes on in threads while pages come and go: trainings and races."""

from __future__ import annotations

import logging
import secrets
import threading
import time
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Literal

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fallline.core.errors import FalllineError, InvalidValue, RunError
from fallline.web.events import Feed
from fallline.web.page import answer
from fallline.web.site import Site

State = Literal["running", "stopping", "ended", "failed"]

MOST = 4
"""How many jobs go on at a time, at most: they share the processor."""

KEPT = 32
"""How many jobs that have ended are remembered; what they found lies in their folders."""

PATIENCE = 30.0
"""Seconds that the stopped jobs have to save themselves when the server ends."""

_log = logging.getLogger(__name__)


class Job(ABC):
    """Something long that is done in a thread of its own, tells how it goes, and can be asked to stop.

    Args:
        name: what is worked on, for people.
    """

    kind: ClassVar[str]
    """What sort of work it is: the name of the page that shows it."""

    def __init__(self, name: str) -> None:
        self.id = secrets.token_hex(6)
        self.name = name
        self.feed = Feed(most=1)  # each status says everything
        self.asked_to_stop = threading.Event()
        self.error: str | None = None
        """Why it failed, in a sentence."""
        self._over = False
        self._telling = threading.Lock()

    @abstractmethod
    def work(self) -> None:
        """Do all of it; what is raised ends the job as failed."""

    @abstractmethod
    def status(self) -> Any:
        """Return how it goes: a frozen dataclass of plain data, which any thread may ask for."""

    def stop(self) -> None:
        """Ask it to save what it has and to end."""
        self.asked_to_stop.set()
        self.tell()

    def tell(self) -> None:
        """Let everybody who watches know how it goes; what is told last is what was so last, whichever thread tells."""
        with self._telling:
            self.feed.add("status", self.status())

    def carry_out(self) -> None:
        """Work, and say how that ended; nothing is raised."""
        try:
            self.work()
        except Exception as error:
            self.error = _sentence(error)
            if not isinstance(error, FalllineError):
                _log.exception("%s %s (%s)", self.kind, self.id, self.name)
        finally:
            self._over = True
            self.tell()
            self.feed.close()

    @property
    def going_on(self) -> bool:
        """Whether it has not ended."""
        return not self._over

    @property
    def state(self) -> State:
        """Where it stands."""
        if self._over:
            return "ended" if self.error is None else "failed"
        return "stopping" if self.asked_to_stop.is_set() else "running"


class Jobs:
    """All the jobs of a server, the newest last."""

    def __init__(self) -> None:
        self._threads: dict[Job, threading.Thread] = {}
        self._lock = threading.Lock()
        self._closed = False

    def start(self, job: Job) -> Job:
        """Let a job begin, and return it.

        Raises:
            RunError: when as many as the machine can bear go on already, or the server is about to end.
        """
        with self._lock:
            running = sum(other.going_on for other in self._threads)
            if self._closed:
                raise RunError("the server is about to end: nothing new is begun.")
            if running >= MOST:
                raise RunError(f"{running} trainings and races go on already: stop one, or wait for its end.")
            thread = threading.Thread(target=job.carry_out, name=f"fallline-{job.kind}-{job.id}", daemon=True)
            self._threads[job] = thread
            for old in [other for other in self._threads if not other.going_on][:-KEPT]:
                del self._threads[old]
            thread.start()
        return job

    def find(self, id: str) -> Job:
        """Return the job with this id.

        Raises:
            InvalidValue: when there is none, as after the server was started again.
        """
        for job in self.list():
            if job.id == id:
                return job
        raise InvalidValue("this training or race is not known to the server: what it left is among the runs.")

    def list(self, kind: str | None = None) -> tuple[Job, ...]:
        """Return the jobs, those of one kind or all, the oldest first."""
        with self._lock:
            return tuple(job for job in self._threads if kind in (None, job.kind))

    @property
    def going_on(self) -> bool:
        """Whether any of them has not ended."""
        return any(job.going_on for job in self.list())

    def close(self) -> None:
        """Stop every job, and wait until what it has is saved; nothing can be started any more."""
        with self._lock:
            self._closed = True
            threads = dict(self._threads)
        for job in threads:
            job.stop()
        until = time.monotonic() + PATIENCE
        for thread in threads.values():
            thread.join(max(until - time.monotonic(), 0))
        for job in threads:
            if job.going_on:
                _log.warning("%s did not end in %.0f s: it goes on from its last checkpoint.", job.name, PATIENCE)


def routes(site: Site) -> list[Route]:
    """Return the addresses of jobs: the events of one, and the wish that it stop."""

    def events(request: Request) -> Response:
        return site.jobs.find(request.path_params["id"]).feed.respond(request)

    def stop(request: Request) -> Response:
        job = site.jobs.find(request.path_params["id"])
        job.stop()
        return answer(job.status())

    return [Route("/jobs/{id}/events", events), Route("/jobs/{id}/stop", stop, methods=["POST"])]


def _sentence(error: Exception) -> str:
    """Return what an error says, with where the work up to it is kept; of one that nobody foresaw its kind, too."""
    said = str(error) if isinstance(error, FalllineError) else f"{type(error).__name__}: {str(error).rstrip('.')}."
    return " ".join([said, *getattr(error, "__notes__", ())])
