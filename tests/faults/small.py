"""A small problem that every fault befalls, what it ends with, and disks that are full or cannot be written."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_rows

import fallline as fl

_draw = np.random.default_rng(0)
X = _draw.normal(size=(60, 3)).astype(np.float32)
Y = X.sum(1) + _draw.normal(size=60).astype(np.float32)


def start(key: Any) -> dict[str, Any]:
    """Parameters with so many idle ones among them that checkpoints are what a disk is filled with."""
    return {**line(key), "idle": jnp.zeros(4000)}


PROBLEM = fl.Problem(
    init=start, loss=squared_rows, predict=fit, data=fl.Data(train=(X[:50], Y[:50]), validation=(X[50:], Y[50:]))
)
METHOD = fl.Momentum(lr=0.01)
CHOICES = {"batch_size": 8, "epochs": 20, "checkpoint_steps": 25}


def train(out: Path | None = None, **more: Any) -> fl.Record:
    return fl.train(PROBLEM, METHOD, **{**CHOICES, **more}, out=out)


def race(out: Path | None = None, **more: Any) -> Any:
    choices = {"lr": [0.001, 0.01], "seeds": 3, "final_seeds": 3, "batch_size": 8, "epochs": 4, "lanes": "threads"}
    return fl.compare(PROBLEM, [fl.SGD, fl.Momentum], **{**choices, **more}, out=out)


def at_step(step: int, do: Any) -> Any:
    """Return a callback that does something once, at the first look after so many steps."""
    left = [do]

    def callback(look: Any) -> None:
        if look.step >= step and left:
            left.pop()()

    return callback


def kept(out: Path, copy: Path, least: int) -> Any:
    """Return what copies a run's folder, once it has so many checkpoints at least and its thread rests."""

    def keep() -> None:
        place = out / "checkpoints"
        while len(list(place.glob("step-*"))) not in range(least, 3) or left_overs(place):
            time.sleep(0.001)
        shutil.copytree(out, copy)

    return keep


def assert_same(one: fl.Record, two: fl.Record) -> None:
    """Assert that two records are the same to the last bit, clocks left out."""
    assert (one.outcome, one.why, one.test) == (two.outcome, two.why, two.test)
    for part in ("history", "epochs", "arrays", "model_arrays", "tables"):
        left, right = getattr(one, part), getattr(two, part)
        assert set(left) == set(right)
        for name in left.keys() - {"seconds"}:
            assert left[name].dtype == right[name].dtype
            assert left[name].tobytes() == right[name].tobytes(), (part, name)


def assert_same_race(one: Any, two: Any) -> None:
    """Assert that two races have the same runs and the same table to the last bit, clocks left out."""
    clocks = ["seconds_to_target"]
    assert one.table.drop(clocks).equals(two.table.drop(clocks), null_equal=True)
    for left, right in zip(one.records, two.records, strict=True):
        assert left.spec == right.spec
        for name in left.history.keys() - {"seconds"}:
            assert left.history[name].tobytes() == right.history[name].tobytes()


def left_overs(folder: Path) -> list[Path]:
    """Return temporary files that stayed."""
    return list(folder.rglob(".*.tmp"))


@contextlib.contextmanager
def small_disk(folder: Path, size: str) -> Iterator[Any]:
    """Make a folder a disk of its own of some size; yields what gives it more room."""
    folder.mkdir()
    _mount("-t", "tmpfs", "-o", f"size={size}", "tmpfs", folder)
    try:
        yield lambda: _mount("-o", "remount,size=50m", folder)
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """Let nobody write in a folder, as long as it lasts; who may write everywhere is held back by the system."""
    if os.geteuid() != 0:
        folder.chmod(0o500)
        yield
        folder.chmod(0o700)
        return
    _mount("--bind", folder, folder)
    try:
        _mount("-o", "remount,ro,bind", folder)
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


def _mount(*words: Any) -> None:
    for _ in range(100):
        done = subprocess.run(["mount", *map(str, words)], capture_output=True, text=True)
        if "busy" not in done.stderr:  # a thread is writing there
            break
        time.sleep(0.02)
    if done.returncode:
        pytest.skip(f"no disks can be made here: {done.stderr.strip()}")
