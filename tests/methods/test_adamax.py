from __future__ import annotations

import numpy as np

from fallline.methods.adamax import AdaMax


def test_steps_grow_back_by_one_over_b2_after_a_burst() -> None:
    method = AdaMax(lr=0.5, b1=0.0, b2=0.8, eps=0.0)
    state, steps = method.init(np.zeros(1)), []
    for gradient in [100.0, *[1.0] * 30]:
        update, state = method.update(np.array([gradient]), state)
        steps.append(-update[0])
    grown = 0.5 * 0.01 * 0.8 ** -np.arange(1.0, 31)
    np.testing.assert_allclose(steps, [0.5, *np.minimum(grown, 0.5)], rtol=1e-12)
    assert grown[-1] > 0.5
