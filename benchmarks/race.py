"""Many runs at once, the race from the shell to its report, and early elimination.

A sweep is Adam at 8 learning rates × some seeds, without finals. Every time is a whole `compare`, its planning and its
table included, after a first one that compiled: compilation and data preparation are left out on both sides, and so are
PyTorch's imports and the start of its processes. PyTorch is measured twice: one process a core with one thread each,
runs shared out as processes become free, fused Adam, batches taken by index; and the DataLoader loop of the tutorials,
one run after the other, timed over a few runs. Ratios are of seconds a run.

The arithmetic of a sweep is that of its matrix products, on the rows that are there: forward in all layers, backward
the weights' gradients of all layers and the inputs' of all but the first. The peak is the best of several products of
square float32 matrices on all cores, right before and after the sweep, in the same process.
What keeps the sweep below it: at the peak, the products of a step would take about 135 µs of the 255 that it takes; a
step without its products takes about 45 (Adam's update, norms, the loss), rows from 188 MB instead of 25 another 10,
and the rest is that products of this size reach about two thirds of the peak of large ones.
"""

from __future__ import annotations

import itertools
import statistics
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import jax
import numpy as np
import polars as pl
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import fallline as fl
from benchmarks import networks, peers
from benchmarks.datasets import fashion_arrays
from benchmarks.measure import REST, Row, Times, below, interleaved, ratio, shell
from benchmarks.torch_crew import Runs, crew

RUNS = 64
RATES = [float(lr) for lr in np.geomspace(1e-4, 1e-2, 8)]
FASHION = (784, 128, 10)
DIGITS = (64, 32, 10)
DIGITS_EPOCHS = 100
FEW = 4
"""How many runs of the slower arrangements are timed, one after the other."""
COUNTS = (16, 32, 64, 128)
PEAK_SIZES = (1024, 2048)
REPEATS = 3
PHASES = ("screening", "final")
ENTRANTS = (fl.SGD, fl.Momentum, fl.Nesterov, fl.RMSProp, fl.AdaGrad, fl.Adam, fl.AdamW, fl.NAdam)
BUNDLED = ("digits", "wine", "breast_cancer", "diabetes")


def rows() -> list[Row]:
    """Measure."""
    return [*_fashion(), *_digits(), _linear(), *_shell(), *map(_halving, BUNDLED)]


def _fashion() -> list[Row]:
    x, y = fashion_arrays()
    ours = networks.problem(x, y, "mlp(128)")
    slow = peers.loader_loop(lambda: peers.mlp(*FASHION), x, y, 128, 1)
    with crew(x, y, FASHION, 128, 1) as torch_sweep:
        times = _a_run(
            {
                "fallline": (RUNS, lambda: _sweep(ours, RUNS, 128, 1)),
                "PyTorch (a process a core, fused)": (RUNS, lambda: torch_sweep(_grid(RUNS))),
                "PyTorch with DataLoader": (FEW, lambda: [slow() for _ in range(FEW)]),
            }
        )
    what = f"Fashion-MNIST 784-128-10, batch 128, 1 epoch, {RUNS} runs"
    return [
        ratio(times, "fallline", "PyTorch (a process a core, fused)", 2, what),
        ratio(times, "fallline", "PyTorch with DataLoader", 4, what),
        _share(what, lambda: _sweep(ours, RUNS, 128, 1), RUNS * len(x) * matmul_flop_a_row(FASHION)),
    ]


def _digits() -> list[Row]:
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    ours = networks.problem(x, y.astype(np.int32), "mlp(32)")
    one = peers.loop(lambda: peers.mlp(*DIGITS), x, y, 32, DIGITS_EPOCHS, threads=1)

    def sklearn(lr: float, seed: int) -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            MLPClassifier(
                (32,), batch_size=32, learning_rate_init=lr, max_iter=DIGITS_EPOCHS, tol=0, n_iter_no_change=1000,
                alpha=0, random_state=seed,
            ).fit(x, y)  # fmt: skip

    with crew(x, y, DIGITS, 32, DIGITS_EPOCHS) as torch_sweep:
        times = _a_run(
            {
                "fallline": (RUNS, lambda: _sweep(ours, RUNS, 32, DIGITS_EPOCHS)),
                "PyTorch (1 thread, fused)": (FEW, lambda: [one() for _ in range(FEW)]),
                "PyTorch (a process a core, fused)": (2 * FEW, lambda: torch_sweep(_grid(RUNS)[: 2 * FEW])),
                "scikit-learn": (FEW, lambda: [sklearn(*run) for run in _grid(RUNS)[:FEW]]),
            }
        )
    what = f"digits 64-32-10, batch 32, {DIGITS_EPOCHS} epochs, {RUNS} runs"
    best = ratio(times, "fallline", "PyTorch (a process a core, fused)", 15, what)
    return [
        ratio(times, "fallline", "PyTorch (1 thread, fused)", 15, what),
        ratio(times, "fallline", "scikit-learn", 15, what),
        replace(best, asked="–", met=None),
    ]


