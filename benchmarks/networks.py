"""The networks of the benchmarks as Fallline problems on arrays."""

from __future__ import annotations

import numpy as np

import fallline as fl
from fallline.data.table import Table


def problem(x: np.ndarray, y: np.ndarray, model: str) -> fl.Problem:
    """Return the problem of classifying the rows, all of them for training."""
    table = Table("benchmark", {"x": x, "y": y}, target="y")
    return fl.problems.for_data(table, model=model, split=(1.0, 0.0, 0.0))
