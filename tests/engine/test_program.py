"""Compiled programs: found again, and made with whatever options the compiler knows."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.engine.program import clock, compiled


def test_the_same_computation_is_compiled_once_whatever_was_captured():
    def program(captured):
        return compiled(lambda x: x * captured + 3.25, jnp.ones(5))

    first = program(jnp.full(5, 2.0))
    before = clock.programs
    second = program(jnp.full(5, 7.0))
    assert clock.programs == before
    np.testing.assert_array_equal(first(jnp.ones(5)), 5.25)
    np.testing.assert_array_equal(second(jnp.ones(5)), 10.25)


def test_an_argument_that_is_not_used_keeps_its_place():
    one = compiled(lambda a, b: a - 1.5, jnp.ones(3), jnp.ones(3))
    two = compiled(lambda a, b: b - 1.5, jnp.ones(3), jnp.ones(3))
    assert float(one(jnp.full(3, 10.0), jnp.full(3, 20.0))[0]) == 8.5
    assert float(two(jnp.full(3, 10.0), jnp.full(3, 20.0))[0]) == 18.5


@pytest.mark.parametrize("refused", [("xla_no_such_option", "on"), ("xla_cpu_prefer_vector_width", "no number")])
def test_options_that_the_compiler_does_not_take_are_left_out(refused):
    options = (("xla_backend_optimization_level", 0), refused)
    run = compiled(lambda x: x + 0.125, jnp.ones(2), options=options)
    assert float(run(jnp.ones(2))[0]) == 1.125


def test_a_donated_argument_gives_up_its_memory():
    run = compiled(lambda s, x: (s + x, x), jnp.ones(4), jnp.ones(4), donate=0)
    state, x = jnp.ones(4), jnp.ones(4)
    after, _ = run(state, x)
    np.testing.assert_array_equal(after, 2)
    assert state.is_deleted()
    assert not x.is_deleted()


def test_a_program_compiled_without_optimisation_is_not_used_with_it(by_rows):
    jax.config.update("jax_disable_most_optimizations", True)
    try:
        fl.train(by_rows, fl.SGD(lr=0.1), steps=3)
    finally:
        jax.config.update("jax_disable_most_optimizations", False)
    before = clock.programs
    fl.train(by_rows, fl.SGD(lr=0.1), steps=3)
    assert clock.programs > before


def test_a_program_that_calls_back_keeps_to_its_own_function():
    """The text of such a program is the same whichever function it calls."""

    def towards(goal):
        def loss(params, batch):
            shape = jax.ShapeDtypeStruct((), jnp.float32)
            told = jax.pure_callback(lambda at: np.float32(goal), shape, jax.lax.stop_gradient(params))
            return (params - told) ** 2

        return fl.Problem(init=lambda key: jnp.zeros(()), loss=loss)

    found = [float(fl.train(towards(goal), fl.SGD(lr=0.5), steps=2).params) for goal in (1.0, 5.0)]
    assert found == [1.0, 5.0]
