"""Phases of a schedule: how far through one a step is, and whether they fit into the whole.

A phase's length may be traced and may be 0: nothing here divides by it then.
"""

from __future__ import annotations

import math
from typing import Any

from fallline.core.errors import InvalidValue
from fallline.core.node import Node


def done(xp: Any, t: Any, length: Any) -> Any:
    """Return the share of a phase of `length` steps that `t` steps have done: 1 after its end."""
    return xp.where(t < length, t / _divisor(xp, length), 1)


def left(xp: Any, t: Any, length: Any) -> Any:
    """Return the share of a phase still to do: 0 after its end, and exact near it, where `1 - done` is not."""
    return xp.where(t < length, (length - t) / _divisor(xp, length), 0)


def cosine(xp: Any, share: Any) -> Any:
    """Return (1 − cos(π share)) / 2, half a wave from 0 to 1, as a square that keeps its digits near 0."""
    return xp.sin(math.pi / 2 * share) ** 2


def between(low: Any, high: Any, share: Any) -> Any:
    """Return the value that lies `share` of the way from `low` to `high`, either of them to the last digit."""
    return low * (1 - share) + high * share


def require_fit(node: Node, parts: tuple[str, ...], whole: str) -> None:
    """Raise unless the fields `parts` add up to no more than the field `whole`; what is traced is let through."""
    if (numbers := concrete(*(getattr(node, name) for name in (*parts, whole)))) is None:
        return
    import numpy as np

    total, limit = np.broadcast_arrays(sum(numbers[:-1]), numbers[-1])
    if (total <= limit).all():
        return
    worst = np.argmax(total - limit)
    given = ", ".join(f"{name}={getattr(node, name)!r}" for name in (*parts, whole))
    raise InvalidValue(
        f"{node.name()}({given}): {' + '.join(parts)} must be at most {whole}, got {total.flat[worst]:g} and "
        f"{limit.flat[worst]:g}. Lower {' or '.join(parts)}, or set {whole}={total.flat[worst]:g}."
    )


def concrete(*values: Any) -> list[Any] | None:
    """Return the values as NumPy arrays, or None where one of them is traced or a schedule."""
    import numpy as np

    try:
        return [np.asarray(value, dtype=np.float64) for value in values]
    except TypeError:
        return None


def _divisor(xp: Any, length: Any) -> Any:
    return xp.where(length > 0, length, 1)
