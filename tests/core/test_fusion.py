"""Asked for it, the CPU's compiler writes all of a step's arrays in one loop, with the same numbers."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from fallline.core.fusion import FLAG

PROGRAM = """
import sys
import jax, jax.numpy as jnp, numpy as np
from fallline.methods import METHODS

method = METHODS.build(sys.argv[1])
p, g = jnp.linspace(-1, 1, 4096), jnp.linspace(2, -3, 4096) ** 3

def step(method, p, state, g):
    updates, state = method.update(g, state, p)
    return p + updates, state

args = (jax.tree.map(jnp.float32, method), p, method.init(p), g)
program = jax.jit(step, donate_argnums=(1, 2)).lower(*args).compile()
text = program.as_text()
loops = sum(" fusion(" in line and "f32[4096]" in line for line in text[text.index("ENTRY"):].splitlines())
p, state = program(*args)
p, state = program(args[0], p, state, g)
print(loops, float(np.abs(np.asarray(p)).sum()), *(float(np.asarray(leaf).sum()) for leaf in jax.tree.leaves(state)))
"""


def run(words: str, flags: str) -> list[float]:
    """Return the number of loops over the array in one step, and sums of what two steps leave."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, words],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "XLA_FLAGS": flags, "JAX_PLATFORMS": "cpu"},
    )
    return [float(word) for word in done.stdout.split()]


@pytest.mark.parametrize("words", ["momentum", "adam", "adadelta"])
def test_one_loop_writes_every_array(words: str) -> None:
    loops, *numbers = run(words, FLAG)
    assert loops == 1
    usual_loops, *usual = run(words, "")
    assert usual_loops > 1
    assert numbers == pytest.approx(usual, rel=1e-5)


def test_a_rule_that_sums_is_left_as_it_is() -> None:
    _, *numbers = run("adam(second_moment=norm)", FLAG)
    assert numbers == pytest.approx(run("adam(second_moment=norm)", "")[1:], rel=1e-5)
