"""A loop inside a rule, in whichever array namespace runs it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any


def while_loop(xp: Any, going: Callable[[Any], Any], body: Callable[[Any], Any], carry: Any) -> Any:
    """Return the carry after repeating `body` for as long as `going` holds.

    Under JAX the loop is compiled into the step; under NumPy it is Python's own. The carry is a tuple of arrays whose
    shapes and dtypes stay.

    >>> import numpy as np
    >>> while_loop(np, lambda x: x[0] < 10, lambda x: (2 * x[0],), (np.float64(3.0),))
    (np.float64(12.0),)
    """
    if xp.__name__ == "jax.numpy":
        import jax

        return jax.lax.while_loop(going, body, carry)
    while going(carry):
        carry = body(carry)
    return carry
