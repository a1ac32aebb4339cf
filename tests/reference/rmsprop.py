"""RMSProp (Tieleman and Hinton 2012; centered, Graves 2013), with torch's (raw) and Keras's (scaled) momentum."""

import numpy as np


def path(w, gradients, lr, decay, eps, eps_form, centered, momentum, momentum_form):
    """Return the points after every step."""
    points, v, m, b = [], 0.0 * w, 0.0 * w, 0.0 * w
    for g in gradients:
        v = decay * v + (1 - decay) * g**2
        m = decay * m + (1 - decay) * g
        size = v - m**2 if centered else v
        u = g / (np.sqrt(size) + eps) if eps_form == "outside" else g / np.sqrt(size + eps)
        if momentum is None:
            w = w - lr * u
        elif momentum_form == "raw":
            b = momentum * b + u
            w = w - lr * b
        else:
            b = momentum * b + lr * u
            w = w - b
        points.append(w)
    return points
