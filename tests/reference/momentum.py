"""The heavy ball (Polyak 1964), as Keras (velocity), the exponential average, and torch (buffer) write it."""


def path(w, gradients, lr, beta, form, dampening):
    """Return the points after every step."""
    points, v = [], 0.0 * w
    for k, g in enumerate(gradients):
        # torch.optim.SGD: the buffer starts as the first gradient, undampened.
        new = g if k == 0 else (1 - dampening) * g
        if form == "velocity":
            v = beta * v - lr * new
            w = w + v
        elif form == "average":
            v = beta * v + (1 - beta) * g
            w = w - lr * v
        else:
            v = beta * v + new
            w = w - lr * v
        points.append(w)
    return points
