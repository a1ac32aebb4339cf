"""Batches spread over devices: what it gains here, what the devices send each other, and what a cluster would gain.

A network of 0.7 million parameters, 1,024 rows a step. A step on n devices is said to take

    t(n) = t_compute(n) + volume(n) / bandwidth + latency · hops(n),

with volume(n) = 2 (n − 1) / n · G of a gradient of G bytes, which each device sends, in hops(n) = 2 ⌈log₂ n⌉ messages
(recursive halving and doubling: Thakur, Rabenseifner & Gropp 2005, Int. J. High Perform. Comput. Appl. 19(1), 49–66).
Bandwidth and latency are measured on two devices here, and the model is held against steps on two, four and eight
virtual devices, which share two cores. For a cluster the same formula is read with the rates of its links.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.measure import Row

ROWS, INPUTS, HIDDEN, CLASSES = 1024, 784, 512, 10
NUMBERS = INPUTS * HIDDEN + HIDDEN + HIDDEN * HIDDEN + HIDDEN + HIDDEN * CLASSES + CLASSES
SIMULATED = (2, 4, 8)
CORES = 2
LINKS = {"1 Gbit/s, 50 µs": (1.25e8, 5e-5), "10 Gbit/s, 20 µs": (1.25e9, 2e-5), "100 Gbit/s, 5 µs": (1.25e10, 5e-6)}
CLUSTERS = (8, 64, 1000)


def rows() -> list[Row]:
    """Measure."""
    alone = {rows: _elsewhere(1, rows, cores=1)["step"] for rows in (ROWS, *(ROWS // n for n in SIMULATED))}
    threaded = _elsewhere(1, ROWS, cores=CORES)["step"]
    spread = {n: _elsewhere(n, ROWS, cores=CORES) for n in SIMULATED}
    latency, bandwidth = _link(spread[2]["exchanges"])

    def sent(n: int) -> float:
        return volume(n) / bandwidth + latency * hops(n)

    def predicted(n: int) -> float:
        return max(n / CORES, 1.0) * (alone[ROWS // n] + sent(n))  # devices beyond the cores take turns

    gained = alone[ROWS] / spread[2]["step"]
    found = [
        Row(
            "two devices on two cores against one on one",
            f"{gained:.2f}×, {gained / 2:.0%} of twice",
            "reported",
            None,
            f"the model: {alone[ROWS] / predicted(2):.2f}×; one device with two threads: {alone[ROWS] / threaded:.2f}×",
        )
    ]
    for n in (1, 2):
        plain, same = (alone[ROWS] if n == 1 else spread[n]["step"]), _elsewhere(n, ROWS, n, same_bits=True)["step"]
        what = f"a reproducible step on {n} device{'s' * (n > 1)} against any"
        found.append(Row(what, f"{same / plain:.2f}× as long", "reported", None, f"{1e3 * same:.1f} ms"))
    for n in SIMULATED:
        step, moved = spread[n]["step"], spread[n]["moved"]
        off, exchange = predicted(n) / step - 1, max(spread[n]["exchanges"].values())
        note = (
            f"each sends {moved / 1e6:.2f} MB a step, by the formula {volume(n) / 1e6:.2f} MB; that alone takes "
            f"{1e3 * exchange:.2f} ms, by the model {1e3 * max(n / CORES, 1.0) * sent(n):.2f} ms"
        )
        crowded = n > CORES  # devices on one core share its cache, too, of which the model knows nothing
        asked, met = ("reported", None) if crowded else ("within 30%", abs(off) <= 0.3)
        what = f"a step on {n} devices{' that share two cores' * crowded}: the model against {1e3 * step:.1f} ms"
        found.append(Row(what, f"{1e3 * predicted(n):.1f} ms, {off:+.0%}", asked, met, note))
    for name, (rate, delay) in LINKS.items():
        shares = [alone[ROWS] / (alone[ROWS] + volume(n) / rate + delay * hops(n)) for n in CLUSTERS]
        told = ", ".join(f"{share:.0%} on {n:,}" for share, n in zip(shares, CLUSTERS, strict=True))
        note = f"{ROWS:,} rows a device, each as fast as a core here: {1e3 * alone[ROWS]:.1f} ms"
        found.append(Row(f"efficiency predicted for links of {name}", told, "reported", None, note))
    return found


def volume(n: int) -> float:
    """Return the bytes that each of so many devices sends at a step: its part of the gradient, there and back."""
    return 2 * (n - 1) / n * 4 * (NUMBERS + 1)


def hops(n: int) -> int:
    """Return how many messages follow one another in an exchange."""
    return 2 * math.ceil(math.log2(n))


def _link(exchanges: dict[str, float]) -> tuple[float, float]:
    """Return the latency and the bandwidth that explain how long two devices take to exchange little and much."""
    (small, brief), (large, long) = sorted((int(size), seconds) for size, seconds in exchanges.items())
    return brief / hops(2), (large - small) / max(long - brief, 1e-9)


def _elsewhere(devices: int, rows: int, cores: int, same_bits: bool = False) -> dict[str, Any]:
    """Return what a process with so many devices and cores measures."""
    command = ["taskset", "-c", ",".join(map(str, range(cores))), sys.executable, "-m", __name__]
    done = subprocess.run(
        [*command, str(devices), str(rows), str(int(same_bits))], check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def _measured(devices: int, rows: int, same_bits: int) -> dict[str, Any]:
    """Time the steps of one run, and bare exchanges as large as its own."""
    import jax

    jax.config.update("jax_num_cpu_devices", devices)
    import fallline as fl
    from fallline.core.spec import Spec
    from fallline.engine.beginning import begun
    from fallline.engine.chunk import make_advance, whole_batches
    from fallline.engine.traffic import traffic

    rng = np.random.default_rng(0)
    data = rng.normal(size=(4 * ROWS, INPUTS)).astype(np.float32), rng.integers(0, CLASSES, 4 * ROWS)
    problem = fl.problems.for_data(data, model=f"mlp({HIDDEN}, {HIDDEN})", split=(1, 0, 0))
    method = fl.SGD(lr=1e-3)
    spec = Spec("sgd", batch_size=rows, steps=10**6, devices=devices, reproducible=bool(same_bits))
    plan, start = begun(problem, method, spec, ())
    advance = make_advance(plan, start.state, 64)
    step = _fastest(lambda count: advance(*start, 0, count), 16)
    if devices == 1 or same_bits:
        return {"step": step}
    moved = sum(each.moved(devices) for each in traffic(whole_batches(plan, start.state, 64).run.text))
    return {"step": step, "moved": moved, "exchanges": {4 * n: _exchange(devices, n) for n in (1, NUMBERS)}}


def _exchange(devices: int, numbers: int) -> float:
    """Return the seconds that so many devices take to sum so many numbers."""
    import jax
    import jax.numpy as jnp
    from jax.sharding import PartitionSpec

    mesh = jax.make_mesh((devices,), ("data",))

    def summed(x: Any, count: Any) -> Any:
        return jax.lax.fori_loop(0, count, lambda _, x: jax.lax.psum(x, "data") / devices, x)

    spread = jax.jit(
        jax.shard_map(summed, mesh=mesh, in_specs=PartitionSpec(), out_specs=PartitionSpec(), check_vma=False)
    )
    return _fastest(lambda count: spread(jnp.ones(numbers), jnp.int32(count)), 64)


def _fastest(work: Callable[[int], Any], count: int) -> float:
    """Return the seconds of one of `count` repeats, as they were when least else went on."""
    import jax

    def seconds() -> float:
        began = time.perf_counter()
        jax.block_until_ready(work(count))
        return (time.perf_counter() - began) / count

    seconds()
    return min(seconds() for _ in range(7))


if __name__ == "__main__":
    os.environ.pop("XLA_FLAGS", None)
    print(json.dumps(_measured(*map(int, sys.argv[1:]))))
