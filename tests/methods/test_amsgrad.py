from __future__ import annotations

import numpy as np
import pytest

from fallline.methods.adam import Adam
from fallline.methods.amsgrad import AMSGrad


@pytest.mark.parametrize(("method", "end"), [(Adam, 1.0), (AMSGrad, -1.0)])
def test_it_finds_the_minimum_that_adam_walks_away_from(method: type, end: float) -> None:
    """Theorem 1 of the paper: the losses 3x, −x, −x, 3x, … on [−1, 1] are least at −1, and Adam goes to 1."""
    x = np.zeros(1)
    state = method().init(x)
    for t in range(1, 3001):
        now = method(lr=0.5 / np.sqrt(t), b1=0.0, b2=1 / (1 + 3**2), eps=0.0)
        update, state = now.update(np.array([3.0 if t % 3 == 1 else -1.0]), state, x)
        x = np.clip(x + update, -1, 1)
    assert abs(x[0] - end) < 0.05


def test_the_two_maxima_part_only_while_the_correction_fades() -> None:
    """A mean square that rises is its own maximum; of one that falls, only the corrected maximum is the first."""
    rising, falling = np.linspace(1, 2, 5), np.linspace(2, 1, 5)

    def steps(maximum: str, sizes: np.ndarray) -> list[float]:
        method, found = AMSGrad(b1=0.0, eps=0.0, maximum=maximum), []
        state = method.init(np.zeros(1))
        for size in sizes:
            update, state = method.update(np.array([size]), state)
            found.append(-update[0])
        return found

    np.testing.assert_allclose(steps("corrected", rising), steps("raw", rising), rtol=1e-12)
    np.testing.assert_allclose(steps("corrected", falling), 0.001 * falling / 2, rtol=1e-12)  # the first square stays
    assert steps("raw", falling)[-1] > 1.1 * steps("corrected", falling)[-1]
