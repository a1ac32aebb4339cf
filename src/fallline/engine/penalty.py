"""The price of large weights, added to the loss of every step."""

from __future__ import annotations

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fallline.core.spec import Spec


class Penalty(NamedTuple):
    """λ₁ Σ|w| + λ₂/2 Σw² over the arrays of two dimensions or more: weights count, biases and scales do not.

    Its gradient is λ₁ sign(w) + λ₂ w, where torch's `weight_decay` and scikit-learn's `alpha` (times the rows) have λ₂;
    Keras's `L2(λ)` is λ₂ = 2λ.
    """

    l1: Any
    l2: Any

    def value(self, params: Any) -> Any:
        """Return the penalty of these parameters."""
        weights = [leaf for leaf in jax.tree.leaves(params) if leaf.ndim > 1]
        return sum((self.l1 * jnp.sum(jnp.abs(w)) + self.l2 / 2 * jnp.sum(jnp.square(w)) for w in weights), start=0.0)

    def gradient(self, params: Any) -> Any:
        """Return its gradient, 0 for what it leaves alone."""

        def of(w: Any) -> Any:
            return (self.l1 * jnp.sign(w) + self.l2 * w).astype(w.dtype) if w.ndim > 1 else jnp.zeros_like(w)

        return jax.tree.map(of, params)


def penalty(spec: Spec, dtype: Any) -> Penalty | None:
    """Return the penalty asked for, in the run's dtype; without one the program has none."""
    if not (spec.l1 or spec.l2):
        return None
    return Penalty(jnp.asarray(spec.l1, dtype), jnp.asarray(spec.l2, dtype))
