from __future__ import annotations

import numpy as np
import pytest

from fallline.methods.adam import Adam
from fallline.methods.nadam import NAdam

GRADIENTS = np.random.default_rng(11).normal(size=(40, 3))


def updates(method, gradients=GRADIENTS):
    state, found = method.init(gradients[0]), []
    for g in gradients:
        update, state = method.update(g, state)
        found.append(update)
    return np.array(found)


def test_the_first_step_is_the_rate_whatever_the_gradient() -> None:
    step = updates(Adam(lr=0.01, eps=0.0), np.array([[1e-8, -3.0, 1e8]]))
    np.testing.assert_allclose(step, [[-0.01, 0.01, -0.01]], rtol=1e-12)


def test_without_eps_the_scale_of_the_loss_does_not_matter() -> None:
    np.testing.assert_allclose(updates(Adam(eps=0.0), 1e5 * GRADIENTS), updates(Adam(eps=0.0)), rtol=1e-12)


def test_eps_hat_counts_31_times_more_at_the_first_step() -> None:
    """√c2 = √0.001: the two forms agree when outside's eps is made 31.6 times as large."""
    hat = updates(Adam(eps=1e-3, eps_form="hat"), GRADIENTS[:1])
    np.testing.assert_allclose(updates(Adam(eps=1e-3 / np.sqrt(0.001)), GRADIENTS[:1]), hat, rtol=1e-12)


@pytest.mark.parametrize("eps", [0.0, 1e-8])
@pytest.mark.parametrize("corrected", [False, True])
def test_lagged_steps_come_one_step_late_and_the_first_moves_nothing(eps: float, corrected: bool) -> None:
    lagged = updates(Adam(eps=eps, bias_correction=corrected, lagged=True))
    usual = updates(Adam(eps=eps, bias_correction=corrected))
    np.testing.assert_array_equal(lagged[0], np.zeros(3))
    np.testing.assert_allclose(lagged[1:], usual[:-1], rtol=1e-12)


def test_the_norm_keeps_one_number_and_so_the_gradients_direction() -> None:
    method = Adam(b1=0.0, second_moment="norm")
    assert method.init(np.zeros((4, 5)))["v"].shape == ()
    steps = updates(method)
    cosines = np.sum(-steps * GRADIENTS, axis=1) / np.linalg.norm(steps, axis=1) / np.linalg.norm(GRADIENTS, axis=1)
    np.testing.assert_allclose(cosines, 1.0, rtol=1e-12)


def test_for_one_element_the_norm_is_the_element() -> None:
    single = GRADIENTS[:, :1]
    np.testing.assert_allclose(updates(Adam(second_moment="norm"), single), updates(Adam(), single), rtol=1e-12)


def test_nadam_without_momentum_is_adam_without_momentum() -> None:
    still = {"lr": 0.01, "b1": 0.0}
    for decay in (None, 0.004):
        np.testing.assert_allclose(updates(NAdam(**still, momentum_decay=decay)), updates(Adam(**still)), rtol=1e-12)


def test_nadam_keeps_the_product_only_where_the_momentum_warms_up() -> None:
    assert "mu_product" not in NAdam(momentum_decay=None).init(np.zeros(2))
    method = NAdam(b1=0.8, momentum_decay=0.5)
    _, state = method.update(np.ones(2), method.init(np.zeros(2)))
    assert float(state["mu_product"]) == pytest.approx(0.8 * (1 - 0.96**0.5 / 2), rel=1e-12)
