"""Lengths are traced numbers: one program serves them all, none of them breaks it, and float32 is enough."""

from __future__ import annotations

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fallline.core.schedule import Schedule
from fallline.schedules.cosine import Cosine
from fallline.schedules.cosine_restarts import CosineRestarts
from fallline.schedules.exponential import Exponential
from fallline.schedules.inverse_root import InverseRoot
from fallline.schedules.inverse_time import InverseTime
from fallline.schedules.one_cycle import OneCycle
from fallline.schedules.piecewise import Piecewise
from fallline.schedules.polynomial import Polynomial
from fallline.schedules.step import Step
from fallline.schedules.trapezoid import Trapezoid
from fallline.schedules.warmup import Warmup

Make = Callable[[jax.Array], Schedule]

OF_A_LENGTH: dict[str, Make] = {
    "step": lambda n: Step(0.1, every=n),
    "inverse time": lambda n: InverseTime(0.1, 1, every=n),
    "inverse root": lambda n: InverseRoot(0.1, warmup=n),
    "polynomial": lambda n: Polynomial(0.1, n, power=2, end=0.1),
    "cosine": lambda n: Cosine(0.1, n, warmup=n // 3),
    "all warm-up": lambda n: Cosine(0.1, n, warmup=n),
    "restarts": lambda n: CosineRestarts(0.1, n, growth=1 + n % 2),
    "one cycle": lambda n: OneCycle(0.1, n),
    "one cycle at last": lambda n: OneCycle(0.1, n, rise=0.5 / n, back=1.0, ends="at_last"),
    "one cycle without a rise": lambda n: OneCycle(0.1, n, rise=0.0, back=0.0),
    "warm-up": lambda n: Warmup(0.1, n),
    "trapezoid": lambda n: Trapezoid(0.1, n, warmup=n // 3, decay=n // 3),
    "trapezoid without slopes": lambda n: Trapezoid(0.1, n, warmup=0 * n, decay=0 * n),
    "piecewise": lambda n: Piecewise(0.1, (n, 2 * n), (0.5, 0.25)),
}
LENGTHS = [1.0, 2.0, 3.0, 7.0, 50.0, 1000.0]
TIMES = [0.0, 1.0, 2.0, 3.0, 6.0, 7.0, 49.0, 50.0, 999.0, 1000.0, 1e6, 1e12]


@pytest.mark.parametrize("make", OF_A_LENGTH.values(), ids=OF_A_LENGTH)
def test_many_lengths_at_once_are_each_alone(make: Make) -> None:
    together = jax.jit(jax.vmap(lambda n: jax.vmap(make(n))(jnp.array(TIMES))))(jnp.array(LENGTHS))
    alone = [[float(make(n)(t)) for t in TIMES] for n in LENGTHS]
    assert np.isfinite(together).all()
    np.testing.assert_allclose(together, alone, rtol=2e-6, atol=1e-12)


@pytest.mark.parametrize("make", OF_A_LENGTH.values(), ids=OF_A_LENGTH)
def test_many_lengths_are_one_trace(make: Make) -> None:
    traces = []

    @jax.jit
    def value(schedule: Schedule, t: jax.Array) -> jax.Array:
        traces.append(1)
        return schedule(t)

    seen = {float(value(make(np.float32(n)), jnp.float32(5))) for n in range(1, 41)}
    assert len(traces) == 1
    assert len(seen) > 1


MILLION = 1_000_000.0
LONG: dict[str, Schedule] = {
    "step": Step(0.1, every=100_000, factor=0.5),
    "inverse time": InverseTime(0.1, 1e-3),
    "inverse root": InverseRoot(0.1, warmup=1000),
    "polynomial": Polynomial(0.1, MILLION, power=2),
    "cosine": Cosine(0.1, MILLION, warmup=1000),
    "restarts": CosineRestarts(0.1, 1000),
    "growing restarts": CosineRestarts(0.1, 1000, growth=2),
    "one cycle": OneCycle(0.1, MILLION, end=0.0),
    "warm-up": Warmup(0.1, MILLION),
    "trapezoid": Trapezoid(0.1, MILLION, warmup=1000, decay=100_000),
    "piecewise": Piecewise(0.1, (500_000, 999_998), (0.5, 0.25)),
}


@pytest.mark.parametrize("schedule", LONG.values(), ids=LONG)
def test_float32_is_enough_for_a_million_steps(schedule: Schedule) -> None:
    """Relative to each value, so that the last ones of a decay to 0 count too."""
    times = [0, 1, 999, 1000, 1001, 511_000, 1_022_999, 1_023_000, 999_990, 999_998, 999_999, 1_000_000, 1_000_001]
    single = jax.jit(jax.vmap(schedule))(jnp.array(times, dtype=jnp.float32))
    assert single.dtype == jnp.float32
    with jax.enable_x64(True):
        double = jax.vmap(schedule)(jnp.array(times, dtype=jnp.float64))
    np.testing.assert_allclose(single, double, rtol=3e-6)


@pytest.mark.parametrize("growth", [2, 3, 5, 10])
def test_growing_periods_begin_exactly_in_float32(growth: int) -> None:
    value = jax.jit(CosineRestarts(1.0, 7, growth))
    begin, length = 0, 7
    while begin + length < 1_000_000:
        assert value(begin) == 1
        assert value(begin + length - 1) < 0.06
        begin, length = begin + length, length * growth


@pytest.mark.parametrize(
    "make",
    [
        lambda every: Step(1.0, every, factor=0.5),
        lambda every: Exponential(1.0, 0.5, every, staircase=True),
        lambda every: InverseTime(1.0, 1.0, every, staircase=True),
    ],
    ids=["step", "exponential", "inverse time"],
)
def test_a_stair_is_taken_on_time_where_its_length_is_a_constant_of_the_program(make: Callable) -> None:
    """A compiler turns t / every into t · (1 / every), which is below 1 at t = every for some of these."""
    for x64, awkward in ((False, (41.0, 47.0, 55.0, 61.0)), (True, (49.0, 98.0, 103.0))):
        with jax.enable_x64(x64):
            for every in awkward:
                value = jax.jit(make(every))
                assert value(jnp.asarray(every)) == 0.5
                assert value(jnp.asarray(every - 1)) == 1.0


def test_a_schedule_may_stand_in_a_schedule() -> None:
    assert float(Cosine(Warmup(2.0, 10), steps=100)(5)) == pytest.approx((1 + np.cos(np.pi * 0.05)) / 2)
