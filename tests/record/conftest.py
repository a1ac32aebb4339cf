from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import ml_dtypes
import numpy as np
import pytest

from fallline.core.outcome import Outcome
from fallline.core.spec import Spec
from fallline.record.record import Record


@pytest.fixture
def make_record() -> Callable[..., Record]:
    """Return a function that makes a record of three steps, with some parts changed."""

    def make(**changes: Any) -> Record:
        parts = {
            "spec": Spec("adam(lr=0.001)", {"data": "digits", "model": "linear"}, checkpoint_seconds=math.inf),
            "outcome": Outcome.FINISHED,
            "why": "all 3 steps were taken",
            "history": {"step": np.arange(1, 4), "loss": np.array([2.0, 1.0, 0.5], np.float32)},
            "epochs": {"epoch": np.array([1]), "step": np.array([3]), "train_loss": np.array([3.5 / 3])},
            "test": {"accuracy": 0.75, "loss": math.nan},
            "arrays": {"0.w": np.ones((2, 3), ml_dtypes.bfloat16), "0.b": np.array(-0.0)},
            "model_arrays": {},
            "provenance": {"seconds": 1.5, "problem": "digits", "started": "2030-01-02T03:04:05+00:00"},
            "preparation": {"target": {"labels": ["</script>", "b"], "scale": math.inf}},
        }
        return Record(**(parts | changes))

    return make


@pytest.fixture
def record(make_record: Callable[..., Record]) -> Record:
    return make_record()
