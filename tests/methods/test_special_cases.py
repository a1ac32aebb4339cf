"""A method that says it contains another, at the values that it says, takes the other's path."""

from __future__ import annotations

import numpy as np
import pytest

from fallline.core.method import Method
from fallline.methods import METHODS
from fallline.schedules.cosine import Cosine

PAIRS = [(name, case) for name, cls in METHODS.items() for case in cls.SPECIAL_CASES]


def path(method: Method) -> np.ndarray:
    """Return 20 points of a descent on Σ (w⁴ / 4 + w² / 2 − w), which is no quadratic."""
    w = np.array([[2.0, -1.5, 0.3], [0.0, 5.0, -1e-3]])
    state, points = method.init(w), []
    for _ in range(20):
        update, state = method.update(w**3 + w - 1, state, w)
        w = w + update
        points.append(w)
    return np.array(points)


@pytest.mark.parametrize(("name", "case"), PAIRS)
@pytest.mark.parametrize("lr", [0.01, Cosine(0.03, steps=20, warmup=4)], ids=["constant", "scheduled"])
def test_the_special_case_is_the_method(name: str, case: str, lr: object) -> None:
    general, special = METHODS[name]().with_lr(lr), METHODS[case]().with_lr(lr)
    expected = path(special)
    np.testing.assert_allclose(path(general.replace(**METHODS[name].SPECIAL_CASES[case])), expected, rtol=1e-10)
    assert np.abs(path(general) - expected).max() > 1e-4  # what the pair says makes the difference


def test_what_contains_what() -> None:
    assert {("momentum", "sgd"), ("nesterov", "sgd"), ("adamw", "adam"), ("adam", "rmsprop")} <= set(PAIRS)
