"""`fallline launch`: several processes that train together on this machine, all started again when one of them dies."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from types import FrameType
from typing import IO, Annotated, NamedTuple

import typer

from fallline.cli.distributed import LAUNCHER, LOST
from fallline.core.errors import InvalidValue

LOOK_SECONDS = 0.05

GRACE_SECONDS = 10.0
"""How long the others have to end after one of them did: process 0 may be saving where the run stands."""

ABORTED = -signal.SIGABRT
"""How a process ends when JAX has noticed that another one is silent."""


class Child(NamedTuple):
    """One of the processes; what all but the first say on standard error is kept until it matters."""

    number: int
    process: subprocess.Popen[bytes]
    said: IO[bytes] | None

    @property
    def status(self) -> int | None:
        """None while it runs; negative where a signal ended it."""
        return self.process.poll()


def launch(
    command: Annotated[list[str], typer.Argument(metavar="-- train ...", help="What each of the processes does.")],
    nproc: Annotated[int, typer.Option("--nproc", metavar="N", min=1, help="How many processes.")] = 2,
    restarts: Annotated[
        int, typer.Option("--restarts", metavar="N", min=0, help="How often all are started again when one dies.")
    ] = 3,
) -> int:
    """Train with several processes on this machine; when one dies, all start again where the run was saved last."""
    if command[0] != "train":
        raise InvalidValue(f"launch starts `train` in several processes, not {command[0]!r}.")
    with _heard() as signals:
        for left in reversed(range(restarts + 1)):
            with _started(command, nproc) as team:
                culprit = _ended(team, signals)
                if culprit is None:
                    return 0
                if signals:
                    return 128 + signals[-1]
                status = _told(culprit)
            if not left or (status != LOST and status >= 0):
                return 128 - status if status < 0 else status
            print(f"fallline: starting all {nproc} processes again; {left - 1} more times if need be", file=sys.stderr)
    raise AssertionError("the last round returns")


@contextlib.contextmanager
def _heard() -> Iterator[list[int]]:
    """Yield the signals that have come, to be passed on: nobody but the processes can save where the run stands."""
    signals: list[int] = []

    def hear(number: int, frame: FrameType | None) -> None:
        signals.append(number)

    from fallline.engine.interrupt import requests

    before = {number: signal.signal(number, hear) for number in requests()}
    try:
        yield signals
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextlib.contextmanager
def _started(command: Sequence[str], count: int) -> Iterator[list[Child]]:
    """Start all processes, and see that none is left behind."""
    port, team = free_port(), list[Child]()
    with contextlib.ExitStack() as files:
        files.callback(_end, team)
        for number in range(count):
            place = ["--coordinator", f"127.0.0.1:{port}", "--processes", str(count), "--process", str(number)]
            said = files.enter_context(tempfile.TemporaryFile()) if number else None
            process = subprocess.Popen(
                [sys.executable, "-m", "fallline", *command, "--distributed", *place],
                stdout=subprocess.DEVNULL if number else None,
                stderr=said,
                env={**os.environ, LAUNCHER: str(os.getpid())},
                start_new_session=True,  # a terminal's Ctrl-C comes to this process alone, which passes it on
            )
            team.append(Child(number, process, said))
        yield team


def _end(team: Sequence[Child]) -> None:
    """End those that have not ended: by SIGTERM, at which process 0 may still save, and in the end by SIGKILL."""
    for child in team:
        child.process.terminate()
    until = time.monotonic() + GRACE_SECONDS
    for child in team:
        try:
            child.process.wait(max(until - time.monotonic(), 0))
        except subprocess.TimeoutExpired:
            print(f"fallline: process {child.number} stands still, and is ended", file=sys.stderr)
            child.process.kill()
            child.process.wait()


def _ended(team: Sequence[Child], signals: Sequence[int]) -> Child | None:
    """Wait for the end of all, or a bad end of one; return whose end explains the others', None where all is well."""
    passed_on = 0
    while any(child.status is None for child in team):
        for number in signals[passed_on:]:
            for child in team:
                child.process.send_signal(number)
        passed_on = len(signals)
        if any(child.status for child in team):
            break
        time.sleep(LOOK_SECONDS)
    return min((child for child in team if child.status), key=_follows, default=None)


def _follows(child: Child) -> bool:
    """Whether a process has ended because another one did, rather than by itself."""
    return child.status in (LOST, ABORTED)


def _told(child: Child) -> int:
    """Say what became of a process, and return its status."""
    if child.said is not None:
        child.said.seek(0)
        sys.stderr.write(child.said.read().decode(errors="replace"))
    status = child.status or 0
    if status < 0:
        print(f"fallline: process {child.number} was ended by {signal.Signals(-status).name}", file=sys.stderr)
    return status


def free_port() -> int:
    """Return a port of this machine that nobody has taken."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port: int = free.getsockname()[1]
        return port
