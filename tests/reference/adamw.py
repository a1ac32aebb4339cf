"""AdamW (Loshchilov and Hutter 2017, algorithm 2, the decay times the rate); Nesterov's form from Dozat 2016."""

import numpy as np


def path(w, gradients, lr, b1, b2, eps, weight_decay, eps_root, eps_form, on, nesterov):
    """Return the points after every step."""
    points, m, v = [], np.zeros_like(w), np.zeros_like(w)
    for t, g in enumerate(gradients, start=1):
        m += (1 - b1) * (g - m)
        v += (1 - b2) * (g**2 - v)
        if on == "all" or len(w.shape) >= 2:
            w = w * (1 - lr * weight_decay)
        mean = m / (1 - b1**t)
        if nesterov:
            mean = b1 * m / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1**t)
        if eps_form == "outside":
            w = w - lr * mean / (np.sqrt(v / (1 - b2**t) + eps_root) + eps)
        else:
            w = w - lr * np.sqrt(1 - b2**t) * mean / (np.sqrt(v + eps_root) + eps)
        points.append(w)
    return points
