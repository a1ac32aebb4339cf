from __future__ import annotations

import numpy as np

from fallline.schedules.inverse_root import InverseRoot


def test_it_is_the_rate_of_attention_is_all_you_need(values) -> None:
    """Equation 3 with the paper's base model: d_model 512, 4000 warm-up steps, steps counted from 1."""
    step = np.arange(1, 20001)
    rate = 512**-0.5 * np.minimum(step**-0.5, step * 4000**-1.5)
    ours = values(InverseRoot((512 * 4000) ** -0.5, warmup=4000), 20000)
    np.testing.assert_allclose(ours, rate, rtol=1e-12)
    assert ours.argmax() == 3999


def test_a_warm_up_of_one_step_is_one_over_the_root_of_the_step(values) -> None:
    np.testing.assert_allclose(values(InverseRoot(2.0, warmup=1), 16)[[0, 3, 8, 15]], [2, 1, 2 / 3, 0.5], rtol=1e-12)
