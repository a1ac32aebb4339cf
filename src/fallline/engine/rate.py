"""The learning rate while a run is under way: read, and changed."""

from __future__ import annotations

import jax.numpy as jnp

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.node import Node, rate_field
from fallline.engine.mark import Mark
from fallline.engine.plan import in_dtype
from fallline.engine.step import loss_dtype


def rate(at: Mark) -> float | None:
    """Return the learning rate that the next step will take, or None where the method has none."""
    found = at.method.in_force(jnp, at.state.method, loss_dtype(at.state.params)).get("lr")
    return None if found is None else float(found)


def with_rate(at: Mark, lr: float) -> Mark:
    """Return the same point with another learning rate from the next step on.

    A constant is replaced, and a schedule scaled so that its present value is `lr`: the number is a traced leaf either
    way, so nothing is compiled again.

    Raises:
        InvalidValue: for a number outside the method's range, or where the schedule is at 0 and cannot be scaled.
    """
    if isinstance(lr, bool | str) or not hasattr(lr, "__float__"):
        raise InvalidType(f"lr={lr!r}: a learning rate is a number.")
    wanted, schedule = float(lr), at.method.rate
    if isinstance(schedule, Node):
        present = rate(at) or 0.0
        if not present:
            raise InvalidValue(f"lr={lr}: the schedule is at 0, and no factor changes that.")
        method = at.method.with_lr(_scaled(schedule, wanted / present))
    else:
        method = at.method.with_lr(wanted)
    return at._replace(method=in_dtype(method, loss_dtype(at.state.params)))


def _scaled(schedule: Node, factor: float) -> Node:
    """Return the schedule with its peak multiplied, which multiplies all its values."""
    name = rate_field(type(schedule))
    if name is None:
        raise InvalidValue(f"{schedule.name()} has no number marked as its peak: declare one with rate=True.")
    peak = getattr(schedule, name)
    return schedule.replace(**{name: _scaled(peak, factor) if isinstance(peak, Node) else float(peak) * factor})
