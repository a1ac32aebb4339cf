"""Armijo's search (1966) in closed form, on the loss s + s², s = ⟨g, x − w⟩.

Along −g the loss is (α‖g‖²)² − α‖g‖², at most −slope α‖g‖² exactly while α‖g‖² ≤ 1 − slope.
"""

import numpy as np


def path(w, gradients, **numbers):
    """Return the points after every step, for one array."""
    return [point[0] for point in paths([w], [[g] for g in gradients], **numbers)]


def paths(ws, gradients, lr, shrink, slope, grow, limit):
    """Return the points after every step."""
    points, rate = [], lr
    for g in gradients:
        longest = (1 - slope) / sum(np.sum(a**2) for a in g)
        first = lr if grow is None else min(lr, grow * rate)
        rate = first * shrink ** max(0, np.ceil(np.log(longest / first) / np.log(shrink)))
        ws = [w - rate * a for w, a in zip(ws, g, strict=True)]
        points.append(ws)
    return points
