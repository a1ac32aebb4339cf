"""A table with a column of every kind."""

import numpy as np
import pytest

from fallline.data.table import Text
from fallline.problems.fitting import fit
from fallline.problems.targets.values import Values

ROWS = 50
SPECIES = ("ash", "beech", "elm", "oak")


@pytest.fixture(scope="session")
def trees():
    """Return columns of every kind but images, 50 rows."""
    rng = np.random.default_rng(0)
    minutes = np.cumsum(rng.integers(60, 40_000, ROWS)).astype("m8[m]")
    return {
        "height": rng.normal(1e9, 1e-3, ROWS),
        "tree": Text(rng.integers(0, 4, ROWS).astype(np.int32), SPECIES),
        "old": rng.integers(0, 2, ROWS).astype(bool),
        "planted": np.datetime64("2023-11-05T06:30", "m") + minutes,
        "rings": rng.integers(0, 255, ROWS).astype(np.uint8),
        "leaves": rng.normal(5, 2, (ROWS, 3)).astype(np.float32),
    }


@pytest.fixture(scope="session")
def prepared():
    """Return a function that fits a preparation to some rows (all, if not given) of columns."""

    def run(columns, rows=None, **choices):
        rows = np.arange(len(next(iter(columns.values())))) if rows is None else rows
        return fit(columns, columns, rows, Values("y", (), (0.0,), (1.0,)), **choices)

    return run
