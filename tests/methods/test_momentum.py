from __future__ import annotations

import numpy as np
import pytest

from fallline.core.errors import InvalidValue
from fallline.methods.momentum import Momentum
from fallline.schedules.constant import Constant
from fallline.schedules.exponential import Exponential


def slope(w):
    """The gradient of Σ (w⁴ / 4 + w² / 2 − w), which is no quadratic."""
    return w**3 + w - 1


def path(method: Momentum, steps: int = 40) -> np.ndarray:
    w, points = np.array([2.0, -1.5, 0.3]), []
    state = method.init(w)
    for _ in range(steps):
        update, state = method.update(slope(w), state, w)
        w = w + update
        points.append(w)
    return np.array(points)


def test_the_three_forms_are_one_path_at_a_constant_rate() -> None:
    velocity = path(Momentum(lr=0.05, beta=0.8))
    np.testing.assert_allclose(path(Momentum(lr=0.05, beta=0.8, form="buffer")), velocity, rtol=1e-12)
    np.testing.assert_allclose(path(Momentum(lr=0.05 / (1 - 0.8), beta=0.8, form="average")), velocity, rtol=1e-12)
    assert np.ptp(velocity[:, 0]) > 1


def test_velocity_and_buffer_part_under_a_schedule() -> None:
    rate = Exponential(0.05, decay=0.5, every=5)
    velocity, buffer = path(Momentum(lr=rate)), path(Momentum(lr=rate, form="buffer"))
    np.testing.assert_allclose(velocity[0], buffer[0], rtol=1e-15)
    assert np.abs(velocity[-1] - buffer[-1]).max() > 0.01


def test_dampening_starts_after_the_first_step() -> None:
    method = Momentum(lr=1.0, beta=0.5, form="buffer", dampening=0.75)
    first, state = method.update(np.array([1.0]), method.init(np.zeros(1)))
    second, _ = method.update(np.array([1.0]), state)
    assert (first[0], second[0]) == (-1.0, -0.75)  # 0.5 · 1 + (1 − 0.75) · 1


@pytest.mark.parametrize("dampening", [0.5, Constant(0.5)])
def test_an_average_takes_no_dampening(dampening: object) -> None:
    with pytest.raises(InvalidValue, match=r"takes no dampening\. Use form='buffer'"):
        Momentum(form="average", dampening=dampening)
