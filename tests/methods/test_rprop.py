from __future__ import annotations

import numpy as np
import pytest

from fallline.methods.rprop import Rprop

FORMS = ["stay", "return", "lagged"]


def path(method: Rprop, gradients: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the points and the sizes after every step."""
    w = np.zeros(gradients.shape[1])
    state, points, sizes = method.init(w), [], []
    for g in gradients:
        update, state = method.update(g, state, w)
        w = w + update
        points.append(w)
        sizes.append(state["size"])
    return np.array(points), np.array(sizes)


@pytest.mark.parametrize("form", FORMS)
def test_only_signs_count(form: str) -> None:
    random = np.random.default_rng(1)
    gradients = random.normal(size=(60, 4))
    scaled = gradients * 10.0 ** random.uniform(-150, 150, size=(60, 4))
    np.testing.assert_array_equal(path(Rprop(form=form), scaled), path(Rprop(form=form), gradients))


@pytest.mark.parametrize("form", FORMS)
def test_sizes_reach_their_limits_and_stay_inside(form: str) -> None:
    method = Rprop(lr=0.1, min_step_size=0.003, max_step_size=2.0, form=form)
    swings = np.where(np.arange(60) % 4 < 2, 1.0, -1.0)  # two steps of one sign: a turn, a pause, a turn
    _, sizes = path(method, np.stack([np.ones(60), swings], axis=1))
    assert (sizes.min(), sizes.max()) == (0.003, 2.0)


def test_the_published_form_takes_the_crossing_step_back_and_the_improved_one_waits() -> None:
    gradients = np.array([[1.0], [1.0], [-1.0], [-1.0]])
    returned, _ = path(Rprop(lr=1.0, form="return"), gradients)
    waited, _ = path(Rprop(lr=1.0), gradients)
    np.testing.assert_allclose(returned[:, 0], [-1, -2.2, -1, -0.4], rtol=1e-12)
    np.testing.assert_allclose(waited[:, 0], [-1, -2.2, -2.2, -1.6], rtol=1e-12)


def test_the_lagged_form_comes_one_step_late() -> None:
    gradients = np.ones((10, 1))
    lagged, _ = path(Rprop(form="lagged"), gradients)
    usual, _ = path(Rprop(), gradients)
    np.testing.assert_array_equal(lagged[0], [0.0])
    np.testing.assert_array_equal(lagged[1:], usual[:-1])
