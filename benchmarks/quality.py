"""Test accuracy with the defaults, beside what is published (Xiao et al. 2017, arXiv 1708.07747, table 3)."""

from __future__ import annotations

import numpy as np

import fallline as fl
from benchmarks.datasets import fashion
from benchmarks.measure import Row


def rows() -> list[Row]:
    """Measure."""
    problem = fl.problems.for_data(fashion(), model="mlp(100)")
    image = [fl.train(problem, fl.Adam, seed=seed).test["accuracy"] for seed in range(3)]
    digits = []
    for seed in range(5):
        problem = fl.problems.for_data(fl.data.load("digits"), split_seed=seed)
        digits.append(fl.train(problem, fl.Adam, seed=seed).test["accuracy"])
    return [_row("Fashion-MNIST mlp(100), 3 seeds", image, 0.871), _row("digits, 5 splits", digits, 0.965)]


def _row(what: str, found: list[float], asked: float) -> Row:
    mean = float(np.mean(found))
    return Row(what, f"{mean:.4f} ({min(found):.4f}–{max(found):.4f})", f"≥ {asked}", mean >= asked)
