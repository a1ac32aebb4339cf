"""What cannot be a schedule is refused when it is made, in words that say what to do."""

from __future__ import annotations

import re

import jax
import pytest

from fallline.core.errors import InvalidValue
from fallline.schedules import SCHEDULES
from fallline.schedules.cosine import Cosine
from fallline.schedules.one_cycle import OneCycle
from fallline.schedules.piecewise import Piecewise
from fallline.schedules.trapezoid import Trapezoid


@pytest.mark.parametrize(
    "words",
    [
        "step(0.1, every=0)",
        "polynomial(0.1, steps=0)",
        "warmup(0.1, steps=0)",
        "cosine(0.1, steps=0)",
        "cosinerestarts(0.1, steps=0)",
        "onecycle(0.1, steps=0)",
        "trapezoid(0.1, steps=0, warmup=0, decay=0)",
        "inverseroot(0.1, warmup=0)",
    ],
)
def test_a_length_of_no_steps_is_refused(words: str) -> None:
    field = "every" if "every" in words else "warmup" if "root" in words else "steps"
    with pytest.raises(InvalidValue, match=rf"{field} must be in \[1, inf\), got 0. Did you mean 1\?"):
        SCHEDULES.build(words)


def refusal(make) -> str:
    with pytest.raises(InvalidValue) as caught:
        make()
    return str(caught.value)


def test_a_warm_up_longer_than_the_whole_is_refused() -> None:
    assert refusal(lambda: Cosine(0.1, 100, 200)) == (
        "cosine(warmup=200, steps=100): warmup must be at most steps, got 200 and 100. Lower warmup, or set steps=200."
    )
    assert refusal(lambda: Trapezoid(0.1, 100, 60, 50)) == (
        "trapezoid(warmup=60, decay=50, steps=100): warmup + decay must be at most steps, got 110 and 100. "
        "Lower warmup or decay, or set steps=110."
    )
    assert "rise must be at most back, got 0.3 and 0.2" in refusal(lambda: OneCycle(0.1, 100, back=0.2))


def test_a_warm_up_as_long_as_the_whole_is_not() -> None:
    assert float(Cosine(0.1, 100, 100)(50)) == pytest.approx(0.05)


def test_boundaries_that_do_not_increase_are_refused() -> None:
    said = refusal(lambda: Piecewise(0.1, (30, 60, 60), (0.1, 0.01, 0.001)))
    assert "boundaries must increase, got 60.0 before 60.0. Sort them." in said


@pytest.mark.parametrize(("boundaries", "factors"), [((30, 60), (0.1,)), ((30,), (1.0, 0.1)), ((), ())])
def test_every_boundary_needs_one_factor(boundaries, factors) -> None:
    counts = f"got {len(boundaries)} boundaries and {len(factors)} factors"
    assert re.search(counts, refusal(lambda: Piecewise(0.1, boundaries, factors)))


def test_traced_lengths_are_let_through_and_finite() -> None:
    """Nothing can be raised inside a compiled program."""
    schedules = (
        lambda n: Cosine(0.1, n, 2 * n),
        lambda n: Trapezoid(0.1, n, n, n),
        lambda n: OneCycle(0.1, n, 0.5, 0 * n),
        lambda n: Piecewise(0.1, (n, n), (0.5, 0.1)),
    )
    for make in schedules:
        for t in (0, 5, 10, 15, 20, 100):
            assert 0 <= jax.jit(lambda n, t=t, make=make: make(n)(t))(10.0) <= 0.1 * (1 + 1e-6)
