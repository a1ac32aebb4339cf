"""The same path as torch's optimisers, and every one of them read back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.parity.cases import Case, assert_equal_paths, cases, gradients, our_path, start, target_of

from fallline.core.node import at_step
from fallline.core.schedule import Schedule
from fallline.dialects.from_torch import from_torch

torch = pytest.importorskip("torch")

CASES = dict(cases("torch"))


@pytest.fixture(autouse=True)
def _double_precision():
    """NAdam keeps its product of momenta in torch's default dtype, whatever the parameters have."""
    usual = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(usual)


def built(case: Case) -> tuple[Any, dict[str, Any]]:
    """Return the optimiser, and its parameters by name."""
    params = {name: torch.nn.Parameter(torch.tensor(p)) for name, p in start().items()}
    numbers = {name: 1.0 if isinstance(v, Schedule) else v for name, v in case.options.items()}
    return target_of(case.target)(params.values(), **numbers), params


def their_path(case: Case) -> list[Any]:
    """Return torch's points; a schedule's value is set at every step."""
    optimizer, params = built(case)
    points = []
    for k, g in enumerate(gradients()):
        if isinstance(rate := case.options.get("lr"), Schedule):
            k = np.asarray(float(k))
            optimizer.param_groups[0]["lr"] = float(at_step(rate, np, k, np.float64).value(np, k))
        for name, p in params.items():
            p.grad = torch.tensor(g[name])
        optimizer.step()
        points.append({name: p.detach().numpy().copy() for name, p in params.items()})
    return points


@pytest.mark.parametrize("name", CASES)
def test_the_path_is_torchs(name: str) -> None:
    assert_equal_paths(our_path(CASES[name].method, reported=False), their_path(CASES[name]), CASES[name].target)


@pytest.mark.parametrize("name", CASES)
def test_the_optimiser_is_read_back(name: str) -> None:
    method, _, options = CASES[name]
    if any(isinstance(v, Schedule) for v in options.values()):
        method = method.with_lr(1.0)  # torch's optimisers do not know their schedules
    assert from_torch(built(CASES[name])[0]) == method
