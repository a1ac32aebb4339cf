"""A 784-128-10 network on the 60,000 rows of Fashion-MNIST, Adam. The limit is the matrix products: 0.61 MFLOP a row
and step, at a machine's measured float32 rate."""

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
