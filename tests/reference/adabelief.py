"""AdaBelief (Zhuang et al. 2020, algorithm 2), with optax's two floors and its look ahead.

The averages are written out as the weighted sums that they are.
"""

import numpy as np


def path(w, gradients, lr, b1, b2, eps, eps_root, nesterov):
    """Return the points after every step."""
    points, squares = [], []
    for t in range(1, len(gradients) + 1):
        g, ages = gradients[t - 1], np.arange(t)[::-1]
        m = np.tensordot((1 - b1) * np.power(b1, ages), np.array(gradients[:t]), axes=1)
        squares.append((1 - b2) * (g - m) ** 2 + eps_root)
        v = np.tensordot(np.power(b2, ages), np.array(squares), axes=1) / (1 - b2**t)
        mean = m / (1 - b1**t)
        if nesterov:
            mean = b1 * m / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1**t)
        w = w - lr * mean / (np.sqrt(v) + eps)
        points.append(w)
    return points
