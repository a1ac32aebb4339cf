"""AdaMax (Kingma and Ba 2014, algorithm 2): the maximum over all past gradients, each faded by its age."""

import numpy as np


def path(w, gradients, lr, b1, b2, eps, eps_form):
    """Return the points after every step."""
    points = []
    for t in range(1, len(gradients) + 1):
        seen = np.array(gradients[:t])
        ages = np.arange(t)[::-1]
        m = np.tensordot((1 - b1) * np.power(b1, ages), seen, axes=1) / (1 - b1**t)
        sizes = np.abs(seen) + eps if eps_form == "inside" else np.abs(seen)
        u = np.max([b2**age * size for age, size in zip(ages, sizes, strict=True)], axis=0)
        w = w - lr * m / (u if eps_form == "inside" else u + eps)
        points.append(w)
    return points
