"""Gradient descent (Cauchy 1847; Robbins and Monro 1951)."""


def path(w, gradients, lr):
    """Return the points after every step."""
    points = []
    for g in gradients:
        w = w - lr * g
        points.append(w)
    return points
