"""A landscape of 51 × 51 points of a network of 100,000 parameters, each the mean loss over 2,000 rows.

The bound is the matrix products, 2 · 2,000 · 51² operations a weight, about 1.05 TFLOP, at the speed that two threads
reach on a product of the first layer's size (250 × 784 by 784 × 128) repeated on this machine in the same minute. The
processor's seconds, of all cores together, say what a busy machine adds to the clock's.
"""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import fallline as fl
from benchmarks import networks
from benchmarks.measure import Row
from fallline.engine.crew import cores

POINTS, ROWS, REPEATS, LOOPS = 51, 2000, 3, 400
MODELS = ("mlp(128)", "mlp(110, 110, 32)")


def rows() -> list[Row]:
    """Measure."""
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(ROWS, 784)).astype(np.float32), rng.integers(0, 10, ROWS).astype(np.int32)
    return [_row(model, x, y) for model in MODELS]


def _row(model: str, x: np.ndarray[Any, Any], y: np.ndarray[Any, Any]) -> Row:
    record = fl.train(networks.problem(x, y, model), fl.Adam(lr=1e-3), epochs=1)
    fl.landscape(record, size=3, rows=ROWS)  # compiles
    seconds, own, bounds = [], [], []
    operations = 2 * ROWS * POINTS**2 * sum(a.size for a in record.arrays.values() if a.ndim > 1)
    for _ in range(REPEATS):
        before, used = time.perf_counter(), time.process_time()
        fl.landscape(record, size=POINTS, rows=ROWS)
        seconds.append(time.perf_counter() - before)
        own.append(time.process_time() - used)
        bounds.append(operations / _speed())
    median = float(np.median(seconds))
    return Row(
        f"{model}, {record.provenance['parameters']:,} parameters: {POINTS} × {POINTS} points",
        f"{median:.1f} s ({min(seconds):.1f}–{max(seconds):.1f})",
        "< 10 s",
        median < 10,
        f"{np.median(own):.1f} s of the processor; {operations / 1e12:.2f} TFLOP, bound {np.median(bounds):.1f} s",
    )


def _speed() -> float:
    """Return operations a second of matrix products on all cores."""
    a, b = jnp.ones((250, 784)), jnp.ones((784, 128))

    @jax.jit
    def products(a: Any, b: Any) -> Any:
        return jax.lax.fori_loop(0, LOOPS, lambda i, total: total + (a + total[0, 0]) @ b, jnp.zeros((250, 128)))

    products(a, b).block_until_ready()
    count = cores()
    with ThreadPoolExecutor(count) as pool:
        before = time.perf_counter()
        list(pool.map(lambda _: products(a, b).block_until_ready(), range(2 * count)))
        seconds = time.perf_counter() - before
    return 2 * count * LOOPS * 2 * 250 * 784 * 128 / seconds
