"""Full-batch, mini-batch and single-sample descent: against NumPy, and against each other."""

import runpy
from pathlib import Path

import numpy as np
import polars as pl
import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/batch_variants.py"


@pytest.fixture(scope="module")
def variants():
    return runpy.run_path(str(EXAMPLE))


@pytest.fixture(scope="module")
def task(variants, tmp_path_factory):
    draw = np.random.default_rng(0)
    n = 200
    date = np.datetime64("2001-01-01") + draw.integers(0, 180 * 24 * 60, n).astype("m8[m]")
    distance = draw.uniform(50, 2500, n)
    delay = 0.01 * distance + draw.normal(0, 5, n)
    path = tmp_path_factory.mktemp("flights") / "flights.parquet"
    pl.DataFrame({"date": date.astype("M8[us]"), "distance": distance, "delay": delay}).write_parquet(path)
    return variants["problem"](path)


def test_the_full_batch_goes_the_way_of_numpy(variants, task):
    way = variants["descend"](task, variants["Variant"]("full", variants["constant"]), 4, 0.0, rates=(0.05,))
    assert (way.steps.tolist(), way.samples.tolist()) == ([1, 4], [200, 800])
    a = np.hstack([np.asarray(task.data.train.x, np.float64), np.ones((200, 1))])
    y = np.asarray(task.data.train.y, np.float64)
    standing_still = variants["run"](task, variants["VARIANTS"]["full batch"], 1e-9, 1, 1)
    w = np.concatenate([np.ravel(array) for array in sorted(standing_still.arrays.values(), key=np.size, reverse=True)])
    losses = []
    for _ in range(4):
        w = w - 0.05 * 2 * a.T @ (a @ w - y) / len(y)
        losses.append(np.mean((a @ w - y) ** 2))
    np.testing.assert_allclose(way.loss, [losses[0], losses[3]], rtol=1e-4)
    assert task.optimum == pytest.approx(np.mean((a @ np.linalg.lstsq(a, y)[0] - y) ** 2), rel=1e-5)


def test_a_shorter_run_is_the_beginning_of_a_longer_one(variants, task):
    """Of a rate that decays over the planned steps, too."""
    decaying = variants["VARIANTS"]["batch 32, rate decays"]
    short, long = (variants["run"](task, decaying, 0.1, steps, planned=12) for steps in (5, 12))
    np.testing.assert_array_equal(short.history["loss"], long.history["loss"][:5])
    assert long.history["lr"][-1] < 0.01


def test_the_best_rate_is_neither_too_small_nor_too_large(variants, task):
    assert variants["best_rate"](task, variants["VARIANTS"]["batch 32, rate decays"], 20, (1e-6, 0.1, 100.0)) == 0.1


def test_it_tells_and_draws(variants, task, tmp_path):
    few = {name: variants["VARIANTS"][name] for name in ("full batch", "single samples")}
    ways = variants["compare"](task, 1, 0.0, (0.01,), few)
    assert "| single samples | 0.01 | 200 |" in variants["table"](task, ways, 1, 1e-6)
    variants["pictures"](task, ways, tmp_path)
    assert "single samples: f − f* goes from" in (tmp_path / "batches-samples.svg").read_text()
    assert (tmp_path / "batches-seconds.svg").exists()
