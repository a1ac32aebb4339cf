"""Scenes with ways that are known in closed form."""

from __future__ import annotations

import numpy as np

from fallline.figures.ground import Ground
from fallline.figures.scene import Curve, Scene, Way

SIDE = np.linspace(-2, 2, 41)
CURVATURE = np.array([1.0, 9.0])


def gone(label, points, *, lr=0.1, chosen="tuned", slots=None, curvature=CURVATURE):
    """A way over the bowl `(c·w²)/2` through given points, with its true values and gradients."""
    points = np.asarray(points, np.float64)
    c = curvature[: points.shape[1]]
    with np.errstate(all="ignore"):
        f, gradient, update = 0.5 * np.sum(c * points**2, axis=1), c * points, np.diff(points, axis=0)
    return Way(label, label, chosen, lr, points, f, gradient, update, slots or {}, "step limit", "it stopped")


def falling(label="sgd", lr=0.1, steps=20, start=(-1.5, 1.0), **known):
    """Gradient descent on the bowl: w·(1 − lr·c) at every step."""
    c = CURVATURE[: len(start)]
    return gone(label, np.array(start) * (1 - lr * c) ** np.arange(steps + 1)[:, None], lr=lr, **known)


def bowl(*ways, notes=(), title="A bowl"):
    z = 0.5 * (CURVATURE[0] * SIDE[None, :] ** 2 + CURVATURE[1] * SIDE[:, None] ** 2)
    return Scene(title, Ground(SIDE, SIDE, z, 0.0, ((0.0, 0.0),)), ways, notes)


def line(*ways, title="A parabola"):
    return Scene(title, Curve(SIDE, SIDE**2 / 2, 0.0, ((0.0,),)), ways)
