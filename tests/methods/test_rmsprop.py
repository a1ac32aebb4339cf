from __future__ import annotations

import numpy as np
import pytest

from fallline.methods.adadelta import AdaDelta
from fallline.methods.rmsprop import RMSProp


def updates(method, gradients):
    state, found = method.init(gradients[0]), []
    for g in gradients:
        update, state = method.update(g, state)
        found.append(update)
    return np.array(found)


@pytest.mark.parametrize("form", ["raw", "scaled"])
@pytest.mark.parametrize("centered", [False, True])
def test_no_momentum_and_a_momentum_of_zero_are_the_same(form: str, centered: bool) -> None:
    gradients = np.random.default_rng(3).normal(size=(30, 4))
    without = updates(RMSProp(centered=centered), gradients)
    zero = updates(RMSProp(centered=centered, momentum=0.0, momentum_form=form), gradients)
    np.testing.assert_allclose(zero, without, rtol=1e-15)


def test_the_state_holds_only_what_is_asked_for() -> None:
    kept = [set(m.init(np.zeros(2))) - {"count"} for m in (RMSProp(), RMSProp(centered=True), RMSProp(momentum=0.9))]
    assert kept == [{"v"}, {"v", "m"}, {"v", "b"}]


def test_centered_survives_rounding_under_constant_gradients() -> None:
    """v − m² should tend to 0 from above; in float32 it falls below."""
    method = RMSProp(decay=0.9, eps=0.0, centered=True)
    g = np.random.default_rng(0).normal(size=200).astype(np.float32)
    state, lowest = method.init(g), 0.0
    for _ in range(300):
        update, state = method.update(g, state)
        lowest = min(lowest, (state["v"] - state["m"] ** 2).min())
        assert np.isfinite(update).all()
    assert lowest < 0


def test_adadelta_steps_are_in_the_units_of_the_parameters() -> None:
    """Scaling the loss by 1000 leaves AdaDelta's path alone, but for eps, which has units."""
    gradients = np.random.default_rng(5).normal(size=(50, 3)) + 0.5
    np.testing.assert_allclose(
        updates(AdaDelta(eps=1e-12), 1000 * gradients), updates(AdaDelta(eps=1e-12), gradients), rtol=1e-6
    )
