from __future__ import annotations

import numpy as np
import pytest

from fallline.methods.dog import DoG

TARGET = [np.array([3.0, -1.0]), np.array(-7.0)]
DISTANCE = np.sqrt(9 + 1 + 49)


def descend(method: DoG, steps: int) -> tuple[list, list]:
    """Return the last point and the farthest distances along the way, for half the squared distance from the target."""
    w = [np.zeros_like(x) for x in TARGET]
    state, far = method.init(w), []
    for _ in range(steps):
        updates, state = method.update([p - x for p, x in zip(w, TARGET, strict=True)], state, w)
        w = [p + u for p, u in zip(w, updates, strict=True)]
        far.append(state["shared"]["far"])
    return w, far


def test_the_estimate_grows_to_the_distance() -> None:
    w, far = descend(DoG(), 3000)
    assert np.all(np.diff(far, axis=0) >= 0)
    np.testing.assert_allclose(far[-1], DISTANCE, rtol=0.01)
    for found, target in zip(w, TARGET, strict=True):
        np.testing.assert_allclose(found, target, atol=0.05)


def test_each_array_may_have_a_distance_of_its_own() -> None:
    _, far = descend(DoG(over="each"), 3000)
    np.testing.assert_allclose(far[-1], [np.sqrt(10), 7], rtol=0.01)


@pytest.mark.parametrize(("form", "length"), [("distance", 0.1), ("heuristic", 0.1 * 6), ("learning_rate", 0.1 * 13)])
def test_the_first_step_is_as_long_as_it_is_told(form: str, length: float) -> None:
    w, g = [np.array([3.0, 4.0])], [np.array([5.0, -12.0])]
    method = DoG(initial=0.1, initial_form=form, eps=0.0)
    update, _ = method.update(g, method.init(w), w)
    np.testing.assert_allclose(np.linalg.norm(update[0]), length, rtol=1e-12)
