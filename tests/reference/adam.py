"""Adam (Kingma and Ba 2014, algorithm 1), its eps-hat form (end of section 2), and one text's lagged, uncorrected form.

The averages are written out as the weighted sums that they are, not as recursions.
"""

import numpy as np


def path(w, gradients, lr, b1, b2, eps, eps_form, bias_correction, lagged, second_moment, eps_root):
    """Return the points after every step."""
    points = []
    for step in range(1, len(gradients) + 1):
        t = step - 1 if lagged else step
        if t > 0:
            seen = np.array(gradients[:t])
            squares = seen**2
            if second_moment == "norm":
                squares = np.array([np.sum(g**2) for g in seen])
            m, c1 = weighted_sum(b1, seen)
            v, c2 = weighted_sum(b2, squares)
            if not bias_correction:
                c1 = c2 = 1.0
            if eps_form == "outside":
                w = w - lr * (m / c1) / (np.sqrt(v / c2 + eps_root) + eps)
            elif eps_form == "inside":
                w = w - lr * (m / c1) / np.sqrt(v / c2 + eps_root + eps)
            else:
                w = w - lr * np.sqrt(c2) / c1 * m / (np.sqrt(v + eps_root) + eps)
        points.append(w)
    return points


def weighted_sum(beta, values):
    """Return Σ (1 − beta) beta^(t−i) x_i, and the sum of those weights."""
    ages = np.arange(len(values))[::-1]
    weights = (1 - beta) * np.power(beta, ages)
    return np.tensordot(weights, values, axes=1), weights.sum()
