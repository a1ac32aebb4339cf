"""A 784-128-10 network on the 60,000 rows of Fashion-MNIST, Adam, one epoch.

The limit is the matrix products, 52 MFLOP a step at batch 128: they run at 140 to 210 GFLOP/s through XLA, which uses
the second core little at this size, where PyTorch's library reaches 280 to 320 on both (measured on the machine named
above). The optimiser step and the gradient norm take about 130 µs of the 500 µs of a step.
"""

from __future__ import annotations

import fallline as fl
from benchmarks import networks, peers
from benchmarks.datasets import fashion_arrays
from benchmarks.measure import Row, interleaved, ratio


def rows() -> list[Row]:
    """Measure."""
    x, y = fashion_arrays()
    ours = networks.problem(x, y, "mlp(128)")

    def make() -> object:
        return peers.mlp(784, 128, 10)

    found = []
    for batch_size, asked in ((128, 2), (32, 3)):
        times = interleaved(
            {
                "fallline": lambda size=batch_size: fl.train(ours, fl.Adam(lr=1e-3), batch_size=size, epochs=1),
                "PyTorch (1 thread)": peers.loop(make, x, y, batch_size, 1, threads=1),
                "PyTorch (2 threads)": peers.loop(make, x, y, batch_size, 1, threads=2),
                "PyTorch with DataLoader": peers.loader_loop(make, x, y, batch_size, 1),
            }
        )
        best = min(("PyTorch (1 thread)", "PyTorch (2 threads)"), key=lambda name: times[name].median)
        what = f"Fashion-MNIST 784-128-10, batch {batch_size}"
        found.append(ratio(times, "fallline", best, asked, f"{what} (better thread count)"))
        found.append(ratio(times, "fallline", "PyTorch with DataLoader", asked, what))
    return found
