"""Batches too small and too large, where rows are points and the loss half the squared distance to them.

There everything has a closed form: gᵢ = w − cᵢ, Σ = cov(c), ‖G‖² = ‖w − c̄‖², and with independent draws of B rows at
the rate lr the weights come to rest with an excess loss of ½ lr / (2 − lr) tr Σ / B over the least, ½ tr Σ.
"""

from __future__ import annotations

import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.findings.case import Case
from fallline.findings.causes.batch_too_large import BatchTooLarge
from fallline.findings.causes.batch_too_small import BatchTooSmall
from fallline.findings.causes.lr_too_large import LrTooLarge

POINTS = np.random.default_rng(0).normal(size=(1000, 4)).astype(np.float32)
POINTS -= POINTS.mean(axis=0)
SPREAD = float(POINTS.var(axis=0).sum())


def centre(distance: float) -> fl.Problem:
    """Return the problem to find the points' mean, from a place so far from it."""
    return fl.Problem(
        init=lambda key: jnp.array([distance, 0.0, 0.0, 0.0]),
        loss=lambda w, batch: 0.5 * jnp.sum((w - batch.x) ** 2, axis=1),
        data=POINTS,
    )


def train(distance: float, lr: float, batch_size: int | str, steps: int) -> Case:
    method = fl.SGD(lr=lr)
    return Case(
        fl.train(centre(distance), method, batch_size=batch_size, steps=steps, sampling="replacement")
        if batch_size != "full"
        else fl.train(centre(distance), method, batch_size="full", steps=steps)
    )


def test_single_rows_at_a_large_rate_come_to_rest_on_a_floor_of_noise():
    lr = 1.6
    case = train(3.0, lr, 1, 2000)
    found = BatchTooSmall().judge(case)
    assert found.evidence["loss"] == pytest.approx(0.5 * SPREAD * (1 + lr / (2 - lr)), rel=0.15)
    assert found.evidence["loss_tried"] == pytest.approx(0.5 * SPREAD * (1 + lr / (2 - lr) / 16), rel=0.15)
    assert found.remedy.batch_size == 16
    assert LrTooLarge().judge(case) is None  # the rate is fine without the noise: below 2 / λ = 2


def test_noise_that_raises_the_loss_a_little_is_healthy():
    case = train(3.0, 0.2, 1, 400)
    assert BatchTooSmall().judge(case) is None
    assert LrTooLarge().judge(case) is None


def test_all_rows_for_a_few_steps_are_a_waste():
    case = train(30.0, 0.1, "full", 20)
    found = BatchTooLarge().judge(case)
    assert found.evidence["noise_scale"] == pytest.approx(SPREAD / 30.0**2, rel=0.02)
    assert found.evidence["loss"] == pytest.approx(0.5 * (SPREAD + 900 * 0.9**38), rel=0.1)
    assert found.remedy.batch_size == 32
    assert found.remedy.steps == 625  # as many samples
    mended = fl.train(centre(30.0), found.remedy.method, batch_size=32, steps=625)
    assert case.losses[-1] > 2 * mended.history["loss"][-50:].mean()


@pytest.mark.parametrize(("lr", "batch_size", "steps"), [(0.5, "full", 20), (0.1, 32, 20), (0.1, "full", 100)])
def test_batches_are_no_waste_where_the_run_is_done_or_they_are_small(lr, batch_size, steps):
    assert BatchTooLarge().judge(train(30.0, lr, batch_size, steps)) is None
