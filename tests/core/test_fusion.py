"""Asked for it, the CPU's compiler writes all of a step's arrays in one loop, with the same numbers."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest

from fallline.core.fusion import FLAG

PROGRAM = """
import json, sys
import jax, jax.numpy as jnp, numpy as np
from fallline.methods import METHODS

def step(method, p, state, g):
    updates, state = method.update(g, state, p)
    return p + updates, state

stepped = {}
for words in sys.argv[1:]:
    method = METHODS.build(words)
    p, g = jnp.linspace(-1, 1, 4096), jnp.linspace(2, -3, 4096) ** 3
    args = (jax.tree.map(jnp.float32, method), p, method.init(p), g)
    program = jax.jit(step, donate_argnums=(1, 2)).lower(*args).compile()
    text = program.as_text()
    loops = sum(" fusion(" in line and "f32[4096]" in line for line in text[text.index("ENTRY"):].splitlines())
    p, state = program(*args)
    p, state = program(args[0], p, state, g)
    sums = [float(np.asarray(leaf).sum()) for leaf in jax.tree.leaves(state)]
    stepped[words] = [loops, float(np.abs(np.asarray(p)).sum()), *sums]
print(json.dumps(stepped))
"""

SUMS = "adam(second_moment=norm)"
WITHOUT_SUMS = ["momentum", "adam", "adadelta"]


def run(flags: str) -> dict[str, list[float]]:
    """Return by method the number of loops over the array in one step, and sums of what two steps leave."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *WITHOUT_SUMS, SUMS],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
    )
    found: dict[str, list[float]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def asked() -> dict[str, list[float]]:
    return run(FLAG)


@pytest.fixture(scope="module")
def usual() -> dict[str, list[float]]:
    return run("")


@pytest.mark.parametrize("words", WITHOUT_SUMS)
def test_one_loop_writes_every_array(words: str, asked: dict[str, list[float]], usual: dict[str, list[float]]) -> None:
    loops, *numbers = asked[words]
    assert loops == 1
    usual_loops, *usual_numbers = usual[words]
    assert usual_loops > 1
    assert numbers == pytest.approx(usual_numbers, rel=1e-5)


def test_a_rule_that_sums_is_left_as_it_is(asked: dict[str, list[float]], usual: dict[str, list[float]]) -> None:
    assert asked[SUMS][1:] == pytest.approx(usual[SUMS][1:], rel=1e-5)
