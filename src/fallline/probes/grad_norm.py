"""The length of the gradient."""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core.probe import Probe, StepView


class GradNorm(Probe):
    """The Euclidean norm of the whole gradient, ‖g‖ = √Σ g²."""

    COLUMN: ClassVar[str] = "grad_norm"
    UNITS: ClassVar[str] = "loss / parameter"
    COST: ClassVar[str] = "one pass over the gradient"

    def measure(self, view: StepView) -> Any:
        """Return ‖g‖, in float32 or wider."""
        import jax
        import jax.numpy as jnp

        squares = [
            jnp.sum(jnp.square(g.astype(jnp.promote_types(g.dtype, jnp.float32)))) for g in jax.tree.leaves(view.grads)
        ]
        return jnp.sqrt(sum(squares, start=jnp.zeros(())))
