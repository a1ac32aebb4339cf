from __future__ import annotations

import numpy as np
import pytest

from fallline.methods.prodigy import Prodigy

TARGET = {"a": np.array([[3.0, -1.0]]), "b": np.array(-7.0)}


def descend(method: Prodigy, steps: int) -> tuple[dict, list[float]]:
    """Return the last point and the estimates along the way, for half the squared distance from the target."""
    w = {name: np.zeros_like(x) for name, x in TARGET.items()}
    state, estimates = method.init(w), []
    for _ in range(steps):
        slope = {name: w[name] - TARGET[name] for name in w}
        updates, state = method.update(slope, state, w)
        w = {name: w[name] + updates[name] for name in w}
        estimates.append(float(state["shared"]["distance"]))
    return w, estimates


@pytest.mark.parametrize("form", ["plain", "corrected"])
def test_the_estimate_grows_to_the_distance_and_not_beyond(form: str) -> None:
    w, estimates = descend(Prodigy(form=form), 2000)
    assert all(np.diff(estimates) >= 0)
    assert 0.25 * 7.0 < estimates[-1] <= 7.0
    for name, target in TARGET.items():
        np.testing.assert_allclose(w[name], target, atol=0.05)


def test_the_first_estimate_hardly_matters() -> None:
    ends = [descend(Prodigy(distance=first), 1000)[1][-1] for first in (1e-8, 1e-4)]
    np.testing.assert_allclose(ends[0], ends[1], rtol=0.3)
