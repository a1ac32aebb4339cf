"""The shapes that losses and metrics agree on."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.core.errors import InvalidValue


def check_same_shape(name: str, outputs: Any, y: Any) -> None:
    """Refuse predictions and targets that differ in shape: (N,) against (N, 1) would broadcast to (N, N)."""
    if np.shape(outputs) != np.shape(y):
        raise InvalidValue(
            f"{name}: predictions of shape {np.shape(outputs)} and targets of shape {np.shape(y)} must have the same "
            f"shape; reshape one of them."
        )


def mean_over_outputs(losses: Any) -> Any:
    """Return one loss a row, (B,), from one an element, (B,) or (B, …)."""
    return losses.reshape(losses.shape[0], -1).mean(axis=1) if losses.ndim > 1 else losses
