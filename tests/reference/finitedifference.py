"""Gradient descent: central differences of s + s², s = ⟨g, x − w⟩, are its gradient g, since a square has no third."""


def path(w, gradients, lr, step):
    """Return the points after every step."""
    points = []
    for g in gradients:
        w = w - lr * g
        points.append(w)
    return points
