"""What a classifier's outputs say, in NumPy float64: for the metrics."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import InvalidValue
from fallline.problems.shapes import check_same_shape


def by_row(name: str, y_pred: Any, y_true: Any) -> tuple[NDArray[Any], NDArray[np.intp]]:
    """Return logits as (N, C) and true class ids as (N,), checked.

    One logit a row, z, stands for two classes, with the logits 0 and z: σ(z) = softmax(0, z)₁. Further axes, such as
    the tokens of a text, are rows too.

    Args:
        name: the metric, for errors.
        y_pred: logits, (…, C), or (…) of class 1 where there is one a row.
        y_true: class ids 0 … C−1, (…).

    Raises:
        InvalidValue: for shapes that do not fit, and for what is no class id.

    Example:
        >>> logits, truth = by_row("accuracy", [0.5, -1.0], [1, 0])
        >>> logits.tolist()
        [[0.0, 0.5], [0.0, -1.0]]
    """
    logits, truth = np.asarray(y_pred), np.asarray(y_true)
    check_same_shape(name, logits if logits.ndim <= truth.ndim else logits[..., 0], truth)
    if logits.ndim == truth.ndim:
        logits = np.stack([np.zeros_like(logits), logits], axis=-1)
    logits = logits.reshape(-1, logits.shape[-1])
    return logits, _class_ids(name, truth.reshape(-1), logits.shape[1])


def likeliest(logits: NDArray[Any]) -> NDArray[np.intp]:
    """Return the class of the largest logit, the first of equal ones; −1 where a logit is not a number.

    >>> likeliest(np.array([[1.0, 3.0], [2.0, 2.0], [0.0, np.nan]])).tolist()
    [1, 0, -1]
    """
    return np.where(np.isnan(logits).any(axis=1), -1, logits.argmax(axis=1))


def log_softmax(logits: NDArray[Any]) -> NDArray[np.float64]:
    """Return zₖ − log Σⱼ exp(zⱼ), (N, C), in float64.

    The largest logit is taken out and its own 1 kept out of the sum, so that neither extreme logits nor probabilities
    next to 1 lose their digits.

    >>> float(log_softmax(np.array([[0.0, 50.0]]))[0, 1])
    -1.9287498479639178e-22
    """
    rows, largest = np.arange(len(logits)), logits.argmax(axis=1)
    with np.errstate(invalid="ignore"):  # ∞ − ∞ is NaN, and stays it
        shifted = logits.astype(np.float64) - logits[rows, largest].astype(np.float64)[:, None]
        others = np.exp(shifted)
        others[rows, largest] = 0
        return np.asarray(shifted - np.log1p(others.sum(axis=1))[:, None])


def _class_ids(name: str, truth: NDArray[Any], classes: int) -> NDArray[np.intp]:
    """Return true classes as whole numbers, if that is what they are."""
    whole = truth.dtype.kind in "biu" or (truth.dtype.kind == "f" and bool((truth == np.round(truth)).all()))
    if not whole or (truth.size and not 0 <= truth.min() <= truth.max() < classes):
        found = f"{truth.min():g} to {truth.max():g}" if truth.dtype.kind in "iuf" else f"{truth.dtype}"
        rule = f"whole numbers from 0 to {classes - 1}"
        raise InvalidValue(f"{name}: the targets of {classes} classes must be {rule}; got {found}.")
    return truth.astype(np.intp)
