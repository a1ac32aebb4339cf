"""Schedule-Free (Defazio et al. 2024, algorithm 1 and the authors' code), with what optax and Keras do otherwise.

The three sequences x, y and z are all kept, and x is formed anew from every z at each step.
"""

import numpy as np


def path(
    y, gradients, lr, base, b1, b2, eps, eps_form, weight_decay, decay_form, warmup, warmup_form, power, rate_power
):
    """Return the reported points x after every step."""
    z, v = y, 0.0 * y
    points, zs, weights, longest = [], [], [], 0.0
    shift = 0.0 * y
    for t, g in enumerate(gradients, start=1):
        v = b2 * v + (1 - b2) * g**2
        rate = lr * (min(1, t / warmup) if warmup else 1)
        stepped = lr * (min(1, (t - 1) / warmup) if warmup else 1) if warmup_form == "from_zero" else rate
        direction = g
        if base == "adamw" and eps_form == "outside":
            direction = g / (np.sqrt(v / (1 - b2**t)) + eps)
        elif base == "adamw":
            root = np.sqrt(1 - b2**t)
            rate, stepped, direction = rate * root, stepped * root, g / (np.sqrt(v) + eps)
        if decay_form == "z":
            z = z - stepped * weight_decay * y
        z = z - stepped * direction
        longest = max(longest, rate)
        weights.append(t**power * longest**rate_power)
        c = weights[-1] / sum(weights)
        if decay_form == "before":  # y decays, and the x that it is thought to be made of moves with it
            shift = (1 - c) * (shift - lr * weight_decay * y / b1)
        zs.append(z)
        x = np.average(zs, axis=0, weights=weights) + shift
        y = (1 - b1) * z + b1 * x
        points.append(x)
    return points
