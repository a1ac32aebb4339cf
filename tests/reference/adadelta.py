"""AdaDelta (Zeiler 2012, algorithm 1), with a rate on the step."""

import numpy as np


def path(w, gradients, lr, decay, eps):
    """Return the points after every step."""
    points, mean_g2, mean_d2 = [], 0.0 * w, 0.0 * w
    for g in gradients:
        mean_g2 = decay * mean_g2 + (1 - decay) * g**2
        d = -np.sqrt(mean_d2 + eps) / np.sqrt(mean_g2 + eps) * g
        mean_d2 = decay * mean_d2 + (1 - decay) * d**2
        w = w + lr * d
        points.append(w)
    return points
