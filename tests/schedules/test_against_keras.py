"""The same values as keras's schedules, to the float32 in which keras computes whatever it is given."""

from __future__ import annotations

import os
from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fallline.core.schedule import Schedule
from fallline.schedules.cosine import Cosine
from fallline.schedules.cosine_restarts import CosineRestarts
from fallline.schedules.exponential import Exponential
from fallline.schedules.inverse_time import InverseTime
from fallline.schedules.piecewise import Piecewise
from fallline.schedules.polynomial import Polynomial

os.environ.setdefault("KERAS_BACKEND", "jax")
schedules = pytest.importorskip("keras.optimizers.schedules")

PAIRS: dict[str, tuple[Schedule, str, dict[str, object]]] = {
    "exponential": (Exponential(0.3, 0.9, every=7), "ExponentialDecay", {"decay_steps": 7, "decay_rate": 0.9}),
    "exponential in steps": (
        Exponential(0.3, 0.9, every=7, staircase=True),
        "ExponentialDecay",
        {"decay_steps": 7, "decay_rate": 0.9, "staircase": True},
    ),
    "inverse time": (InverseTime(0.3, 0.5, every=7), "InverseTimeDecay", {"decay_steps": 7, "decay_rate": 0.5}),
    "inverse time in steps": (
        InverseTime(0.3, 0.5, every=7, staircase=True),
        "InverseTimeDecay",
        {"decay_steps": 7, "decay_rate": 0.5, "staircase": True},
    ),
    "polynomial": (
        Polynomial(0.3, 120, power=2.5, end=0.1),
        "PolynomialDecay",
        {"decay_steps": 120, "end_learning_rate": 0.03, "power": 2.5},
    ),
    "cosine": (Cosine(0.3, 120, end=0.1), "CosineDecay", {"decay_steps": 120, "alpha": 0.1}),
    "restarts": (
        CosineRestarts(0.3, 16, growth=2, factor=0.5, end=0.1),
        "CosineDecayRestarts",
        {"first_decay_steps": 16, "t_mul": 2.0, "m_mul": 0.5, "alpha": 0.1},
    ),
    "even restarts": (
        CosineRestarts(0.3, 16, factor=0.5, end=0.1),
        "CosineDecayRestarts",
        {"first_decay_steps": 16, "t_mul": 1.0, "m_mul": 0.5, "alpha": 0.1},
    ),
}


def along(theirs: Callable[[jax.Array], jax.Array], count: int) -> np.ndarray:
    # Not compiled: t / 120 becomes t · (1 / 120) then, just above 1 at 120, and their power of what is left a NaN.
    return np.asarray(jax.vmap(theirs)(jnp.arange(count, dtype=jnp.float32)))


@pytest.mark.parametrize("name", PAIRS)
def test_the_values_are_kerass(name: str, values) -> None:
    schedule, theirs, options = PAIRS[name]
    expected = along(getattr(schedules, theirs)(0.3, **options), 150)
    np.testing.assert_allclose(values(schedule, 150), expected, rtol=1e-5, atol=1e-7)


def test_kerass_length_leaves_out_the_warm_up(values) -> None:
    theirs = schedules.CosineDecay(0.06, decay_steps=100, alpha=0.1, warmup_target=0.3, warmup_steps=20)
    ours = values(Cosine(0.3, steps=120, warmup=20, end=0.1, start=0.2), 150)
    np.testing.assert_allclose(ours, along(theirs, 150), rtol=1e-5)


def test_kerass_pieces_change_one_step_after_their_boundary(values) -> None:
    theirs = schedules.PiecewiseConstantDecay([5, 20], [0.3, 0.15, 0.03])
    expected = along(theirs, 40)
    ours = Piecewise(0.3, boundaries=(5, 20), factors=(0.5, 0.1))
    np.testing.assert_allclose(values(ours, 39), expected[1:], rtol=1e-6)
    np.testing.assert_allclose(values(ours.replace(boundaries=(6, 21)), 40), expected, rtol=1e-6)
