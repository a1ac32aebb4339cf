"""What one wrong row does, against least squares."""

import runpy
from pathlib import Path

import numpy as np
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/outliers.py"


@pytest.fixture(scope="module")
def found():
    outliers = runpy.run_path(str(EXAMPLE))
    return outliers, outliers["errors"]()


def test_the_full_batch_ends_where_least_squares_does(found):
    outliers, errors = found
    data = outliers["problem"]().data
    a = np.stack([data.train.x, np.ones_like(data.train.x)], axis=1).astype(np.float64)
    line = np.linalg.lstsq(a, data.train.y.astype(np.float64))[0]
    bias = np.sqrt(np.mean((a @ line - data.validation.y) ** 2))
    assert errors["full batch"][-1] == pytest.approx(bias, rel=0.02)
    assert bias == pytest.approx(5, abs=0.2)  # 1000, shared out among two hundred rows


def test_single_samples_are_spoilt_and_a_bound_on_the_pull_helps(found):
    _, errors = found
    assert errors["single samples"].max() > 50
    assert 10 < errors["batch 32"].max() < 50
    assert max(errors["single, clipped"].max(), errors["single, Huber"].max()) < 0.2


def test_it_draws(found, tmp_path):
    outliers, errors = found
    assert outliers["table"](errors).count("\n") == 1 + len(errors)
    main = outliers["main"]
    main.__globals__["errors"] = lambda: errors
    main(tmp_path)
    assert "single samples: error goes from" in (tmp_path / "outliers.svg").read_text()
