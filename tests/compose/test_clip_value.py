from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.compose.paths import assert_close

import fallline as fl


@pytest.mark.parametrize("limit", [1e-3, 0.7, 100.0])
def test_it_is_optaxs(gradients: list[Any], limit: float) -> None:
    optax = pytest.importorskip("optax")
    ours, theirs = fl.ClipValue(limit), optax.clip(limit)
    with jax.enable_x64(True):
        for g in jax.tree.map(jnp.asarray, gradients):
            assert_close(ours.update(g, ours.init(g))[0], theirs.update(g, theirs.init(g))[0], rtol=0.0)


def test_it_is_torchs() -> None:
    torch = pytest.importorskip("torch")
    w = torch.zeros(3)
    w.grad = torch.tensor([0.1, -7.0, 0.5])
    torch.nn.utils.clip_grad_value_([w], 0.5)
    clip, g = fl.ClipValue(0.5), np.array([0.1, -7.0, 0.5], np.float32)
    np.testing.assert_array_equal(clip.update(g, clip.init(g))[0], w.grad.numpy())


def test_infinite_gradients_are_cut_and_no_number_stays_none() -> None:
    clip, g = fl.ClipValue(0.5), np.array([np.inf, -np.inf, np.nan])
    np.testing.assert_array_equal(clip.update(g, clip.init(g))[0], [0.5, -0.5, np.nan])
