"""Checkpoints are written while the steps go on, and what is wrong with one is never lost."""

from __future__ import annotations

import threading
import time

import jax.numpy as jnp
import numpy as np
import pytest

from fallline.core.errors import RunError
from fallline.core.spec import Spec
from fallline.engine.checkpoint import Keeper, Saved, restore
from fallline.engine.log import Log
from fallline.engine.mark import Mark
from fallline.engine.step import first_state
from fallline.methods.sgd import SGD
from fallline.record import checkpoint

START = Mark(SGD(lr=jnp.float32(0.1)), first_state(SGD(lr=0.1), {"w": jnp.arange(3.0)}, None))


def saved(step: int) -> Saved:
    """Where a run stands after so many steps, known from their number."""
    log = Log()
    log.add({"loss": np.arange(step, dtype=np.float32)}, (0.0, 1.0))
    state = START.state._replace(params={"w": jnp.full(3, step, jnp.float32)}, step=jnp.int32(step))
    return Saved(START._replace(state=state), None, log, step / 10)


@pytest.fixture
def gate(monkeypatch):
    """Holds every write back until it is opened."""
    gate, save = threading.Event(), checkpoint.save

    def held(*args):
        assert gate.wait(20)
        return save(*args)

    monkeypatch.setattr(checkpoint, "save", held)
    return gate


def steps(folder) -> list[int]:
    return sorted(int(path.name[5:14]) for path in folder.glob("checkpoints/step-*"))


def test_the_steps_go_on_while_a_checkpoint_is_written(tmp_path, gate):
    keeper = Keeper(tmp_path, Spec("sgd", checkpoint_seconds=0), 0)
    at_five = saved(5)
    keeper(at_five)
    at_five.log.add({"loss": np.ones(4, np.float32)}, (1.0, 2.0))
    assert not keeper.due(saved(6))  # the disk is slower than that
    assert (keeper.kept, steps(tmp_path)) == (0, [])
    gate.set()
    keeper.close()
    assert (keeper.kept, steps(tmp_path)) == (5, [5])
    found = restore(tmp_path, START)
    assert (found.at.step, found.seconds) == (5, 0.5)
    np.testing.assert_array_equal(found.log.steps()["loss"], np.arange(5))
    np.testing.assert_array_equal(found.at.state.params["w"], [5, 5, 5])


def test_by_steps_none_is_left_out_however_slow_the_disk(tmp_path, gate):
    keeper = Keeper(tmp_path, Spec("sgd", checkpoint_steps=2, keep_checkpoints=9), 0)
    threading.Timer(0.05, gate.set).start()
    for step in range(1, 8):
        keeper(saved(step))
    keeper.close()
    assert steps(tmp_path) == [2, 4, 6]


def test_the_newest_few_stay(tmp_path):
    keeper = Keeper(tmp_path, Spec("sgd", keep_checkpoints=3), 0)
    for step in range(1, 7):
        keeper.save(saved(step))
    keeper.close()
    assert steps(tmp_path) == [4, 5, 6]


def look_until_due(keeper: Keeper) -> None:
    until = time.monotonic() + 60
    while not keeper.due(saved(4)):
        assert time.monotonic() < until


@pytest.mark.parametrize(
    "look", [look_until_due, lambda keeper: keeper.begin(saved(4)), lambda keeper: keeper.save(saved(4)), Keeper.close]
)
def test_what_is_wrong_with_a_write_is_raised_at_the_next_look_and_once(tmp_path, look):
    keeper = Keeper(tmp_path, Spec("sgd", checkpoint_seconds=0), 0)
    keeper.save(saved(2))
    (tmp_path / "checkpoints").rename(tmp_path / "away")
    (tmp_path / "checkpoints").touch()
    keeper.begin(saved(3))
    with pytest.raises(RunError, match=r"cannot write .*checkpoints"):
        look(keeper)
    assert keeper.kept == 2
    keeper.close()


def test_a_run_without_a_folder_keeps_none():
    keeper = Keeper(None, Spec("sgd", checkpoint_seconds=0), 0)
    assert not keeper.due(saved(3))
    keeper.save(saved(3))
    keeper.close()
    assert keeper.kept == 0
