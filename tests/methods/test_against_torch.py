"""The same path as PyTorch, sixty steps, in float64."""

from __future__ import annotations

import numpy as np
import pytest

from fallline.methods import METHODS

torch = pytest.importorskip("torch")

PAIRS = {
    "sgd(lr=0.1)": lambda w: torch.optim.SGD(w, lr=0.1),
    "momentum(lr=0.1, beta=0.8, form=buffer)": lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.8),
    "momentum(lr=0.1, beta=0.8, form=buffer, dampening=0.3)": lambda w: torch.optim.SGD(
        w, lr=0.1, momentum=0.8, dampening=0.3
    ),
    "nesterov(lr=0.1, beta=0.8)": lambda w: torch.optim.SGD(w, lr=0.1, momentum=0.8, nesterov=True),
    "adagrad": lambda w: torch.optim.Adagrad(w),
    "adagrad(lr=0.1, initial_accumulator=0.5)": lambda w: torch.optim.Adagrad(w, lr=0.1, initial_accumulator_value=0.5),
    "rmsprop(decay=0.99)": lambda w: torch.optim.RMSprop(w),
    "rmsprop(decay=0.7, centered=true, momentum=0.6)": lambda w: torch.optim.RMSprop(
        w, alpha=0.7, centered=True, momentum=0.6
    ),
    "adadelta": lambda w: torch.optim.Adadelta(w),
    "adam": lambda w: torch.optim.Adam(w),
    "adam(lr=0.1, b1=0.7, b2=0.8, eps=0.01)": lambda w: torch.optim.Adam(w, lr=0.1, betas=(0.7, 0.8), eps=0.01),
    "nadam": lambda w: torch.optim.NAdam(w),
    "nadam(b1=0.7, momentum_decay=0.2)": lambda w: torch.optim.NAdam(w, betas=(0.7, 0.999), momentum_decay=0.2),
}


@pytest.fixture(autouse=True)
def _double_precision():
    """NAdam keeps its product of momenta in torch's default dtype, whatever the parameters have."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(usual)


@pytest.mark.parametrize("words", PAIRS)
def test_the_path_is_torchs(words: str) -> None:
    random = np.random.default_rng(2)
    method, w = METHODS.build(words), random.normal(size=(2, 3))
    theirs = torch.nn.Parameter(torch.tensor(w))
    optimiser = PAIRS[words]([theirs])
    state = method.init(w)
    for g in random.normal(size=(60, 2, 3)):
        update, state = method.update(g, state, w)
        w = w + update
        theirs.grad = torch.tensor(g)
        optimiser.step()
        np.testing.assert_allclose(w, theirs.detach().numpy(), rtol=1e-12, atol=1e-12)
