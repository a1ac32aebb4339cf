"""The gradient of a function, in the shape of its argument."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from fallline.core.errors import InvalidType


def gradient(f: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function that computes the gradient of `f` with respect to its first argument.

    gradient(f)(W)[i, j] = ∂f / ∂W[i, j]

    Computed by reverse-mode automatic differentiation: one pass forward and one back, whatever the number of weights.

    Args:
        f: a function of a pytree of floating-point arrays (and anything else) that returns one number.

    Returns:
        A function of the same arguments; its result has the structure, shapes and dtypes of the first.

    Raises:
        InvalidType: when called, for whole-number parameters, a result that is not one number, or a function that
            JAX cannot trace.

    Example:
        >>> import numpy as np
        >>> W0, step = np.array([[1.0, 2.0]]), 0.1
        >>> W1 = W0 - step * gradient(lambda W: (W**2).sum())(W0)
        >>> (10 * W1).round().tolist()
        [[8.0, 16.0]]
    """

    @functools.wraps(f)
    def grads(params: Any, *args: Any, **kwargs: Any) -> Any:
        import jax
        import jax.numpy as jnp

        from fallline.engine.check import abstract, check_params

        params = jax.tree.map(jnp.asarray, params)
        check_params(params)
        out = abstract(lambda p: f(p, *args, **kwargs), "function", params)
        shape = getattr(out, "shape", None)
        if shape != () or not jnp.issubdtype(out.dtype, jnp.floating):
            found = type(out).__name__ if shape is None else f"{out.dtype} of shape {shape}"
            raise InvalidType(
                f"the function returns {found}: a gradient belongs to one floating-point number. Sum or average it."
            )
        return jax.grad(f)(params, *args, **kwargs)

    return grads
