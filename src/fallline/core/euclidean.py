"""Lengths and inner products of pytrees, as if their arrays were one vector; in float32 or wider."""

from __future__ import annotations

from typing import Any

from fallline.core import lift


def inner(xp: Any, one: Any, other: Any) -> Any:
    """Return the inner product Σ aᵢ bᵢ of two pytrees of the same structure.

    >>> import numpy as np
    >>> float(inner(np, {"w": np.array([1.0, 2.0]), "b": np.array(3.0)}, {"w": np.ones(2), "b": np.array(10.0)}))
    33.0
    """
    pairs = zip(lift.flatten(one)[0], lift.flatten(other)[0], strict=True)
    return sum((xp.sum(lift.widened(xp, a) * lift.widened(xp, b)) for a, b in pairs), start=xp.zeros(()))


def norm(xp: Any, tree: Any) -> Any:
    """Return the Euclidean norm of all the arrays of a pytree together."""
    return xp.sqrt(sum(_squares(xp, tree), start=xp.zeros(())))


def norms(xp: Any, tree: Any) -> dict[str, Any]:
    """Return the Euclidean norm of every array of a pytree by the way to it.

    >>> import numpy as np
    >>> {name: float(norm) for name, norm in norms(np, [{"w": np.array([3.0, 4.0]), "b": np.array(-1.0)}]).items()}
    {'0.b': 1.0, '0.w': 5.0}
    """
    return dict(zip(lift.paths(tree), map(xp.sqrt, _squares(xp, tree)), strict=True))


def _squares(xp: Any, tree: Any) -> list[Any]:
    return [xp.sum(xp.square(lift.widened(xp, a))) for a in lift.flatten(tree)[0]]
