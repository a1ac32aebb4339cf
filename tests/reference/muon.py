"""Muon (Jordan et al. 2024), with the forms of torch, Keras and optax.

A Newton–Schulz step is an odd polynomial in X, so it acts on the singular values alone; here it does so literally.
"""

import numpy as np


def path(w, gradients, lr, weight_decay, **options):
    """Return the points after every step."""
    move = matrix_steps if w.ndim == 2 else adam_steps
    decay = weight_decay if w.ndim == 2 else options["adam_weight_decay"]
    rate = lr if w.ndim == 2 else lr * options["adam_lr_ratio"]
    points = []
    for step in move(gradients, **options):
        w = w - rate * decay * w - rate * step
        points.append(w)
    return points


def matrix_steps(gradients, momentum, form, nesterov, a, b, c, ns_steps, eps, scale, rms_rate, **_):
    """Yield the scaled, orthogonalised momenta."""
    for t in range(1, len(gradients) + 1):
        ages = np.arange(t)[::-1]
        gathered = np.tensordot(momentum**ages, np.array(gradients[:t]), axes=1)
        g = gradients[t - 1]
        if form != "sum":
            gathered, g = (1 - momentum) * gathered, (1 - momentum) * g
        if form == "corrected":
            gathered = gathered / (1 - momentum ** (t + 1 if nesterov else t))
            g = g / (1 - momentum**t)
        u, s, vh = np.linalg.svd(momentum * gathered + g if nesterov else gathered, full_matrices=False)
        s = s / (np.sqrt(np.sum(s**2)) + eps)
        for _ in range(ns_steps):
            s = a * s + b * s**3 + c * s**5
        rows, columns = g.shape
        sizes = {
            "width": np.sqrt(max(1, columns / rows)),
            "height": np.sqrt(max(1, rows / columns)),
            "rms": rms_rate * np.sqrt(max(rows, columns)),
            "none": 1,
        }
        yield sizes[scale] * (u * s) @ vh


def adam_steps(gradients, adam_b1, adam_b2, adam_eps, adam_eps_root, adam_form, **_):
    """Yield Adam's directions, for arrays that are no matrices."""
    m = v = 0.0
    for t, g in enumerate(gradients, start=1):
        m, v = m + (1 - adam_b1) * (g - m), v + (1 - adam_b2) * (g**2 - v)
        correction = 1 - adam_b2**t
        mean = m / (1 - adam_b1**t)
        if adam_form == "nesterov":
            mean = adam_b1 * m / (1 - adam_b1 ** (t + 1)) + (1 - adam_b1) * g / (1 - adam_b1**t)
        if adam_form == "hat":
            yield np.sqrt(correction) * mean / (np.sqrt(v + adam_eps_root) + adam_eps)
        else:
            yield mean / (np.sqrt(v / correction + adam_eps_root) + adam_eps)
