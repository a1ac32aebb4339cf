"""What every schedule keeps, in all its forms."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.node import at_step, hypers, rate_field
from fallline.core.registry import to_call
from fallline.core.schedule import Schedule
from fallline.schedules import SCHEDULES

STEPS = range(50)


def in_numpy(schedule: Schedule) -> list[float]:
    """Return the values at the first steps, in NumPy float64."""
    times = [np.asarray(t, dtype=np.float64) for t in STEPS]
    return [float(at_step(schedule, np, t, np.float64).value(np, t)) for t in times]


def test_numpy_and_jax_agree_in_double_precision(schedule: Schedule) -> None:
    expected = in_numpy(schedule)
    assert np.isfinite(expected).all()
    with jax.enable_x64(True):
        np.testing.assert_allclose(jax.vmap(schedule)(jnp.arange(50.0)), expected, rtol=1e-12, atol=1e-15)


def test_it_is_finite_however_long_it_runs(schedule: Schedule) -> None:
    far = jnp.array([1e3, 1e6, 1e9, 1e15], dtype=jnp.float32)
    assert jnp.isfinite(jax.vmap(schedule)(far)).all()


def test_one_trace_serves_every_step_and_every_value(schedule: Schedule) -> None:
    traces = []

    @jax.jit
    def value(schedule: Schedule, t: jax.Array) -> jax.Array:
        traces.append(1)
        return schedule(t)

    for factor in (1.0, 1.1):
        scaled = jax.tree.map(lambda number, by=factor: by * number, schedule)
        assert [value(scaled, jnp.asarray(t)).shape for t in (0, 1, 7)] == [()] * 3
    assert len(traces) == 1


def test_its_rate_scales_it(schedule: Schedule) -> None:
    """A comparison scales a schedule through the field marked as its rate."""
    rate = rate_field(type(schedule))
    assert rate is not None
    doubled = schedule.replace(**{rate: 2 * getattr(schedule, rate)})
    np.testing.assert_allclose(in_numpy(doubled), 2 * np.array(in_numpy(schedule)), rtol=1e-12)


def test_its_words_build_it_again(schedule: Schedule) -> None:
    assert SCHEDULES.build(str(to_call(schedule))) == schedule


def test_it_is_documented(schedule: Schedule) -> None:
    doc = type(schedule).__doc__ or ""
    assert ">>> " in doc
    assert all(f"{name}: {meta.help}" in doc for name, meta in hypers(type(schedule)).items())
