"""What a method remembers, told from the numbers alone: a direction, or the size of the gradients so far."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from fallline.figures.scene import Way

_CLOSE = 0.2
"""Of a slot's changes, the share that may stay unexplained."""

_LARGEST = 1e100
"""Numbers above are left out of account: the squares of what a method that diverges reaches overflow."""


class Memory(NamedTuple):
    """What a way's slots hold.

    Args:
        direction: the slot's name and, of each step, where it pushes, shape (n + 1, d); `None` without one.
        squares: the slot's name and the squared gradients it has gathered, shape (n + 1, d); `None` without one.
    """

    direction: tuple[str, np.ndarray] | None
    squares: tuple[str, np.ndarray] | None


def memory(way: Way) -> Memory:
    """Return what a method remembers along its way.

    Velocities and running means change by `Δs = a·s + c·g`, sums and means of squares by `Δh = a·h + c·g²`. Which it is
    shows in the numbers, whatever the method and whatever its slots are called: the slot belongs to the one of the two
    that explains its changes. A direction pushes along `-s` where `c` is positive.

    Example:
        >>> g = np.array([[1.0, -2.0], [0.5, 1.0], [-0.2, 0.4], [0.1, 0.3]])
        >>> v = np.cumsum(np.concatenate([np.zeros((1, 2)), -0.1 * g[:-1]]), axis=0)
        >>> way = Way("w", "w", None, None, g, g[:, 0], g, v[1:], {"v": v, "h": v**2}, "converged", "")
        >>> memory(way).direction[0]
        'v'
    """
    direction, squares = None, None
    for name, slot in way.slots.items():
        if len(slot) < 3 or not slot.any():
            continue
        along, across = (_explained(slot, way.gradient, power) for power in (1, 2))
        if min(along.left, across.left) > _CLOSE:
            continue
        if along.left <= across.left and not slot[0].any():
            direction = direction or (name, -np.sign(along.by) * slot)
        elif across.left < along.left and across.by > 0 and np.all(slot[np.isfinite(slot)] >= 0):
            squares = squares or (name, slot)
    return Memory(direction, squares)


class _Explained(NamedTuple):
    """By which factor of a cause a slot changes, and the share of the changes that is left unexplained."""

    by: float
    left: float


def _explained(slot: np.ndarray, gradient: np.ndarray, power: int) -> _Explained:
    """Return the least-squares fit of a slot's changes by itself and a power of the gradient, of shape (n + 1, d)."""
    with np.errstate(invalid="ignore", over="ignore"):
        changes, cause = np.diff(slot, axis=0).ravel(), gradient[:-1].ravel() ** power
    terms = np.stack([slot[:-1].ravel(), cause], axis=1)
    known = (np.abs(changes) < _LARGEST) & np.all(np.abs(terms) < _LARGEST, axis=1)
    changes, terms = changes[known], terms[known]
    size = float(np.linalg.norm(changes))
    if not size:
        return _Explained(0.0, np.inf)
    widths = np.linalg.norm(terms, axis=0)
    scaled = terms / np.where(widths > 0, widths, 1.0)
    factors = np.linalg.lstsq(scaled, changes, rcond=None)[0]
    return _Explained(float(factors[1]), float(np.linalg.norm(changes - scaled @ factors)) / size)
