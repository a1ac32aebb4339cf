"""The same values as torch's schedulers, stepped one step at a time beside an optimiser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fallline.core.schedule import Schedule
from fallline.schedules.cosine import Cosine
from fallline.schedules.cosine_restarts import CosineRestarts
from fallline.schedules.exponential import Exponential
from fallline.schedules.inverse_time import InverseTime
from fallline.schedules.one_cycle import OneCycle
from fallline.schedules.piecewise import Piecewise
from fallline.schedules.polynomial import Polynomial
from fallline.schedules.step import Step
from fallline.schedules.warmup import Warmup

torch = pytest.importorskip("torch")

STEPS, BEYOND = 120, 150


def theirs(make: Callable[..., Any], count: int, field: str = "lr", **options: Any) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.3, momentum=0.9)
    scheduler = make(optimizer, **options)
    seen = []
    for _ in range(count):
        seen.append(optimizer.param_groups[0][field])
        optimizer.step()
        scheduler.step()
    return seen


PAIRS: dict[str, tuple[Schedule, dict[str, Any]]] = {
    "StepLR": (Step(0.3, every=7, factor=0.5), {"step_size": 7, "gamma": 0.5}),
    "MultiStepLR": (Piecewise(0.3, (5, 40, 41), (0.1, 0.01, 0.001)), {"milestones": [5, 40, 41], "gamma": 0.1}),
    "ExponentialLR": (Exponential(0.3, decay=0.97), {"gamma": 0.97}),
    "PolynomialLR": (Polynomial(0.3, STEPS, power=2.5), {"total_iters": STEPS, "power": 2.5}),
    "LinearLR": (Warmup(0.3, 40, start=0.25), {"start_factor": 0.25, "total_iters": 40}),
}


@pytest.mark.parametrize("name", PAIRS)
def test_the_values_are_torchs(name: str, values) -> None:
    schedule, options = PAIRS[name]
    expected = theirs(getattr(torch.optim.lr_scheduler, name), BEYOND, **options)
    np.testing.assert_allclose(values(schedule, BEYOND), expected, rtol=1e-12, atol=1e-14)


def test_the_cosine_is_torchs_up_to_its_end_where_torchs_rises_again(values) -> None:
    expected = theirs(torch.optim.lr_scheduler.CosineAnnealingLR, 2 * STEPS + 1, T_max=STEPS, eta_min=0.03)
    ours = values(Cosine(0.3, STEPS, end=0.1), 2 * STEPS + 1)
    np.testing.assert_allclose(ours[: STEPS + 1], expected[: STEPS + 1], rtol=1e-12)
    np.testing.assert_allclose(ours[STEPS:], 0.03, rtol=1e-15)
    assert expected[2 * STEPS] == pytest.approx(0.3)


@pytest.mark.parametrize("growth", [1, 2, 3])
def test_restarts_are_torchs(growth: int, values) -> None:
    make = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts
    expected = theirs(make, 500, T_0=7, T_mult=growth, eta_min=0.03)
    np.testing.assert_allclose(values(CosineRestarts(0.3, 7, growth, end=0.1), 500), expected, rtol=1e-12)


@pytest.mark.parametrize("form", ["cosine", "linear"])
@pytest.mark.parametrize("three", [False, True])
def test_one_cycle_is_torchs_with_its_end_at_the_last_step(form: str, three: bool, values) -> None:
    shape = {"pct_start": 0.3, "anneal_strategy": form.replace("cosine", "cos"), "three_phase": three}
    options = {"max_lr": 0.3, "total_steps": STEPS, "div_factor": 10.0, "final_div_factor": 50.0, **shape}
    expected = theirs(torch.optim.lr_scheduler.OneCycleLR, STEPS, **options)
    cycle = OneCycle(0.3, STEPS, back=0.6 if three else None, start=0.1, end=0.002, form=form, ends="at_last")
    ours = values(cycle, BEYOND)
    np.testing.assert_allclose(ours[:STEPS], expected, rtol=1e-12)
    np.testing.assert_allclose(ours[STEPS - 1 :], 0.3 * 0.002, rtol=1e-14)


def test_the_defaults_of_one_cycle_are_torchs(values) -> None:
    expected = theirs(torch.optim.lr_scheduler.OneCycleLR, STEPS, max_lr=0.3, total_steps=STEPS)
    np.testing.assert_allclose(values(OneCycle(0.3, STEPS, ends="at_last"), STEPS), expected, rtol=1e-12)


@pytest.mark.parametrize("three", [False, True])
def test_a_momentum_that_goes_the_other_way_is_a_second_cycle(three: bool, values) -> None:
    options = {"max_lr": 0.3, "total_steps": STEPS, "three_phase": three}
    expected = theirs(torch.optim.lr_scheduler.OneCycleLR, STEPS, "momentum", **options)
    edge = 0.95 / 0.85
    beta = OneCycle(0.85, STEPS, back=0.6 if three else None, start=edge, end=edge, ends="at_last")
    np.testing.assert_allclose(values(beta, STEPS), expected, rtol=1e-12)


def test_adagrads_own_decay_is_inverse_time(values) -> None:
    w = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.Adagrad([w], lr=0.3, lr_decay=0.05, eps=0.0)
    rates = []
    for t in range(1, 101):
        before = w.item()
        w.grad = torch.ones_like(w)
        optimizer.step()
        rates.append((before - w.item()) * t**0.5)  # equal gradients: the accumulator is the number of steps
    np.testing.assert_allclose(values(InverseTime(0.3, decay=0.05), 100), rates, rtol=1e-12)
