"""A target that is the same in all rows."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from fallline.core.errors import CannotTell
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.table import classes, columns
from fallline.record.finding import Exhibit, Finding

SAME = 0.999
"""Share of rows with one target from which nothing else can be learnt: a thousand rows hold one that differs."""

RESOLUTION = 1e-6
"""Targets whose deviation is this part of their mean or less are one number: float32 tells a few such apart at all."""

SHOWN = 12
"""Targets in the picture, the commonest."""


class ConstantTarget(Cause):
    """A target that is the same in all rows, or in 999 of 1000: there is nothing to learn.

    How it is told: the commonest target's share of the training rows; of numbers also their spread about their mean.
    What mends it: other rows or another target column. A file that is sorted by the target and cut, not drawn, into
    parts often leaves one class for training.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = (
        "metric_disagrees",
        "overfitting",
        "vanishing_gradient",
        "dead_relu",
        "saturated_activations",
        "batch_too_large",
        "batch_too_small",
        "lr_too_small",
        "lr_decayed_away",
        "plateau",
        "underfitting",
        "outliers",
    )

    def judge(self, case: Case) -> Finding | None:
        """Count the targets."""
        y = target_columns(case)
        rows, first, counts = np.unique(y, axis=0, return_index=True, return_counts=True)
        commonest = int(counts.argmax())
        share = float(counts[commonest] / len(y))
        spread = float(np.max(y.std(axis=0) / np.maximum(np.abs(y.mean(axis=0)), np.finfo(float).tiny)))
        if share < SAME and (classes(case.train.y) is not None or spread > RESOLUTION):
            return None
        value = written(np.asarray(case.train.y)[first[commonest]])
        if share == 1:
            what = f"All {len(y):,} training rows have the target {value}"
        elif share >= SAME:
            what = f"{counts[commonest]:,} of the {len(y):,} training rows have the target {value}"
        else:
            what = f"All {len(y):,} training targets are {value} to within one part in {1 / max(spread, 1e-12):,.0f}"
        order = np.argsort(-counts, kind="stable")[:SHOWN]
        return Finding(
            cause=self.name(),
            message=f"{what}: a model that always says so is {'never' if share == 1 else 'hardly ever'} wrong, and "
            f"there is nothing else to learn.{_elsewhere(case, rows)}",
            since=None,
            evidence={"share": share, "value": value, "different": len(rows), "relative_spread": spread},
            confidence=0.98 if share == 1 else 0.95,
            remedy=None,
            advice="Choose another target, or rows in which it varies. If the parts were cut from a sorted file, draw "
            "them at random.",
            exhibit=Exhibit(
                title="How often each target occurs in the training part",
                names=("target", "rows"),
                series={written(np.asarray(case.train.y)[first[i]]): float(counts[i]) for i in order},
                kind="bars",
            ),
        )


def target_columns(case: Case) -> Any:
    """Return the training targets as columns of numbers, (N, K); problems without any cannot be judged by them."""
    y = getattr(case.train, "y", None)
    found = None if y is None else columns(np.asarray(y))
    if found is None:
        raise CannotTell("the data have no targets that are numbers: give them as (x, y).")
    return found


def written(target: Any) -> str:
    """Return a target in a few letters."""
    target = np.asarray(target)
    return f"{target.item():.6g}" if target.size == 1 else f"[{', '.join(f'{v:.3g}' for v in target.ravel()[:4])}, …]"


def _elsewhere(case: Case, known: Any) -> str:
    """Return what the validation part has that the training part has not."""
    y = getattr(case.validation, "y", None)
    others = None if y is None else columns(np.asarray(y))
    if others is None or not len(others):
        return ""
    strange = ~(others[:, None, :] == known[None, :16, :]).all(axis=2).any(axis=1) if len(known) <= 16 else np.zeros(1)
    count = int(strange.sum())
    return f" {count:,} of the {len(others):,} validation rows have another." if count else ""
