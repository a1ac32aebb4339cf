from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fallline.core.schedule import Schedule

Values = Callable[[Schedule, int], np.ndarray]


@jax.jit
def along(schedule: Schedule, times: jax.Array) -> jax.Array:
    return jax.vmap(schedule)(times)


@pytest.fixture(scope="session")
def values() -> Values:
    """A schedule's values at its first steps, in double precision."""

    def first(schedule: Schedule, count: int) -> np.ndarray:
        with jax.enable_x64(True):
            return np.asarray(along(schedule, jnp.arange(count, dtype=float)))

    return first
