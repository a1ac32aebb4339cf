"""A user's own code that fails in the middle: a loss, a progress callback, one run of a race."""

from __future__ import annotations

import threading

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_rows
from tests.faults.small import PROBLEM, X, Y, assert_same, assert_same_race, race, train

import fallline as fl


def choosy(bad: float) -> fl.Problem:
    """Return a problem whose loss raises when a batch has a target as large as `bad`."""

    def check(targets: np.ndarray) -> np.ndarray:
        if targets.max() >= bad:
            raise ValueError("such a target cannot be right")
        return np.zeros(targets.shape, np.float32)

    def loss(params, batch):
        shape = jax.ShapeDtypeStruct(batch.y.shape, jnp.float32)
        return squared_rows(params, batch) + jax.pure_callback(check, shape, batch.y, vmap_method="sequential")

    return fl.Problem(init=line, loss=loss, predict=fit, data=(X, Y))


def test_a_loss_that_raises_at_a_later_step_leaves_what_came_before(tmp_path):
    """In the order of the rows the bad one comes late in the epoch; with the loss mended, the run goes on."""

    def go(problem, **more):
        return fl.train(
            problem, fl.SGD(lr=0.01), batch_size=2, epochs=3, sampling="sequential", checkpoint_steps=5, **more
        )

    out = tmp_path / "run"
    with pytest.raises(jax.errors.JaxRuntimeError, match="such a target cannot be right") as caught:
        go(choosy(float(Y.max())), out=out)
    assert any("The run up to step" in note for note in caught.value.__notes__)
    assert_same(fl.resume(out, choosy(np.inf)), go(choosy(np.inf)))


def failing(progress) -> None:
    if progress.step >= 50:
        raise ZeroDivisionError("in a callback of my own")


def test_a_progress_callback_that_raises_leaves_a_run_that_goes_on(tmp_path):
    with pytest.raises(ZeroDivisionError, match="of my own") as caught:
        train(tmp_path / "run", progress=failing)
    assert any("fl.resume(" in note for note in caught.value.__notes__)
    kept = fl.load(tmp_path / "run")
    assert kept.outcome == "interrupted"
    assert "ZeroDivisionError at step" in kept.why
    assert_same(fl.resume(tmp_path / "run", PROBLEM), train())


@pytest.mark.parametrize("lanes", ["threads", "vmap"])
def test_a_race_whose_progress_callback_raises_goes_on(tmp_path, lanes):
    looks = []

    def fails(progress) -> None:
        looks.append(progress)
        if progress.done >= 3:
            raise ZeroDivisionError("in a callback of my own")

    before = threading.active_count()
    with pytest.raises(ZeroDivisionError, match="of my own"):
        race(tmp_path / "race", progress=fails, lanes=lanes)
    assert threading.active_count() == before
    assert_same_race(race(tmp_path / "race", lanes=lanes), race(lanes=lanes))


@pytest.mark.parametrize("lanes", ["threads", "vmap"])
def test_a_run_that_is_no_longer_finite_leaves_the_others_bit_for_bit(lanes):
    """The same places side by side, one of them with a rate that blows up after some steps."""
    choices = {"lanes": lanes, "final_seeds": 0}
    well, ill = race(lr=[0.001, 0.01], **choices), race(lr=[0.001, 1.9], **choices)
    assert {record.outcome for record in well.records} == {"finished"}
    compared = 0
    for ours, theirs, lr in zip(ill.records, well.records, ill.runs["lr"], strict=True):
        if lr == 0.001:
            assert_same(ours, theirs)
            compared += 1
        else:
            assert ours.outcome in ("nonfinite", "diverged")
            assert 1 < len(ours.history["loss"]) < len(theirs.history["loss"])
    assert compared == len(ill.records) // 2
