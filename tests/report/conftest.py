from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from fallline.core.outcome import Outcome
from fallline.core.spec import Spec
from fallline.record.record import Record


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
