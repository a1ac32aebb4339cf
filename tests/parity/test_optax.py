"""The same path as optax's transformations."""

from __future__ import annotations

import inspect
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.compiling import lightly
from tests.parity.cases import STEPS, Case, assert_equal_paths, cases, gradients, our_path, start, target_of

from fallline.core.schedule import Schedule
from fallline.methods.adam import Adam

optax = pytest.importorskip("optax")


def takes_schedules(target: str) -> bool:
    """Return whether a factory's rate may be a schedule; some take a number only."""
    return "Callable" in str(inspect.signature(target_of(target)).parameters["learning_rate"].annotation)


CASES = {
    name: case
    for name, case in cases("optax")
    if not isinstance(case.options.get("learning_rate"), Schedule) or takes_schedules(case.target)
}


def their_path(case: Case) -> Any:
    """Return optax's points; our schedules count in float64, where optax's own count in float32."""
    optimizer = optax.with_extra_args_support(target_of(case.target)(**case.options))

    def step(carry: Any, g: Any) -> Any:
        w, state = carry

        def loss(at: Any) -> Any:
            return sum(jnp.sum(at[name] * g[name]) for name in g)

        updates, state = optimizer.update(g, state, w, value=loss(w), grad=g, value_fn=loss)
        w = optax.apply_updates(w, updates)
        return (w, state), reported(w, state)

    def path(w: Any, gradients: Any) -> Any:
        return jax.lax.scan(step, (w, optimizer.init(w)), gradients)[1]

    points = lightly(path)(start(), jax.tree.map(lambda *gs: np.stack(gs), *gradients()))
    return [{name: np.asarray(points[name])[k] for name in points} for k in range(STEPS)]


def reported(w: Any, state: Any) -> Any:
    """Return the point that optax reports: where the gradient is taken, but for schedule_free."""
    found = [s for s in jax.tree.leaves(state, is_leaf=is_schedule_free) if is_schedule_free(s)]
    return optax.contrib.schedule_free_eval_params(found[0], w) if found else w


def is_schedule_free(state: Any) -> bool:
    return isinstance(state, optax.contrib.ScheduleFreeState)


def test_a_method_is_a_link_in_an_optax_chain() -> None:
    adam = Adam(lr=0.1)
    links = optax.GradientTransformationExtraArgs(adam.init, adam.update), optax.adam(0.1)
    found = []
    with jax.enable_x64(True):
        for link in links:
            chain = optax.chain(optax.clip_by_global_norm(0.5), link)

            def path(w: Any, gradients: list[Any], chain: Any = chain) -> Any:
                state = chain.init(w)
                for g in gradients:
                    updates, state = chain.update(g, state, w)
                    w = optax.apply_updates(w, updates)
                return w

            found.append(lightly(path)(start(), gradients()[:10]))
    for name in start():
        np.testing.assert_allclose(found[0][name], found[1][name], rtol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_the_path_is_optaxs(name: str) -> None:
    with jax.enable_x64(True):
        theirs = their_path(CASES[name])
    assert_equal_paths(our_path(CASES[name].method, reported=True), theirs, CASES[name].target)
