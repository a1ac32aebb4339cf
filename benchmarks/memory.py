"""The peak memory of `fallline train` on three million flights, from the shell."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time

from benchmarks.datasets import flights
from benchmarks.measure import Row


def rows() -> list[Row]:
    """Measure."""
    path = str(flights())
    return [_row(path, "4096", "1"), _row(path, "full", "3")]


def _row(path: str, batch: str, epochs: str) -> Row:
    with tempfile.TemporaryDirectory() as out:
        command = ["train", path, "--target", "delay", "--batch", batch, "--epochs", epochs, "--out", f"{out}/run"]
        began = time.perf_counter()
        child = subprocess.Popen([sys.executable, "-m", "fallline", *command], stdout=subprocess.DEVNULL)
        _, status, usage = os.wait4(child.pid, 0)
    seconds, peak = time.perf_counter() - began, usage.ru_maxrss / 1e6
    note = f"{seconds:.0f} s, exit status {os.waitstatus_to_exitcode(status)}"
    return Row(
        f"flights, batch {batch}, {epochs} epochs: peak", f"{peak:.2f} GB", "< 3 GB", peak < 3 and not status, note
    )
