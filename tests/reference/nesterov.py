"""Nesterov's accelerated gradient.

look_ahead: Sutskever et al. 2013, eqs. (3) and (4), with the gradients taken to be those at W + beta v.
at_point: Bengio et al. 2012, the simplified update, whose own parameters are where the gradients are taken.
buffer: torch.optim.SGD(nesterov=True), as its documentation writes it.
"""


def path(w, gradients, lr, beta, form):
    """Return the points after every step."""
    points, v, b = [], 0.0 * w, 0.0 * w
    for g in gradients:
        if form == "buffer":
            b = beta * b + g
            w = w - lr * (g + beta * b)
            points.append(w)
            continue
        v_old, v = v, beta * v - lr * g
        w = w + v if form == "look_ahead" else w + beta * beta * v_old - (1 + beta) * lr * g
        points.append(w)
    return points
