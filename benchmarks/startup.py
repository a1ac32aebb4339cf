"""From the shell to the result, each a fresh process."""

from __future__ import annotations

import subprocess
import sys
import tempfile

from benchmarks.measure import Row, below, shell


def rows() -> list[Row]:
    """Measure."""
    found = [
        _row("`fallline --help`", [sys.executable, "-m", "fallline", "--help"], 0.35),
        _importing(),
    ]
    with tempfile.TemporaryDirectory() as base:
        for warm, asked in ((False, 5.0), (True, 3.0)):
            seconds = []
            for i in range(5):
                cache = f"{base}/warm" if warm else f"{base}/cold{i}"
                if warm and i == 0:
                    _train(base, cache, "first")
                seconds.append(_train(base, cache, f"{warm}{i}"))
            name = f"`fallline train digits`, {'warm' if warm else 'empty'} compile cache"
            found.append(below(name, seconds, asked))
    return found


def _train(base: str, cache: str, run: str) -> float:
    command = [sys.executable, "-m", "fallline", "train", "digits", "--out", f"{base}/runs/{run}"]
    return shell(command, {"XDG_CACHE_HOME": cache})


def _importing() -> Row:
    code = (
        "import sys, time; began = time.perf_counter(); import fallline; "
        "print(time.perf_counter() - began, 'jax' in sys.modules)"
    )
    printed = [
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
        for _ in range(7)
    ]
    row = below("`import fallline`", [float(seconds) for seconds, _ in printed], 0.1)
    return row if all(jax == "False" for _, jax in printed) else Row(row.what, row.measured, "without jax", False)


def _row(what: str, command: list[str], asked: float) -> Row:
    return below(what, [shell(command, {}) for _ in range(7)], asked)
