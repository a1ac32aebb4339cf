"""A million hostile inputs: texts, files, folders and requests, each a good one that was changed.

An input may be taken or refused in words (a `FalllineError`). Anything else is a defect: another error, a crash of
compiled code, more than 10 s of a core or 60 s in all, more than 6 GB of memory, a file written outside the folder that
it came in, a program started, a host asked, a text that becomes markup in a page. An input follows from its target and
its number, so that any one of them can be made again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.measure import Row

PIECE = 20_000
"""Inputs that one process is given: what it leaks, if anything, shows in the most memory that it took."""


def rows() -> list[Row]:
    """Measure."""
    from benchmarks.fuzz.__main__ import targets

    every = targets().values()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        jobs = [pool.submit(_fuzzed, each.name, each.inputs) for each in every]
        found = [job.result() for job in jobs]
    together = {key: sum(each[key] for each in found) for key in ("inputs", "refused", "defects")}
    each = (_row(target.name, one, target.inputs) for target, one in zip(every, found, strict=True))
    return [_row("all", {**together, "said": ""}, 1_000_000), *each]


def _row(name: str, found: dict[str, Any], asked: int) -> Row:
    good = found["defects"] == 0 and found["inputs"] >= asked
    refused = found["refused"] / max(found["inputs"], 1)
    measured = f"{found['inputs']:,} inputs, {refused:.0%} refused, {found['defects']} defects"
    return Row(name, measured, f"≥ {asked:,} inputs, 0 defects", good, found["said"])


def _fuzzed(name: str, inputs: int) -> dict[str, Any]:
    """Give a target its inputs, in as many processes as that takes, and add up what they say."""
    began, total, said = time.monotonic(), {"inputs": 0, "refused": 0, "defects": 0}, []
    first = peak = 0
    while first < inputs:
        count = min(PIECE, inputs - first)
        one = piece(name, first, count)
        done = one["accepted"] + one["refused"] + one["crashed"]
        wrong = [*one["defects"], *({"what": each} for each in one["written"])]
        total["inputs"] += done
        total["refused"] += one["refused"]
        total["defects"] += len(wrong)
        said += [f"{each.get('input', '')} {each['what']}" for each in wrong[:3]]
        first, peak = first + done, max(peak, one["peak"])
    took = f"{time.monotonic() - began:.0f} s, {peak / 1e6:,.0f} MB at most"
    return {**total, "said": "; ".join([took, *said[:5]])}


def piece(name: str, first: int, count: int) -> dict[str, Any]:
    """Return what became of some inputs of a target; where one ended the process, of those up to it."""
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        for inside in ("home", "kept"):
            (base / inside).mkdir()
        home = dict.fromkeys(("HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"), f"{base}/home")
        paths = {"PYTHONPATH": str(Path(__file__).parents[2]), "PYTHONDONTWRITEBYTECODE": "1", "TMPDIR": f"{base}/kept"}
        command = [sys.executable, "-m", "benchmarks.fuzz", name, str(first), str(count), folder]
        process = subprocess.run(command, capture_output=True, text=True, env=os.environ | home | paths)
        if process.returncode == 0:
            found: dict[str, Any] = {"accepted": 0, "refused": 0, "crashed": 0, **json.loads(process.stdout)}
            return found
        if not (base / "at").exists():
            raise RuntimeError(f"{name}: nothing was fuzzed: {process.stderr[-2000:]}")
        reached = int.from_bytes((base / "at").read_bytes(), "little")
        one = {"input": reached, "what": f"ended the process ({process.returncode}): {process.stderr[-300:]}"}
        return {"accepted": reached - first, "refused": 0, "crashed": 1, "written": [], "defects": [one], "peak": 0}
