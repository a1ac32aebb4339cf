"""AMSGrad (Reddi, Kale and Kumar 2018, algorithm 2), with torch's and optax's corrections and Keras's place of eps.

Every step looks at all the mean squares so far, each a weighted sum, and takes the largest.
"""

import numpy as np


def path(w, gradients, lr, b1, b2, eps, eps_root, eps_form, maximum, bias_correction_mean, bias_correction_square):
    """Return the points after every step."""
    points, squares = [], []
    for t in range(1, len(gradients) + 1):
        seen = np.array(gradients[:t])
        ages = np.arange(t)[::-1]
        c1 = 1 - b1**t if bias_correction_mean else 1.0
        c2 = 1 - b2**t if bias_correction_square else 1.0
        m = np.tensordot((1 - b1) * np.power(b1, ages), seen, axes=1) / c1
        v = np.tensordot((1 - b2) * np.power(b2, ages), seen**2, axes=1)
        squares.append(v / c2 if maximum == "corrected" else v)
        largest = np.max(squares, axis=0)
        later = 1.0 if maximum == "corrected" else c2
        if eps_form == "outside":
            w = w - lr * m / (np.sqrt(largest / later + eps_root) + eps)
        else:
            w = w - lr * np.sqrt(later) * m / (np.sqrt(largest + eps_root) + eps)
        points.append(w)
    return points
