"""Training on rows that are read while training: its speed beside rows in memory, and its memory on ten gigabytes.

The flights' delay from distance and date. What is timed is the training itself, 3 epochs; reading alone, in one thread,
every block in random order and encoded, is a row of its own. Two models: one whose step costs next to nothing, so that
reading is the limit, and the default one. Where a step keeps both cores busy, reading takes its time from the step: at
0.16 µs of a core a row, the default model cannot come nearer than about 0.81× of rows in memory on two cores. The
generated file holds random float32 numbers, which nothing can compress.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import polars as pl

import fallline as fl
from benchmarks.datasets import flights
from benchmarks.measure import Row, Times, interleaved

MODELS = {"linear": 4096, "mlp(128, 64)": 1024}
GIGABYTES = float(os.environ.get("FALLLINE_BENCH_GIGABYTES", "10"))
COLUMNS = 20


def rows() -> list[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as folder:
        path = _numbers_of_flights(Path(folder))
        found = [_reading(path), *(row for model in MODELS for row in _training(path, model))]
    return [*found, *_memory()]


def _numbers_of_flights(folder: Path) -> Path:
    """Return a copy of the flights without the airports, whose one-hot vectors would make every step the limit."""
    path = folder / "flights.parquet"
    pl.scan_parquet(flights()).select("delay", "distance", "date").sink_parquet(path)
    return path


def _reading(path: Path) -> Row:
    train = _problem(path, "linear", stream=True).data.train
    order = np.random.default_rng(0).permutation(len(train.sizes))
    seconds = []
    for _ in range(3):
        began = time.perf_counter()
        for block in order:
            train.read(int(block))
        seconds.append(time.perf_counter() - began)
    rate = float(np.sum(train.sizes)) / statistics.median(seconds) / 1e6
    return Row("flights: read and encoded", f"{rate:.1f} Mrows/s", "≥ 2 Mrows/s", rate >= 2, str(Times(tuple(seconds))))


def _training(path: Path, model: str) -> list[Row]:
    batch = MODELS[model]
    began = time.perf_counter()
    streamed = _problem(path, model, stream=True)
    fitting = time.perf_counter() - began
    problems = {"streamed": streamed, "in memory": _problem(path, model, stream=False)}
    times = interleaved({name: _runner(problem, batch) for name, problem in problems.items()}, repeats=5)
    ratios = [b / a for a, b in zip(times["streamed"].seconds, times["in memory"].seconds, strict=True)]
    ratio = statistics.median(ratios)
    rate = 3 * int(np.sum(streamed.data.train.sizes)) / times["streamed"].median / 1e6
    note = f"{times['streamed']} against {times['in memory']}; {rate:.1f} Mrows/s; fitting pass {fitting:.1f} s"
    return [
        Row(
            f"flights, {model}, batch {batch}: streamed against in memory",
            f"{ratio:.2f}×",
            "≥ 0.9×",
            ratio >= 0.9,
            note,
        )
    ]


def _problem(path: Path, model: str, stream: bool) -> fl.Problem:
    return fl.problems.for_data(path, model=model, target="delay", stream=stream, split=(0.94, 0.03, 0.03))


def _runner(problem: fl.Problem, batch: int):
    train_only = fl.Problem(init=problem.init, loss=problem.loss, data=fl.Data(train=problem.data.train))
    seeds = iter(range(1000))

    def run() -> None:
        """Another seed each time, so that no order of rows is remembered from the run before."""
        fl.train(train_only, fl.Adam(lr=1e-3), batch_size=batch, epochs=3, seed=next(seeds))

    return run


def _memory() -> list[Row]:
    """Train on a quarter of the file, then on all of it: memory that grew with the rows would show."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        peaks = {}
        for share in (0.25, 1.0):
            path, count = _generated(folder, GIGABYTES * share)
            size = path.stat().st_size / 1e9
            began = time.perf_counter()
            peak, status = _trained(path, folder / f"run-{share}")
            seconds = time.perf_counter() - began
            peaks[share] = peak
            path.unlink()
    note = f"{count / 1e6:.0f} Mrows, {seconds:.0f} s, exit status {status}"
    what = f"a generated file of {size:.1f} GB, one epoch from the shell: peak resident memory"
    growth = peaks[1.0] / peaks[0.25]
    return [
        Row(what, f"{peak:.2f} GB", "< 1.5 GB", not status and peak < 1.5, note),
        Row(
            "the same against a quarter of the file",
            f"{growth:.2f}×",
            "≤ 1.05×, flat",
            not status and growth <= 1.05,
            f"{peaks[1.0]:.2f} GB against {peaks[0.25]:.2f} GB",
        ),
    ]


def _trained(path: Path, out: Path) -> tuple[float, int]:
    """Train one epoch from the shell, and return the peak of the resident memory in gigabytes and the exit status."""
    command = ["train", str(path), "--target", "y", "--stream", "--model", "linear", "--batch", "4096", "--lr", "0.001"]
    child = subprocess.Popen(
        [sys.executable, "-m", "fallline", *command, "--epochs", "1", "--out", str(out)], stdout=subprocess.DEVNULL
    )
    peak = 0.0
    while child.poll() is None:
        peak = max(peak, _resident(child.pid))
        time.sleep(0.1)
    return peak, child.returncode


def _generated(folder: Path, gigabytes: float) -> tuple[Path, int]:
    """Write a Parquet file of so many gigabytes, a piece at a time, and return it with its rows."""
    pieces = max(round(gigabytes * 2), 1)
    each = int(0.5e9 // (4 * (COLUMNS + 1)))
    for piece in range(pieces):
        numbers = np.random.default_rng(piece).standard_normal((each, COLUMNS), np.float32)
        frame = pl.DataFrame(
            {f"x{i}": numbers[:, i] for i in range(COLUMNS)} | {"y": numbers @ np.ones(COLUMNS, np.float32)}
        )
        frame.write_parquet(folder / f"piece-{piece:03}.parquet", compression="uncompressed")
    path = folder / "generated.parquet"
    pl.scan_parquet(folder / "piece-*.parquet").sink_parquet(path, compression="uncompressed")
    for written in folder.glob("piece-*.parquet"):
        written.unlink()
    return path, pieces * each


def _resident(pid: int) -> float:
    """Return a process's resident memory in gigabytes, pages of mapped files among it."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    lines = [line for line in status.splitlines() if line.startswith("VmRSS")]
    return float(lines[0].split()[1]) / 1e6 if lines else 0.0
