from __future__ import annotations

import numpy as np

from fallline.methods.adagrad import AdaGrad


def step_lengths(method: AdaGrad, gradient: float, steps: int) -> np.ndarray:
    state, lengths = method.init(np.zeros(1)), []
    for _ in range(steps):
        update, state = method.update(np.array([gradient]), state)
        lengths.append(-update[0])
    return np.array(lengths)


def test_the_rate_falls_as_one_over_root_t_while_gradients_stay_up() -> None:
    lengths = step_lengths(AdaGrad(lr=0.5, eps=0.0), gradient=3.0, steps=400)
    t = np.arange(1, 401)
    slope, _ = np.polyfit(np.log(t), np.log(lengths), 1)
    assert abs(slope + 0.5) < 1e-6
    assert lengths[0] == 0.5


def test_the_steps_do_not_depend_on_the_gradients_scale() -> None:
    small, large = (step_lengths(AdaGrad(eps=0.0), gradient, steps=20) for gradient in (1e-6, 1e6))
    np.testing.assert_allclose(small, large, rtol=1e-12)


def test_an_initial_accumulator_shortens_the_first_step() -> None:
    (first,) = step_lengths(AdaGrad(lr=1.0, eps=0.0, initial_accumulator=15.0), gradient=1.0, steps=1)
    assert first == 0.25
