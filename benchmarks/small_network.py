"""A 64-32-10 network on digits at batch 32, Adam, 100 epochs: steps a second.

Every side trains all 1797 rows; each time is a whole training, with data preparation and compilation left out on both
sides. The limit on this side is the number of operations that a compiled loop starts in a step, about fifty of 0.3 µs:
the arithmetic of a step is 0.4 MFLOP, about 2 µs of a core.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.neural_network import MLPClassifier

import fallline as fl
from benchmarks import networks, peers
from benchmarks.measure import Row, interleaved, ratio

EPOCHS = 100


def rows() -> list[Row]:
    """Measure."""
    x, y = load_digits(return_X_y=True)
    x = (x / 16).astype(np.float32)
    ours = networks.problem(x, y.astype(np.int32), "mlp(32)")

    def sklearn() -> None:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            MLPClassifier((32,), batch_size=32, max_iter=EPOCHS, tol=0, n_iter_no_change=1000, alpha=0).fit(x, y)

    times = interleaved(
        {
            "fallline": lambda: fl.train(ours, fl.Adam(lr=1e-3), batch_size=32, epochs=EPOCHS),
            "PyTorch (1 thread, fused)": peers.loop(lambda: peers.mlp(64, 32, 10), x, y, 32, EPOCHS, threads=1),
            "scikit-learn": sklearn,
        }
    )
    return [
        ratio(times, "fallline", "PyTorch (1 thread, fused)", 8, "digits 64-32-10, batch 32"),
        ratio(times, "fallline", "scikit-learn", 8, "digits 64-32-10, batch 32"),
    ]
