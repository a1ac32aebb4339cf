"""Yogi (Zaheer et al. 2018, algorithm 2), with optax's correction and first values."""

import numpy as np


def path(w, gradients, lr, b1, b2, eps, initial_mean, initial_accumulator, bias_correction):
    """Return the points after every step."""
    points, m, v = [], np.full_like(w, initial_mean), np.full_like(w, initial_accumulator)
    for t, g in enumerate(gradients, start=1):
        m += (1 - b1) * (g - m)
        towards = np.where(v > g**2, -1.0, np.where(v < g**2, 1.0, 0.0))
        v += towards * (1 - b2) * g**2
        c1, c2 = (1 - b1**t, 1 - b2**t) if bias_correction else (1.0, 1.0)
        w = w - lr * (m / c1) / (np.sqrt(v / c2) + eps)
        points.append(w)
    return points
