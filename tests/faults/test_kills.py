"""Processes that are killed in the middle, again and again, and begun again: the short form of `make torture`."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from benchmarks import killed
from tests.faults import small

import fallline as fl

KILLS = 2


def training(folder: Path) -> None:
    choices = {"batch_size": 8, "epochs": 400, "checkpoint_steps": 40}
    killed.trained(folder, small.PROBLEM, small.METHOD, **choices, progress=lambda progress: time.sleep(0.02))


def racing(folder: Path) -> None:
    choices = {"lr": [0.001, 0.01, 0.1], "seeds": 3, "final_seeds": 2, "batch_size": 8, "epochs": 200}
    killed.raced(folder, small.PROBLEM, [fl.SGD], checkpoint_seconds=0.05, elimination="halving", **choices)


def after(files: int, draw: random.Random) -> Callable[[Path], None]:
    """Return what waits until so many more files have been written, and a moment that is drawn."""

    def wait(folder: Path) -> None:
        there, until = set(folder.rglob("*.safetensors")), time.monotonic() + 60
        while len(set(folder.rglob("*.safetensors")) - there) < files and time.monotonic() < until:
            time.sleep(killed.POLL)
        time.sleep(draw.uniform(0, 0.03))

    return wait


@pytest.mark.parametrize("work", [training, racing])
def test_after_kills_in_the_middle_the_end_is_the_same(tmp_path, work):
    draw = random.Random(0)
    work(tmp_path / "alone")
    for _ in range(KILLS):
        assert killed.killed(work, tmp_path / "killed", after(1, draw))
        assert not killed.ended(tmp_path / "killed")
    work(tmp_path / "killed")
    assert killed.end(tmp_path / "killed") == killed.end(tmp_path / "alone")
    assert not killed.half_written(tmp_path / "killed")
