"""A run of a race, saved at any of its looks and taken up by another group, ends as if it had never been put away."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.core.spec import Spec
from fallline.engine.alone import Alone
from fallline.engine.checkpoint import arrays_of, saved_from
from fallline.engine.contest import Contestant
from fallline.engine.grouping import Grouping
from fallline.engine.interrupt import Interrupt
from fallline.engine.lanes import Lanes

STEPS = 30
RNG = np.random.default_rng(2)
ROWS = RNG.normal(size=(24, 3)).astype(np.float32)
TRAIN, VALIDATION = (ROWS[:16], ROWS[:16].sum(1)), (ROWS[16:], ROWS[16:].sum(1))


def init(key: Any) -> dict[str, Any]:
    return {"w": jax.random.normal(key, (3,)), "clock": jnp.zeros(())}


def until(end: float, beyond: float) -> Any:
    """Return a loss whose clock moves by the rate at every step; from `end` on it is multiplied by `beyond`."""

    def loss(p: Any, batch: Any) -> Any:
        late = jax.lax.stop_gradient(p["clock"]) >= end
        return jnp.where(late, beyond, 1.0) * ((batch.x @ p["w"] - batch.y) ** 2) - p["clock"]

    return loss


def planned(loss: Any, way: str) -> Any:
    problem = fl.Problem(init=init, loss=loss, data=fl.Data(train=TRAIN, validation=VALIDATION))
    grouping = Grouping(problem, Spec("sgd", batch_size=4, steps=STEPS), way)
    return grouping.plan(fl.SGD(lr=0.1), 4)


def carried(group: Any, run: Contestant, stop: int = STEPS + 1) -> Any:
    """Take a run to its end, or until it is told of at step `stop` or later; return where it stands then."""
    interrupt = Interrupt()

    def told(run: Contestant) -> None:
        if run.record is None and run.step >= stop:
            interrupt.signal = 2

    group.carry([run], lambda: None, interrupt, told)
    return None if run.record is not None else group.standing(run)


@pytest.fixture(autouse=True)
def look_at_every_step(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fallline.engine.run.LOOK_SECONDS", 0)
    monkeypatch.setattr("fallline.engine.run.FIRST_STEPS", 1)


@pytest.mark.parametrize("way", ["threads", "vmap"])
@pytest.mark.parametrize("beyond", [1.0, float("nan"), 1e9], ids=["to the end", "not a number", "blown up"])
def test_a_run_taken_up_again_ends_as_it_would_have(way: str, beyond: float) -> None:
    """It fails at its 21st step, and is put away before that one too."""
    plan = planned(until(1.95, beyond), way)
    group: Any = Alone(plan) if way == "threads" else Lanes(plan, 3)
    group.prepare()
    if way == "vmap":
        group.chunk.capacity = 1
    whole = Contestant(fl.SGD(lr=0.1), 7, STEPS)
    assert carried(group, whole) is None
    other = Alone(plan) if way == "threads" else Lanes(plan, 3)
    other.prepare()
    stood = set()
    for stop in (2, 9, 18, 19, 20):
        first = Contestant(fl.SGD(lr=0.1), 7, STEPS)
        saved = carried(group, first, stop)
        group.leave(first)
        arrays = {name: np.array(array) for name, array in arrays_of(saved).items()}
        again = Contestant(fl.SGD(lr=0.1), 7, STEPS)
        again.stands(saved_from(arrays, saved.seconds, group.shapes))
        stood.add(again.step)
        carried(other, again)
        assert_same(again.record, whole.record)
    assert stood == ({1, 8, 17, 18, 19} if way == "threads" else {2, 9, 18, 19, 20})


def assert_same(one: Any, other: Any) -> None:
    assert (one.outcome, one.why) == (other.outcome, other.why)
    for table in ("history", "epochs", "arrays"):
        left, right = getattr(one, table), getattr(other, table)
        assert left.keys() == right.keys()
        for name in left.keys() - {"seconds"}:
            assert np.array_equal(left[name], right[name], equal_nan=True), (table, name)


@pytest.mark.parametrize("way", ["threads", "vmap"])
def test_a_run_that_stands_where_it_was_saved_can_be_eliminated(way: str) -> None:
    plan = planned(until(9.0, 1.0), way)
    group: Any = Alone(plan) if way == "threads" else Lanes(plan, 3)
    group.prepare()
    paused = Contestant(fl.SGD(lr=0.1), 7, 8)
    carried(group, paused)
    saved = group.standing(paused)
    group.eliminate(paused, "behind")
    again = Contestant(fl.SGD(lr=0.1), 7, 8)
    again.stands(saved_from(arrays_of(saved), saved.seconds, group.shapes))
    other: Any = Alone(plan) if way == "threads" else Lanes(plan, 3)
    other.prepare()
    if again.waits:
        carried(other, again)
    other.eliminate(again, "behind")
    assert again.record.outcome == "eliminated"
    assert_same(again.record, paused.record)
