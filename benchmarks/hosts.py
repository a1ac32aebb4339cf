"""Two processes that train together, one of them killed by SIGKILL or stopped by SIGSTOP at random moments.

`fallline launch` starts both again each time. A kill counts as survived when the run then ends with the bits of one
process with two devices, and no process is left. Moments are drawn evenly over the first seconds of the processes:
while they start, meet, compile, train and save. What it costs to agree on the next steps is timed, too.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

import fallline as fl
from benchmarks.measure import Row

TRAIN = ["digits", "--model", "mlp(32)", "--method", "adam(lr=0.003)", "--batch", "16", "--epochs", "40"]
SAVES = ["--checkpoint-steps", "50", "--wait", "10"]
RUNS, KILLS, STOPS = 4, 6, 1
"""Kills of each run before it is left alone; the last run is stopped instead."""

WITHIN = 9.0
"""Seconds after a start in which the moments lie."""


def rows() -> list[Row]:
    """Measure."""
    with tempfile.TemporaryDirectory() as base:
        folder, draw = Path(base), random.Random(0)
        _command(folder, "train", *TRAIN, "--devices", "2", "--out", "alone").wait()
        told = [_survived(folder, f"killed-{run}", signal.SIGKILL, KILLS, draw) for run in range(RUNS)]
        survived, count = sum(told), len(told)
        stopped = _survived(folder, "stopped", signal.SIGSTOP, STOPS, draw)
        seconds, looks = _looks(folder)
    what = "a process of two"
    return [
        Row(f"{KILLS} × kill −9 of {what}: same bits", f"{survived} of {count} runs", "all", survived == count),
        Row(f"SIGSTOP of {what}: same bits", str(stopped), "True", stopped, "noticed after --wait 10"),
        Row("agreeing on the next steps", f"{1e3 * seconds:.2g} ms", "–", None, f"{looks} times, two processes"),
    ]


def _command(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "fallline", *words], cwd=folder)


def _survived(folder: Path, name: str, what: signal.Signals, count: int, draw: random.Random) -> bool:
    """Whether a run ends as if it had been left alone, after so many signals to processes drawn at random."""
    launched = _command(
        folder, "launch", "--nproc", "2", "--restarts", str(count), "--", "train", *TRAIN, *SAVES, "--out", name
    )
    hit = set[int]()
    while len(hit) < count and launched.poll() is None:
        children = _wait_for_others(launched, hit)
        time.sleep(draw.uniform(0, WITHIN))
        with contextlib.suppress(ProcessLookupError, IndexError):
            victim = draw.choice(children)
            os.kill(victim, what)
            hit |= set(children)
            print(f"  {name}: {what.name} to process {children.index(victim)}", flush=True)
    status = launched.wait()
    ended, alone = fl.load(folder / name), fl.load(folder / "alone")
    arrays = {**ended.arrays, "loss": ended.history["loss"]}
    expected = {**alone.arrays, "loss": alone.history["loss"]}
    left = [pid for pid in hit if Path(f"/proc/{pid}").exists()]
    return status == 0 and not left and all(np.array_equal(arrays[key], expected[key]) for key in expected)


def _wait_for_others(launched: subprocess.Popen[bytes], before: set[int]) -> list[int]:
    """Wait for two processes other than those before, and return their ids, that of process 0 first."""
    listed = Path(f"/proc/{launched.pid}/task/{launched.pid}/children")
    while launched.poll() is None:
        children = [int(pid) for pid in listed.read_text().split()]
        if len(children) == 2 and not before & set(children):
            return children
        time.sleep(0.05)
    return []


def _looks(folder: Path) -> tuple[float, int]:
    """Return the seconds that one agreement takes, the shortest of some rounds, and how many each round had."""
    (folder / "agree.py").write_text(
        "import sys, time\n"
        "from fallline.engine.join import join, leave\n"
        "here = join('127.0.0.1:' + sys.argv[1], 2, int(sys.argv[2]), 60)\n"
        "here.agreed(0.0, None)\n"
        "times = []\n"
        "for _ in range(5):\n"
        "    began = time.perf_counter()\n"
        "    for _ in range(100): here.agreed(0.0, None)\n"
        "    times.append(time.perf_counter() - began)\n"
        "print('agreed in', min(times) / 100, flush=True)\n"
        "leave()\n"
    )
    from fallline.cli.launch import free_port

    port = str(free_port())
    both = [
        subprocess.Popen([sys.executable, "agree.py", port, place], cwd=folder, stdout=subprocess.PIPE, text=True)
        for place in ("0", "1")
    ]
    said = [process.communicate()[0] for process in both]
    found = re.search(r"agreed in (\S+)", said[0])
    assert found is not None
    return float(found[1]), 100
