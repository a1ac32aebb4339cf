"""Adafactor (Shazeer and Stern 2018, algorithms 4 to 6), with what torch, Keras and optax do otherwise.

Row and column sums, one matrix at a time, as the paper writes them.
"""

import itertools

import numpy as np


def path(w, gradients, lr, decay_power, eps, eps_form, scale_floor, clip, **options):
    """Return the points after every step."""
    points, state, m = [], {}, 0.0 * w
    for t, g in enumerate(gradients, start=1):
        b2 = 1 - t**decay_power
        floor = np.finfo(float).eps if eps is None else eps
        v = estimate(g, state, b2, floor, eps_form, options["axes"], options["smallest"])
        u = g / np.sqrt(v)
        u = u / max(1, rms(u) / clip)
        decay = options["weight_decay"]
        if options["decay_form"] == "before":
            w = w * (1 - lr * decay)
        rho = min(lr, 1 / np.sqrt(t)) if options["relative_step"] else lr
        alpha = max(scale_floor, rms(w)) * rho if options["parameter_scale"] else rho
        step = alpha * u
        if options["momentum"] is not None:
            step = m = options["momentum"] * m + (1 - options["momentum"]) * step
        if options["decay_form"] == "rate":
            step = step + lr * decay * w
        elif options["decay_form"] == "alone":
            step = step + decay * w
        w = w - step
        points.append(w)
    return points


def rms(x):
    """Return the root mean square."""
    return np.linalg.norm(x) / np.sqrt(np.size(x))


def estimate(g, state, b2, eps, eps_form, axes, smallest):
    """Return V̂, whole or factored, with what it needs kept in `state`."""
    shape = g.shape
    pair = list(np.argsort(shape, kind="stable") if axes == "largest" else range(len(shape)))[-2:]
    square = g**2 + eps if eps_form == "added" else g**2
    if len(pair) < 2 or min(shape[i] for i in pair) < smallest:
        state["v"] = b2 * state.get("v", 0) + (1 - b2) * square
        v = state["v"]
    else:
        front, v = np.moveaxis(square, pair, (-2, -1)), np.empty_like(g)
        last = np.moveaxis(v, pair, (-2, -1))
        for index in itertools.product(*map(range, front.shape[:-2])):
            matrix = front[index]
            rows, columns = state.get(index, (0, 0))
            rows = b2 * rows + (1 - b2) * matrix @ np.ones(matrix.shape[1])
            columns = b2 * columns + (1 - b2) * np.ones(matrix.shape[0]) @ matrix
            state[index] = rows, columns
            total = rows.sum()
            if eps_form == "floor":
                total = max(total, eps * matrix.size)
            last[index] = np.outer(rows, columns) / total
    return np.maximum(v, eps**2) if eps_form == "floor" else v
