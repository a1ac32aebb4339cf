"""AdaGrad (Duchi, Hazan and Singer 2011): every square kept, and summed anew at each step."""

import numpy as np


def path(w, gradients, lr, eps, eps_form, initial_accumulator):
    """Return the points after every step."""
    points, squares = [], [np.full_like(w, initial_accumulator)]
    for g in gradients:
        squares.append(g**2)
        total = np.sum(squares, axis=0)
        root = np.sqrt(total) + eps if eps_form == "outside" else np.sqrt(total + eps)
        w = w - lr * g / root
        points.append(w)
    return points
