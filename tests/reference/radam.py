"""RAdam (Liu et al. 2019, algorithm 2), with torch's and optax's eps and optax's look ahead.

rho is taken from its meaning (section 4.1): the length of the plain average whose values are as old, on average, as
the exponential one's.
"""

import numpy as np


def path(w, gradients, lr, b1, b2, eps, eps_root, threshold, eps_form, nesterov):
    """Return the points after every step."""
    points, m, v = [], np.zeros_like(w), np.zeros_like(w)
    limit = plain_length(b2, 100_000)
    for t, g in enumerate(gradients, start=1):
        m += (1 - b1) * (g - m)
        v += (1 - b2) * (g**2 - v)
        mean = m / (1 - b1**t)
        if nesterov:
            mean = b1 * m / (1 - b1 ** (t + 1)) + (1 - b1) * g / (1 - b1**t)
        rho = plain_length(b2, t)
        if rho > threshold:
            r = np.sqrt((rho - 4) * (rho - 2) * limit / ((limit - 4) * (limit - 2) * rho))
            if eps_form == "outside":
                w = w - lr * r * mean / (np.sqrt(v / (1 - b2**t) + eps_root) + eps)
            else:
                w = w - lr * r * np.sqrt(1 - b2**t) * mean / (np.sqrt(v + eps_root) + eps)
        else:
            w = w - lr * mean
        points.append(w)
    return points


def plain_length(beta, t):
    """Return n of the plain average whose mean age, (n + 1) / 2 from 1, is that of the weights beta^(age − 1)."""
    ages = np.arange(1, t + 1)
    weights = np.power(beta, ages - 1.0)
    return 2 * np.average(ages, weights=weights) - 1
