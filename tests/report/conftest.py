from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from fallline.core.outcome import Outcome
from fallline.core.spec import Spec
from fallline.record.record import Record
from fallline.report.race_view import Band, RaceView, Row


@pytest.fixture
def make_record() -> Callable[..., Record]:
    """Return a function that makes a record of some epochs of 50 steps, with some parts changed."""

    def make(count: int = 3, **changes: Any) -> Record:
        step, epoch = np.arange(1, 50 * count + 1), np.arange(1, count + 1)
        columns = {"samples": epoch * 1600, "seconds": epoch * 0.5, "train_loss": 2 / epoch}
        parts = {
            "spec": Spec("adam(lr=0.001)", {"data": "digits", "model": "mlp(128, 64)"}, epochs=count),
            "outcome": Outcome.FINISHED,
            "why": f"all {50 * count} steps were taken",
            "history": {"step": step, "loss": 2 / step},
            "epochs": {
                "epoch": epoch,
                "step": 50 * epoch,
                **columns,
                "val_loss": 3 / epoch,
                "val_accuracy": 1 - 0.5 / epoch,
            },
            "test": {"accuracy": 0.97413, "loss": 0.0812},
            "provenance": {"seconds": 83.2, "problem": "digits", "device": "cpu", "command": None, "devices": 2},
        }
        return Record(**(parts | changes))

    return make


@pytest.fixture
def make_view() -> Callable[..., RaceView]:
    """Return a function that makes the view of a race of some methods, the first two tied, with some parts changed."""

    def make(labels: Sequence[str] = ("adam", "momentum(beta=0.9)", "sgd"), **changes: Any) -> RaceView:
        x, rates, k = np.linspace(0, 2e4, 21), np.geomspace(1e-4, 1, 9), np.arange(1, 10)
        means = {label: 0.05 * (1 + 0.1 * i) for i, label in enumerate(labels)}
        curves = {name: mean + 2 * np.exp(-x / 2e3) for name, mean in means.items()}
        sweeps = {name: mean + 0.1 * (np.log10(rates) + 2) ** 2 for name, mean in means.items()}
        parts = {
            "title": "digits, mlp(128, 64)",
            "verdict": "No method wins. They are not distinguishable.",
            "measure": "validation loss",
            "better": "lowest",
            "rows": tuple(row(name, mean, max(i, 1)) for i, (name, mean) in enumerate(means.items())),
            "by_samples": {name: Band(x, y, 0.95 * y, 1.05 * y) for name, y in curves.items()},
            "by_seconds": {name: Band(x / 1e4, y, 0.95 * y, 1.05 * y) for name, y in curves.items()},
            "sensitivity": {name: Band(rates, y, 0.9 * y, 1.1 * y) for name, y in sweeps.items()},
            "tuning": {name: (k, mean + 1 / k) for name, mean in means.items()},
            "profile": {name: (np.linspace(1, 4, 31), np.linspace(0, 1, 31).round(1)) for name in means},
            "target": 0.1,
            "runs": {"method": list(labels), "seed": list(range(len(labels)))},
            "published": (),
            "notes": (),
            "covers": "They cover initialisation and order.",
            "command": "fallline compare digits \\\n  --seeds 5",
            "spec": 'data = "digits"\n',
            "provenance": {"python": "3.11.7", "data": "9f86d081", "command": None},
        }
        return RaceView(**(parts | changes))

    return make


def row(label: str, mean: float, group: int = 1, **changes: Any) -> Row:
    """Return a standing."""
    parts = {
        "method": f"{label.split('(')[0]}(lr=0.01)",
        "lr": 0.01,
        "chosen": {},
        "low": 0.97 * mean,
        "high": 1.03 * mean,
        "difference": (0.01, -0.002, 0.022),
        "best": 0.9 * mean,
        "auc": 3 * mean,
        "to_target": (4000.0, 0.25),
        "test": {"accuracy": 1 - mean},
        "default": 2 * mean,
        "good": (0.003, 0.03),
        "note": "",
    }
    return Row(label=label, mean=mean, group=group, **(parts | changes))
