"""Prodigy (Mishchenko and Defazio 2023, algorithm 4), and its bias-corrected form in optax.

r and s are kept as the paper writes them, with the factors (1 − √β2) that cancel.
"""

import numpy as np


def path(w, gradients, **numbers):
    """Return the points after every step, for one array."""
    return [point[0] for point in paths([w], [[g] for g in gradients], **numbers)]


def paths(ws, gradients, lr, b1, b2, b3, eps, distance, growth, weight_decay, form, safeguard_warmup):
    """Return the points after every step: all arrays as one long vector."""
    sizes = np.cumsum([np.size(w) for w in ws])[:-1]
    shapes = [np.shape(w) for w in ws]
    x = x0 = np.concatenate([np.ravel(w) for w in ws])
    m, v, s, r, d = 0.0, 0.0, 0.0, 0.0, distance
    b3 = np.sqrt(b2) if b3 is None else b3
    points = []
    for t, arrays in enumerate(gradients, start=1):
        g = np.concatenate([np.ravel(a) for a in arrays])
        gamma = lr * (np.sqrt(1 - b2**t) / (1 - b1**t) if form == "corrected" else 1)
        m = b1 * m + (1 - b1) * d * g
        v = b2 * v + (1 - b2) * d**2 * g**2
        r = b3 * r + (1 - b3) * gamma * d**2 * g @ (x0 - x)
        s = b3 * s + (1 - b3) * (1 if safeguard_warmup else gamma) * d**2 * g
        grown = max(d, growth * r / np.sum(np.abs(s)))
        x = x - gamma * d * (m / (np.sqrt(v) + (grown if form == "corrected" else d) * eps) + weight_decay * x)
        d = grown
        points.append([part.reshape(shape) for part, shape in zip(np.split(x, sizes), shapes, strict=True)])
    return points
