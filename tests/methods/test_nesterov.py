from __future__ import annotations

from collections.abc import Callable

import numpy as np

from fallline.methods.momentum import Momentum
from fallline.methods.nesterov import Nesterov
from fallline.schedules.exponential import Exponential

START = np.array([-1.2, 1.0])


def slope(w: np.ndarray) -> np.ndarray:
    """The gradient of Rosenbrock's valley, (1 − x)² + 100 (y − x²)²."""
    x, y = w
    return np.array([-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)])


def descend(method: Nesterov, steps: int, slope: Callable[[np.ndarray], np.ndarray] = slope) -> tuple[list, list]:
    """Return the stored and the reported points after every step."""
    w, stored, reported = START, [], []
    state = method.init(w)
    for _ in range(steps):
        update, state = method.update(slope(w), state, w)
        w = w + update
        stored.append(w)
        reported.append(method.eval_params(w, state))
    return stored, reported


def textbook(lr: float, beta: float, steps: int) -> list[np.ndarray]:
    """v ← α v − η ∇L(W + α v);  W ← W + v, literally."""
    w, v, points = START, np.zeros(2), []
    for _ in range(steps):
        v = beta * v - lr * slope(w + beta * v)
        w = w + v
        points.append(w)
    return points


def test_look_ahead_reports_the_textbook_loop() -> None:
    _, reported = descend(Nesterov(lr=3e-4, beta=0.9, form="look_ahead"), steps=200)
    np.testing.assert_allclose(reported, textbook(3e-4, 0.9, steps=200), rtol=1e-9)
    assert np.linalg.norm(reported[-1] - START) > 1


def test_the_two_forms_store_the_same_point() -> None:
    ahead, _ = descend(Nesterov(lr=3e-4, form="look_ahead"), steps=100)
    stored, reported = descend(Nesterov(lr=3e-4, form="at_point"), steps=100)
    np.testing.assert_array_equal(ahead, stored)
    np.testing.assert_array_equal(reported, stored)


def test_the_literal_rule_of_one_text_is_a_braked_heavy_ball() -> None:
    """v ← α v − η (g + α v) is a heavy ball with α (1 − η), and not Nesterov's path."""
    lr, beta, steps = 3e-4, 0.9, 100
    w, v, literal = START, np.zeros(2), []
    for _ in range(steps):
        v = beta * v - lr * (slope(w) + beta * v)
        w = w + v
        literal.append(w)
    ball, _ = descend(Momentum(lr=lr, beta=beta * (1 - lr)), steps)
    np.testing.assert_allclose(literal, ball, rtol=1e-9)
    assert np.abs(np.array(literal) - textbook(lr, beta, steps)).max() > 0.05


def test_under_a_schedule_it_looks_back_with_the_beta_that_it_looked_ahead_with() -> None:
    beta = Exponential(0.9, decay=0.5, every=3)
    stored, reported = descend(Nesterov(lr=1e-4, beta=beta, form="look_ahead"), steps=20)
    points = [START, *stored]
    for k, (start, w) in enumerate(zip(points, reported, strict=False)):
        # Without its coast a step is a plain one from the gradient's point, whatever beta was.
        np.testing.assert_allclose(w, start - 1e-4 * slope(start), rtol=1e-12, err_msg=f"step {k + 1}")
