"""Fifty event streams of the local app, open for a minute: a job tells how it goes twenty times a second."""

from __future__ import annotations

import asyncio
import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import ClassVar

from benchmarks.measure import Row, Times

STREAMS, SECONDS, RATE = 50, 60, 20
TOKEN = "benchmark"
WARM = 10
"""Seconds until the server's memory is first looked at."""


def rows() -> list[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory() as folder:
        starts = Times(tuple(_start(folder) for _ in range(5)))
        return [Row("`fallline ui` until it answers", str(starts), "", None), *_streams(folder)]


def _start(folder: str) -> float:
    """Return the seconds from the command to the first answer."""
    began = time.perf_counter()
    command = [sys.executable, "-m", "fallline", "ui", folder, "--port", "0", "--no-open"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline().split(":")[2].partition("/")[0])
        connection = http.client.HTTPConnection("127.0.0.1", port)
        connection.request("GET", "/runs")
        assert connection.getresponse().status == 403  # without the cookie
        seconds = time.perf_counter() - began
        server.terminate()
    return seconds


def _streams(folder: str) -> list[Row]:
    command = [sys.executable, "-m", "benchmarks.streams", folder]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        port, job = server.stdout.readline().split()
        memory: list[float] = []
        heard = asyncio.run(_hear(int(port), job, lambda: memory.append(_resident(server.pid))))
        processor = sum(map(int, Path(f"/proc/{server.pid}/stat").read_text().split()[13:15])) / 100
        server.terminate()
    whole = sum([id for id, _ in stream] == list(range(1, len(stream) + 1)) for stream in heard)
    count, waits = len(heard[0]), [wait for stream in heard for _, wait in stream]
    lost = max(len(stream) for stream in heard) * STREAMS - len(waits)
    slowest = statistics.quantiles(waits, n=100)[98]
    growth = memory[-1] - memory[0]
    return [
        Row(
            f"{STREAMS} streams for {SECONDS} s: events lost or out of order",
            f"{lost} of {len(waits):,}",
            "0",
            lost == 0 and whole == STREAMS and count >= SECONDS * RATE * 0.9,
            f"{count:,} events a stream, {whole} streams whole and in order",
        ),
        Row(
            f"the server's memory from {WARM} s to {SECONDS} s",
            f"{growth:+.1f} MB",
            "< 2 MB",
            growth < 2,
            f"{memory[0]:.0f} MB in all",
        ),
        Row("from the job to a reader, 99 of 100 events", f"≤ {1000 * slowest:.0f} ms", "", None),
        Row("the server's share of one core", f"{100 * processor / SECONDS:.0f} %", "", None),
    ]


async def _hear(port: int, job: str, look: Callable[[], None]) -> list[list[tuple[int, float]]]:
    """Return what each stream heard: the number of each event, and how long it took to arrive."""
    streams = asyncio.gather(*(_stream(port, job) for _ in range(STREAMS)))
    await asyncio.sleep(WARM)
    look()
    await asyncio.sleep(SECONDS - WARM)
    look()
    return await streams


async def _stream(port: int, job: str) -> list[tuple[int, float]]:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    lines = [f"GET /jobs/{job}/events HTTP/1.1", f"Host: 127.0.0.1:{port}", f"Cookie: fallline-{port}={TOKEN}"]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    heard, number, ends = [], 0, time.monotonic() + SECONDS + 5
    while time.monotonic() < ends and (line := await reader.readline()):
        name, _, value = line.decode().rstrip().partition(": ")
        if name == "id":
            number = int(value)
        elif name == "data" and value == "null":
            break
        elif name == "data":
            heard.append((number, time.time() - json.loads(value)["at"]))
    writer.close()
    return heard


def _resident(process: int) -> float:
    """Return the memory of a process in MB."""
    lines = Path(f"/proc/{process}/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1]) / 1e3


def _serve(folder: str) -> None:
    """Serve an app with one job, which tells how it goes until the minute is over."""
    from fallline.web.events import Feed
    from fallline.web.jobs import Job
    from fallline.web.server import Server, listening

    class Telling(Job):
        kind: ClassVar[str] = "train"

        def __init__(self) -> None:
            super().__init__("streams")
            self.feed = Feed()  # which keeps every event: none may be lost

        def work(self) -> None:
            began = time.monotonic()
            for number in range((SECONDS + 2) * RATE):
                time.sleep(max(began + number / RATE - time.monotonic(), 0))
                self.tell()

        def status(self) -> dict[str, object]:
            return {"at": time.time(), "words": "loss 0.1234, accuracy 0.9876, " * 10}

    with listening(0) as listener:
        port = listener.getsockname()[1]
        server = Server(Path(folder), TOKEN, port)
        job = server._jobs.start(Telling())
        print(port, job.id, flush=True)
        server.run([listener])


if __name__ == "__main__":
    _serve(sys.argv[1])
