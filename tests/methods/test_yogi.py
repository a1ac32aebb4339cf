from __future__ import annotations

import numpy as np

from fallline.methods.adam import Adam
from fallline.methods.yogi import Yogi


def mean_squares(method, gradients) -> np.ndarray:
    state, found = method.init(np.zeros(1)), []
    for g in gradients:
        _, state = method.update(np.array([g]), state)
        found.append(state["v"][0])
    return np.array(found)


def test_after_a_burst_the_mean_square_falls_in_a_line_where_adams_falls_by_shares() -> None:
    burst, calm = [10.0], [0.1] * 50
    yogi = mean_squares(Yogi(b2=0.9, initial_accumulator=0.0), burst + calm)
    adam = mean_squares(Adam(b2=0.9), burst + calm)
    assert yogi[0] == adam[0]
    np.testing.assert_allclose(np.diff(yogi), -0.1 * 0.1**2, rtol=1e-9)
    np.testing.assert_allclose(np.diff(adam)[0], -0.1 * (adam[0] - 0.1**2), rtol=1e-9)
    assert yogi[-1] > 0.99 * yogi[0]
    assert adam[-1] < 0.01 * adam[0]
