"""Checkpoints of a run with 100 MB of state, and what they cost its steps.

A network of 8.4 million parameters under Adam, batch 128: parameters and two running averages are 101 MB. The file is
hashed while it is written, and both go on beside the steps: these wait for as long as it takes to hand the arrays over,
and share cores and memory with the writing. What a checkpoint costs in all is the difference between trainings with
many checkpoints and with none, in turn. The limits are the disk, and SHA-256 on one core.
"""

from __future__ import annotations

import hashlib
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

import fallline as fl
from benchmarks.measure import Row
from fallline.core.spec import Spec
from fallline.engine.checkpoint import Keeper
from fallline.record import checkpoint

STEPS, OFTEN, REPEATS = 150, 1.0, 3
WIDTH, HIDDEN = 1024, 4096
CADENCE = Spec("adam").checkpoint_seconds


def rows() -> list[Row]:
    """Measure."""
    return [*_written(), *_beside_steps()]


def _written() -> list[Row]:
    """Time the writing alone, and its limits."""
    arrays = {str(i): np.random.default_rng(i).random(8_400_000, np.float32) for i in range(3)}
    data = memoryview(b"".join(array.data for array in arrays.values()))
    with tempfile.TemporaryDirectory() as folder:
        saving = _seconds(lambda: checkpoint.save(Path(folder), 1, arrays, {}))
        disk = _seconds(lambda: _write(Path(folder) / "raw", data))
    hashing = _seconds(lambda: hashlib.sha256(data).digest())
    copying = _seconds(lambda: bytes(data))
    size = data.nbytes / 1e6
    note = (
        f"{size:.0f} MB; the disk alone takes {1e3 * disk:.0f} ms ({size / disk / 1e3:.2f} GB/s), SHA-256 alone "
        f"{1e3 * hashing:.0f} ms ({size / hashing / 1e3:.2f} GB/s), a copy in memory {1e3 * copying:.0f} ms"
    )
    return [Row("writing a checkpoint", f"{1e3 * saving:.0f} ms", "< 150 ms", saving < 0.15, note)]


def _beside_steps() -> list[Row]:
    """Time trainings with and without checkpoints, in turn, and what their steps wait for."""
    problem, waits, extra = _problem(), [], []
    _train(problem, np.inf, [])
    for _ in range(REPEATS):
        without, _ = _train(problem, np.inf, [])
        seconds, count = _train(problem, OFTEN, waits)
        extra.append((seconds - without) / count)
    wait, cost = statistics.median(waits), statistics.median(extra)
    share = cost / CADENCE
    spread = f"{1e3 * min(extra):.0f} to {1e3 * max(extra):.0f} ms a checkpoint, {len(waits)} of them"
    return [
        Row("steps wait for a checkpoint", f"{1e3 * wait:.1f} ms", "a copy at most", None, f"{len(waits)} checkpoints"),
        Row(f"share of the training time, every {CADENCE:g} s", f"{share:.2%}", "< 5 %", share < 0.05, spread),
    ]


def _train(problem: fl.Problem, every: float, waits: list[float]) -> tuple[float, int]:
    """Return how long the steps of a training took, and how many checkpoints were begun; add how long steps waited."""
    begin, before = Keeper.begin, len(waits)

    def timed(keeper: Keeper, saved: Any) -> None:
        began = time.perf_counter()
        begin(keeper, saved)
        waits.append(time.perf_counter() - began)

    Keeper.begin = timed  # type: ignore[method-assign]
    try:
        with tempfile.TemporaryDirectory() as folder:
            choices = {"batch_size": 128, "steps": STEPS, "checkpoint_seconds": every, "out": Path(folder) / "run"}
            record = fl.train(problem, fl.Adam(lr=1e-4), **choices)
    finally:
        Keeper.begin = begin  # type: ignore[method-assign]
    return float(record.history["seconds"][-1]), len(waits) - before


def _problem() -> fl.Problem:
    def init(key: Any) -> dict[str, Any]:
        draw = np.random.default_rng(0)
        sizes = {"a": (WIDTH, HIDDEN), "b": (HIDDEN, WIDTH)}
        return {name: draw.normal(0, 0.02, size).astype(np.float32) for name, size in sizes.items()}

    def loss(params: Any, batch: Any) -> Any:
        return ((abs(batch.x @ params["a"]) @ params["b"] - batch.y) ** 2).mean(1)

    x = np.random.default_rng(1).normal(size=(2048, WIDTH)).astype(np.float32)
    return fl.Problem(init=init, loss=loss, data=(x, x))


def _seconds(do: Callable[[], object]) -> float:
    """Return the median time of something, after once to warm up."""
    do()
    found = []
    for _ in range(7):
        began = time.perf_counter()
        do()
        found.append(time.perf_counter() - began)
    return statistics.median(found)


def _write(path: Path, data: memoryview) -> None:
    with open(path, "wb") as file:
        file.write(data)
        os.fsync(file.fileno())
