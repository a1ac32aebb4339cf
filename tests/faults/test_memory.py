"""More memory than there is."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.faults.small import PROBLEM, assert_same, at_step, train

import fallline as fl
from fallline.core.errors import OutOfMemory

WIDE = 1_000_000


def outer(params, batch):
    """Four terabytes on the way to a number."""
    still = jax.lax.stop_gradient(params)
    return jnp.sort(jnp.outer(still, still), axis=0)[3].sum() + params.sum()


def test_a_step_that_needs_more_than_there_is_is_refused_before_it_is_taken(tmp_path):
    problem = fl.Problem(init=lambda key: jnp.ones(WIDE), loss=outer)
    steps: list[int] = []
    with pytest.raises(OutOfMemory, match=r"a compiled step needs \d.* TB of memory, and .* are free\. Take a smaller"):
        fl.train(problem, fl.SGD(lr=0.1), steps=3, progress=lambda progress: steps.append(progress.step))
    assert not steps


def test_a_race_says_so_too():
    problem = fl.Problem(init=lambda key: jnp.ones(WIDE), loss=outer)
    with pytest.raises(OutOfMemory, match="of memory"):
        fl.compare(problem, [fl.SGD], lr=[0.1, 0.2], seeds=1, steps=2, lanes="threads")


@pytest.mark.parametrize(
    ("take", "asked"),
    [
        (lambda: jax.jit(outer)(jnp.ones(WIDE), None).block_until_ready(), r"\d.* TB more"),
        (lambda: np.ones((WIDE, WIDE)), "Unable to allocate"),
    ],
)
def test_memory_that_runs_out_later_is_told_in_words_and_the_run_is_kept(tmp_path, take, asked):
    """By JAX, or by Python, in the middle of a run with a folder."""
    out = tmp_path / "run"
    with pytest.raises(OutOfMemory, match=rf"memory ran out: {asked}.* Take a smaller batch_size") as caught:
        train(out, callbacks=[at_step(50, take)])
    assert isinstance(caught.value, MemoryError)
    assert any("The run up to step" in note for note in caught.value.__notes__)
    assert_same(fl.resume(out, PROBLEM), train())
