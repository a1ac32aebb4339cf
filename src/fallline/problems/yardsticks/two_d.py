"""Functions of two variables with noise, as DeepOBS makes them."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.core.problem import Batch, Data, Problem
from fallline.core.surface import Point, Surface
from fallline.problems.yardsticks.deepobs import whole_batches

ROWS = 10_000


def noisy(surface: Surface, start: Point) -> Problem:
    """Return a surface with a random slope a row.

    loss((u, v), (x, y)) = f(u, v) + u · x + v · y

    x and y are standard normal, 10,000 rows in the training and in the validation part (of which whole batches count);
    the one row of the test part is 0, so that its loss is f itself.

    Args:
        surface: f.
        start: where every run begins.
    """

    def init(key: Any) -> Any:
        import jax.numpy as jnp

        return jnp.array(start, jnp.float32)

    def loss(params: Any, batch: Batch) -> Any:
        import jax.numpy as jnp

        return surface.value(jnp, params) + params[0] * batch.x + params[1] * batch.y

    return Problem(
        init,
        loss,
        data=Data(_draws(42), validation=tuple(map(whole_batches, _draws(44))), test=(np.zeros(1), np.zeros(1))),
    )


def _draws(seed: int) -> tuple[Any, Any]:
    x, y = np.random.RandomState(seed).normal(0, 1, (2, ROWS)).astype(np.float32)
    return x, y
