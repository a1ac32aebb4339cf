"""NAdam (Dozat 2016), with torch's warming momentum or optax's constant one."""

import numpy as np


def path(w, gradients, lr, b1, b2, eps, eps_root, momentum_decay):
    """Return the points after every step."""
    steps = len(gradients)
    if momentum_decay is None:
        mu = np.full(steps + 1, b1)
    else:
        mu = np.array([b1 * (1 - 0.5 * 0.96 ** (t * momentum_decay)) for t in range(1, steps + 2)])
    points, m, v = [], 0.0 * w, 0.0 * w
    for k, g in enumerate(gradients):
        m = b1 * m + (1 - b1) * g
        v = b2 * v + (1 - b2) * g**2
        m_hat = mu[k + 1] * m / (1 - np.prod(mu[: k + 2])) + (1 - mu[k]) * g / (1 - np.prod(mu[: k + 1]))
        v_hat = v / (1 - b2 ** (k + 1))
        w = w - lr * m_hat / (np.sqrt(v_hat + eps_root) + eps)
        points.append(w)
    return points
