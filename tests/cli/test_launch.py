"""Several processes that train together: killed, stopped, and never come; each test starts real ones."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import fallline as fl

PROBLEM = """
import jax.numpy as jnp
import numpy as np
import fallline as fl

x = np.random.default_rng(0).normal(size=(64, 3)).astype(np.float32)
problem = fl.Problem(
    init=lambda key: {"w": jnp.zeros(3), "b": jnp.zeros(())},
    loss=lambda p, batch: (jnp.tanh(batch.x @ p["w"] + p["b"]) - batch.y) ** 2,
    data=(x, np.sin(x @ np.array([1, -2, 3], np.float32))),
)
"""
STEPS = 1200
TRAIN = ["problem.py:problem", "--method", "adam(lr=0.01)", "--batch", 8, "--steps", STEPS, "--reproducible"]
SECONDS = 60


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start a command in a folder that holds the problem; none outlives the test."""
    (tmp_path / "problem.py").write_text(PROBLEM)
    started = []

    def start(*words: object) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "fallline", *map(str, words)]
        pipe = subprocess.PIPE
        started.append(subprocess.Popen(command, cwd=tmp_path, stdout=pipe, stderr=pipe, text=True))
        return started[-1]

    yield start
    for process in started:
        process.kill()
        process.communicate()


def soon(found: Callable[[], Any]) -> Any:
    """Wait until something is found."""
    until = time.monotonic() + SECONDS
    while not (value := found()):
        assert time.monotonic() < until, "it never came"
        time.sleep(0.02)
    return value


def checkpoints(run: Path) -> set[str]:
    return {file.name for file in run.glob("checkpoints/step-*")}


def child(launcher: subprocess.Popen[str], number: int) -> int | None:
    """Return the process id of one of the launched processes, if there is one."""
    end = f"--process\0{number}\0".encode()
    for pid in Path(f"/proc/{launcher.pid}/task/{launcher.pid}/children").read_text().split():
        with contextlib.suppress(OSError):
            if Path(f"/proc/{pid}/cmdline").read_bytes().endswith(end):
                return int(pid)
    return None


def kill(launcher: subprocess.Popen[str], number: int, run: Path, dead: int | None = None) -> int:
    """Kill one of the processes once they have written a checkpoint more, and others than the dead one are there."""
    soon(lambda: child(launcher, 0) not in (None, dead))
    before = checkpoints(run)
    soon(lambda: checkpoints(run) - before)
    pid = soon(lambda: child(launcher, number))
    os.kill(pid, signal.SIGKILL)
    return pid


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are found through /proc")
def test_whichever_process_is_killed_the_run_ends_as_if_none_had_been(start, tmp_path):
    launcher = start("launch", "--nproc", 2, "--", "train", *TRAIN, "--checkpoint-steps", 50, "--out", "run")
    kill(launcher, 1, tmp_path / "run", dead=kill(launcher, 0, tmp_path / "run"))
    problem = fl.problems.from_file(f"{tmp_path / 'problem.py'}:problem")
    uninterrupted = fl.train(problem, fl.Adam(lr=0.01), batch_size=8, steps=STEPS, reproducible=True)
    out, err = launcher.communicate(timeout=SECONDS)
    assert launcher.returncode == 0, err
    assert out.count("going on with run") == 2
    assert all(f"process {number} was ended by SIGKILL" in err for number in (0, 1))
    ended = fl.load(tmp_path / "run")
    assert (ended.provenance["processes"], ended.provenance["devices"], len(ended.history["step"])) == (2, 2, STEPS)
    np.testing.assert_array_equal(ended.history["loss"], uninterrupted.history["loss"])
    for name, array in uninterrupted.arrays.items():
        np.testing.assert_array_equal(ended.arrays[name], array)


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are found through /proc")
def test_ctrl_c_is_passed_on_and_leaves_no_process_behind(start):
    launcher = start("launch", "--nproc", 2, "--", "train", *TRAIN)
    children = [soon(lambda number=number: child(launcher, number)) for number in (0, 1)]
    launcher.send_signal(signal.SIGINT)
    _, err = launcher.communicate(timeout=SECONDS)
    assert launcher.returncode == 128 + signal.SIGINT, err
    assert "starting all" not in err
    assert not any(Path(f"/proc/{pid}").exists() for pid in children)


def test_a_bad_command_is_refused_once_and_not_tried_again(start):
    launcher = start("launch", "--nproc", 2, "--", "train", "iris", "--batch", "0")
    _, err = launcher.communicate(timeout=SECONDS)
    assert (launcher.returncode, err.count("\n"), "--batch 0" in err) == (2, 1, True), err


def test_a_process_that_nobody_meets_says_whom_it_waits_for(start, tmp_path):
    port = free_port()
    place = ["--distributed", "--coordinator", f"127.0.0.1:{port}", "--processes", 2, "--wait", 1]
    first = start("train", *TRAIN, *place, "--process", 0)
    alone = ["--distributed", "--coordinator", f"127.0.0.1:{free_port()}", "--processes", 2, "--wait", 1]
    second = start("train", *TRAIN, *alone, "--process", 1)
    _, err = first.communicate(timeout=SECONDS)
    assert first.returncode == 75
    assert f"not all 2 processes came to 127.0.0.1:{port} within 1 s" in err
    _, err = second.communicate(timeout=SECONDS)
    assert second.returncode == 75
    assert f"{alone[2]} did not answer for 1 s" in err
    assert not list(tmp_path.glob("runs/*"))


def free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def test_a_wrong_place_is_refused_before_anything_begins(fallline):
    for words, said in [
        (["--process", 1], "--process is for a training of several processes: add --distributed."),
        (["--distributed", "--coordinator", "here"], "--coordinator here: the address of process 0 and a free port"),
        (["--distributed", "--processes", 2, "--process", 2], "--process 2: processes are counted from 0 to 1."),
        (["--distributed", "--processes", 0], "--processes 0: there is one at least."),
    ]:
        ran = fallline("train", "iris", "--lr", 0.1, *words)
        assert (ran.status, said in ran.err) == (2, True), ran.err
    with socket.create_server(("127.0.0.1", 0)) as taken:
        here = f"127.0.0.1:{taken.getsockname()[1]}"
        place = ["--distributed", "--coordinator", here, "--processes", 2, "--process", 0]
        ran = fallline("train", "iris", "--lr", 0.1, *place)
    assert ran.status == 2
    assert f"{here}: process 0 cannot listen there" in ran.err
    assert "launch starts `train` in several processes" in fallline("launch", "--", "compare", "iris").err
