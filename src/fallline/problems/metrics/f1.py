"""The harmonic mean of precision and recall."""

from __future__ import annotations

import typing
from typing import Any, Literal

import numpy as np

from fallline.core.errors import InvalidValue
from fallline.problems.logits import by_row, likeliest

TASK = "classification"
BETTER = "highest"

Average = Literal["macro", "micro", "weighted", "binary"]


def f1(y_pred: Any, y_true: Any, average: Average = "macro") -> float:
    """Return F₁ = 2 TP / (2 TP + FP + FN) of the classes, 0 to 1.

    `"macro"` is the plain mean over the classes that occur, in truth or in answers, `"weighted"` their mean by how
    often each occurs in truth, `"micro"` counts TP, FP and FN over all classes together, and `"binary"` is that of
    class 1 of two (0 where it occurs in neither). All as in scikit-learn. A row whose logits are not numbers is taken
    for no class: one more FN.

    Args:
        y_pred: logits, (N, C), or (N,) of class 1 where there is one a row.
        y_true: class ids 0 … C−1, (N,).
        average: see above.

    Example:
        >>> f1([2.0, -1.0, 3.0, 1.0], [1, 1, 1, 0], average="binary")
        0.666...
    """
    if average not in typing.get_args(Average):
        known = ", ".join(map(repr, typing.get_args(Average)))
        raise InvalidValue(f"f1(average={average!r}): average must be one of {known}.")
    logits, truth = by_row("f1", y_pred, y_true)
    answers, classes = likeliest(logits), logits.shape[1]
    if average == "binary" and classes != 2:
        raise InvalidValue(f"f1(average='binary') is for two classes, and there are {classes}: use 'macro'.")
    right = np.bincount(truth[answers == truth], minlength=classes)
    in_truth = np.bincount(truth, minlength=classes)
    # TP + FP is how often a class is answered, TP + FN how often it is true.
    occurrences = in_truth + np.bincount(answers[answers >= 0], minlength=classes)
    if average == "micro":
        return float(2 * right.sum() / occurrences.sum())
    by_class = 2 * right / np.maximum(occurrences, 1)
    if average == "binary":
        return float(by_class[1])
    return float(np.average(by_class, weights=in_truth if average == "weighted" else occurrences > 0))
