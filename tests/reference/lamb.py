"""LAMB (You et al. 2019, algorithm 2), with Keras's order of decay (before all else).

The moments are written out as the weighted means that they are.
"""

import numpy as np


def path(w, gradients, lr, b1, b2, eps, weight_decay, decay_form, eps_root):
    """Return the points after every step."""
    points = []
    for t in range(1, len(gradients) + 1):
        seen, ages = np.array(gradients[:t]), np.arange(t)[::-1]
        m_hat = np.average(seen, axis=0, weights=b1**ages)
        v_hat = np.average(seen**2, axis=0, weights=b2**ages)
        u = m_hat / (np.sqrt(v_hat + eps_root) + eps)
        if decay_form == "before":
            w = w * (1 - lr * weight_decay)
        else:
            u = u + weight_decay * w
        w = w - lr * np.linalg.norm(w) / np.linalg.norm(u) * u
        points.append(w)
    return points
