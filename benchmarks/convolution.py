"""The 2-convolution-2-dense network on Fashion-MNIST at batch 128, Adam, 100 steps.

5×5 convolutions of 32 and 64 channels, a dense layer of 1024: 28 MFLOP a row forward, about 11 GFLOP a step. What
bounds this side: XLA's convolutions on a CPU (through its other library the same step takes 112 ms instead of 67), and
memory that the system hands out anew at every step (about 10 ms: with the allocator told to keep it, 80 became 70).
"""

from __future__ import annotations

import fallline as fl
from benchmarks import networks, peers
from benchmarks.datasets import fashion_arrays
from benchmarks.measure import Row, interleaved, ratio

STEPS = 100


def rows() -> list[Row]:
    """Measure."""
    x, y = fashion_arrays()
    x, y = x[:12800], y[:12800]
    ours = networks.problem(x.reshape(-1, 28, 28), y, "cnn(32, 64, kernel=5, dense=1024)")
    part = STEPS / 100
    times = interleaved(
        {
            "fallline": lambda: fl.train(ours, fl.Adam(lr=1e-3), batch_size=128, steps=STEPS),
            "PyTorch (2 threads)": peers.loop(
                peers.two_convolutions, x.reshape(-1, 1, 28, 28), y, 128, part, threads=2
            ),
        },
        repeats=3,
    )
    return [ratio(times, "fallline", "PyTorch (2 threads)", 1 / 1.25, "2c2d, batch 128 (0.8× is 1.25 times as long)")]
