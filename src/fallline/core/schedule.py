"""The contract of a schedule: step → value, pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Self

from fallline.core.node import Node, at_step, fields, rate_field


class Schedule(Node):
    """A hyperparameter that changes with the step.

    A schedule file writes `value(xp, t)` in array operations, where `t` is the number of steps already taken (0 at the
    first step) and `self.*` are 0-d arrays. Any hyperparameter of any method may be a schedule; its own numbers,
    lengths included, are traced leaves, so no value of them recompiles a program.
    """

    VARIES: ClassVar[bool] = True

    LISTENS: ClassVar[bool] = False
    """Whether its value depends on the validation so far, which the trainer tells it through `heard`."""

    SHARES: ClassVar[Mapping[str, float]] = {"steps": 1.0, "warmup": 0.05}
    """Which share of a run each of its lengths takes, where only the run's is known."""

    @classmethod
    def arguments_over(cls, steps: int) -> dict[str, Any]:
        """Return what a schedule over a run of `steps` steps is made of: a peak of 1, and lengths of at least 1."""
        known = {field.name for field in fields(cls)}
        lengths = {name: float(max(1, round(share * steps))) for name, share in cls.SHARES.items() if name in known}
        peak = rate_field(cls)
        return lengths if peak is None else {peak: 1.0, **lengths}

    def heard(self, losses: Sequence[float]) -> Self:
        """Return the schedule as it is after these validation losses, one an epoch, from the first on."""
        return self

    def value(self, xp: Any, t: Any) -> Any:
        """Return the value after `t` steps; `xp` is the array namespace (`numpy`, `jax.numpy`)."""
        raise NotImplementedError(f"{type(self).__name__} must define value(xp, t)")

    def __call__(self, t: Any) -> Any:
        """Return the value after `t` steps, as a JAX array (so that it also serves as an optax schedule)."""
        import jax.numpy as jnp

        t = jnp.asarray(t, dtype=float)
        return at_step(self, jnp, t, t.dtype).value(jnp, t)
