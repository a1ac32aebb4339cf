"""Lion (Chen et al. 2023, algorithm 2), the mean as the weighted sum that it is."""

import numpy as np


def path(w, gradients, lr, b1, b2, weight_decay):
    """Return the points after every step."""
    points = []
    for k, g in enumerate(gradients):
        weights = (1 - b2) * np.power(b2, np.arange(k)[::-1])
        before = np.tensordot(weights, np.array(gradients[:k]).reshape(k, *w.shape), axes=1)
        direction = np.where(b1 * before + (1 - b1) * g > 0, 1.0, -1.0)
        w = w - lr * (direction + weight_decay * w)
        points.append(w)
    return points
