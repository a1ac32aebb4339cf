"""DoG (Ivgi, Hinder and Carmon 2023, algorithm 1) and L-DoG (each array for itself): every distance is kept."""

import numpy as np


def path(w, gradients, **numbers):
    """Return the points after every step, for one array."""
    return [point[0] for point in paths([w], [[g] for g in gradients], **numbers)]


def paths(ws, gradients, lr, initial, initial_form, eps, over, weight_decay):
    """Return the points after every step."""
    if over == "each":
        alone = [
            paths([w], [[g[i]] for g in gradients], lr, initial, initial_form, eps, "all", weight_decay)
            for i, w in enumerate(ws)
        ]
        return [[point[0] for point in step] for step in zip(*alone, strict=True)]
    sizes = np.cumsum([np.size(w) for w in ws])[:-1]
    shapes = [np.shape(w) for w in ws]
    x = x0 = np.concatenate([np.ravel(w) for w in ws])
    r0 = {"heuristic": initial * (1 + np.linalg.norm(x0)), "distance": initial, "learning_rate": 0}[initial_form]
    distances, seen, points = [r0], [], []
    for t, arrays in enumerate(gradients):
        seen.append(np.concatenate([np.ravel(a) for a in arrays]) + weight_decay * x)
        distances.append(np.linalg.norm(x - x0))
        eta = max(distances) / np.sqrt(np.sum(np.square(seen)) + eps)
        if t == 0 and initial_form == "learning_rate":
            eta = initial
        x = x - lr * eta * seen[-1]
        points.append([part.reshape(shape) for part, shape in zip(np.split(x, sizes), shapes, strict=True)])
    return points
