from __future__ import annotations

import jax
import jax.numpy as jnp
import pytest

from fallline.schedules.constant import Constant
from fallline.schedules.exponential import Exponential


@pytest.mark.parametrize("t", [0, 3, 3.0, jnp.int32(3), jnp.float32(3)])
def test_a_schedule_is_a_function_of_the_steps_taken(t: object) -> None:
    value = Exponential(8.0, decay=0.5)(t)
    assert isinstance(value, jax.Array)
    assert value == (8.0 if t == 0 else 1.0)


def test_its_numbers_may_be_schedules_and_traced() -> None:
    decayed = jax.vmap(lambda decay: Exponential(Constant(8.0), decay)(2))(jnp.array([0.5, 0.25]))
    assert decayed.tolist() == [2.0, 0.5]