def _linear() -> Row:
    x, y = (array[:12_800] for array in fashion_arrays())
    ours = networks.problem(x, y, "mlp(128)")
    times = _a_run({str(n): (n, lambda n=n: _sweep(ours, n, 128, 1)) for n in COUNTS})
    each = [times[str(n)].median for n in COUNTS]
    return Row(
        f"Fashion-MNIST 784-128-10, batch 128, 12,800 rows: seconds of {', '.join(map(str, COUNTS))} runs",
        ", ".join(f"{n * seconds:.2f} s" for n, seconds in zip(COUNTS, each, strict=True)),
        "linear: a run among more costs at most 1.1×",
        all(more <= 1.1 * fewer for fewer, more in itertools.combinations(each, 2)),
        "a run: " + ", ".join(f"{1e3 * seconds:.1f} ms" for seconds in each),
    )


def _shell() -> list[Row]:
    with tempfile.TemporaryDirectory() as base:
        empty = [_race(f"{base}/cache{i}") for i in range(REPEATS)]
        warm = [_race(f"{base}/cache0") for _ in range(REPEATS)]
    what = "`fallline compare digits`, shell to report"
    return [below(f"{what}, empty compile cache", empty, 20), below(f"{what}, warm compile cache", warm, 10)]


def _race(cache: str) -> float:
    time.sleep(REST)
    with tempfile.TemporaryDirectory() as base:
        command = [sys.executable, "-m", "fallline", "compare", "digits", "--out", f"{base}/race"]
        return shell(command, {"XDG_CACHE_HOME": cache})


def _halving(name: str) -> Row:
    problem = fl.problems.for_data(fl.data.load(name))
    full, halved = (fl.compare(problem, ENTRANTS, elimination=kind) for kind in ("none", "halving"))
    first = halved.table["method"][0]
    ties = full.table.filter(pl.col("group") == 1)["method"].to_list()
    share = _steps(halved, "screening") / _steps(full, "screening")
    overall = sum(_steps(halved, phase) for phase in PHASES) / sum(_steps(full, phase) for phase in PHASES)
    return Row(
        f"{name}, {len(ENTRANTS)} methods: halving against the full grid",
        f"{first} first, {share:.0%} of the steps",
        "one of the grid's best, ≤ 30%",
        first in ties and share <= 0.3,
        f"not distinguishable in the grid: {', '.join(ties)}; with the finals {overall:.0%} of the steps",
    )


def _sweep(problem: fl.Problem, runs: int, batch_size: int, epochs: int) -> None:
    """Train Adam at every rate with so many seeds that it makes this many runs, and insist that all were whole."""
    swept = fl.compare(
        problem, [fl.Adam], lr=RATES, seeds=runs // len(RATES), epochs=epochs, batch_size=batch_size, final_seeds=0
    )
    whole = runs * epochs * -(-len(problem.data.train.x) // batch_size)
    if swept.runs.height != runs or swept.runs["steps"].sum() != whole:
        raise RuntimeError(f"asked for {runs} runs of {whole} steps together, found {swept.runs}")


def _steps(result: Any, phase: str) -> int:
    return result.runs.filter(pl.col("phase") == phase)["steps"].sum()


def _grid(runs: int) -> Runs:
    return list(itertools.product(RATES, range(runs // len(RATES))))


def _a_run(candidates: dict[str, tuple[int, Callable[[], object]]]) -> dict[str, Times]:
    """Return each candidate's seconds a run, from the number of runs in one call and the call."""
    times = interleaved({name: call for name, (_, call) in candidates.items()}, REPEATS)
    return {name: Times(tuple(s / candidates[name][0] for s in found.seconds)) for name, found in times.items()}


def _share(what: str, sweep: Callable[[], object], flop: float) -> Row:
    """Say which part of the peak a sweep's products reach; the sweep has run before."""
    shares, peaks = [], []
    for _ in range(REPEATS):
        before = matmul_peak()
        time.sleep(REST)
        began = time.perf_counter()
        sweep()
        seconds = time.perf_counter() - began
        peaks.append(max(before, matmul_peak()))
        shares.append(flop / seconds / peaks[-1])
    share = statistics.median(shares)
    return Row(
        f"{what}: matmul arithmetic as a share of the float32 matmul peak",
        f"{share:.0%} ({min(shares):.0%}–{max(shares):.0%})",
        "≥ 60%",
        share >= 0.6,
        f"{flop / 1e9:,.0f} GFLOP; peak {statistics.median(peaks) / 1e9:.0f} GFLOP/s "
        f"({min(peaks) / 1e9:.0f}–{max(peaks) / 1e9:.0f})",
    )


def matmul_flop_a_row(sizes: Sequence[int]) -> int:
    """Return the arithmetic of training a dense network on one row: a multiplication and an addition count 2."""
    layers = [a * b for a, b in itertools.pairwise(sizes)]
    return 2 * (sum(layers) + sum(layers) + sum(layers[1:]))


def matmul_peak() -> float:
    """Return the floating-point operations a second of the fastest product of large float32 matrices found."""
    product = jax.jit(jax.numpy.matmul)
    found = []
    for size in PEAK_SIZES:
        matrix = jax.random.normal(jax.random.key(0), (size, size))
        product(matrix, matrix).block_until_ready()
        for _ in range(10):
            began = time.perf_counter()
            product(matrix, matrix).block_until_ready()
            found.append(2 * size**3 / (time.perf_counter() - began))
    return max(found)
