"""How much each row counts: a column of weights, and the weights of the classes."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError, InvalidType, InvalidValue, did_you_mean
from fallline.core.problem import Batch, WeightedBatch
from fallline.data.table import Column, Text
from fallline.problems.columns import Indices, kind, pick
from fallline.problems.missing import missing_per_row, refuse_infinite, refuse_too_large
from fallline.problems.preparation import Target
from fallline.problems.targets.labels import Labels

ClassWeight = Literal["balanced"] | Mapping[Any, float]


@dataclass(frozen=True)
class Weighting:
    """What weights were asked for.

    Args:
        column: the column with a weight a row, which holds in every part.
        classes: `"balanced"`, or label → weight, which holds in training alone.
    """

    column: str | None = None
    classes: ClassWeight | None = None

    def to_dict(self) -> dict[str, Any]:
        """Return what was asked for as the arguments of `for_data`, as plain data."""
        classes = self.classes
        if isinstance(classes, Mapping):
            classes = {str(label): float(weight) for label, weight in classes.items()}
        asked = {"weight": self.column, "class_weight": classes}
        return {name: value for name, value in asked.items() if value is not None}

    def by_row(self, batch: Batch, columns: Mapping[str, Column], rows: Indices, where: str = "") -> Any:
        """Return rows with their weights from some rows of a table, or a block of it; `where` stands first in errors.

        Args:
            batch: the rows, encoded.
            columns: the table's columns.
            rows: their indices in the table.
            where: the part, or the file and the block.
        """
        weights = self.of(columns, rows, where)
        return batch if weights is None else WeightedBatch(*batch, weights)

    def of(self, columns: Mapping[str, Column], rows: Indices, where: str = "") -> NDArray[np.float32] | None:
        """Return the weights of some rows of a table, or a block of it, (N,), where a column has them."""
        if self.column is None:
            return None
        return row_weights(self.column, pick(columns[self.column], rows), where)

    def by_class(self, batch: Any, target: Target, counts: NDArray[Any] | None) -> Any:
        """Return training rows with the weights of their classes, times their own.

        Args:
            batch: the rows, or a block of them, with class ids in `y`.
            target: how the labels are encoded.
            counts: the training rows of each class, all blocks together, (C,); `None` for a regression.
        """
        if self.classes is None:
            return batch
        factors = self._factors(target, counts)[batch.y]
        own = batch.weight if isinstance(batch, WeightedBatch) else 1.0
        return WeightedBatch(batch.x, batch.y, (own * factors).astype(np.float32))

    def mean(self, target: Target, tally: NDArray[np.float64]) -> float:
        """Return the mean weight of training rows that are not all in memory.

        mean = Σ f_c W_c / Σ n_c        over the classes c, of factor f_c

        Args:
            target: how the labels are encoded.
            tally: n_c, the training rows of each class, and W_c, the sum of their own weights, (C, 2); (1, 2) for a
                regression.

        Raises:
            DataError: when all are 0.
        """
        factors = np.ones(len(tally)) if self.classes is None else self._factors(target, tally[:, 0])
        rows, total = tally[:, 0].sum(), factors @ tally[:, 1]
        if not total:
            raise DataError(f"training part: the weights of all {rows:.0f} rows are 0: nothing counts.")
        return float(total / rows)

    def _factors(self, target: Target, counts: NDArray[Any] | None) -> NDArray[np.float64]:
        assert self.classes is not None
        if not isinstance(target, Labels) or counts is None:
            raise InvalidValue(f"class_weight={self.classes!r} is for classification, and the task is regression.")
        return class_weights(self.classes, target, counts)


def refuse_all_zero(batch: Any, where: str = "") -> None:
    """Refuse a part whose rows count nothing at all."""
    if isinstance(batch, WeightedBatch) and not batch.weight.any():
        raise DataError(f"{where}the weights of all {len(batch.weight)} rows are 0: nothing counts.")


def row_weights(name: str, column: Column, where: str = "") -> NDArray[np.float32]:
    """Return a column of weights, (N,), checked.

    Raises:
        DataError: for text, dates, several numbers a row, and numbers that are missing, infinite or negative.
    """
    label = f"{where}column {name!r}"
    if isinstance(column, Text) or kind(column) == "date" or column.size != len(column):
        held = {"text": "text", "date": "dates"}.get(kind(column), "several numbers a row")
        raise DataError(f"{label} holds {held}; weights are numbers, one a row, 0 or more.")
    weights = column.reshape(-1)
    refuse_infinite(label, weights)
    refuse_too_large(label, weights)
    for found, count in (("missing", missing_per_row(weights).sum()), ("negative", np.count_nonzero(weights < 0))):
        if count:
            raise DataError(
                f"{label}: {count} of {len(weights)} weights are {found}; each must be a number, 0 or more."
            )
    return weights.astype(np.float32)


def class_weights(asked: ClassWeight, labels: Labels, counts: NDArray[Any]) -> NDArray[np.float64]:
    """Return the weight of each class, (C,), by its id.

    balanced: n / (C · n_c)        n_c: the training rows of class c, n: all of them

    so that every class has the same sum of weights, and the mean weight is 1, as in scikit-learn.

    Args:
        asked: `"balanced"`, or label → weight; labels that are not named weigh 1. A label may be named by its text.
        labels: the classes.
        counts: the training rows of each class, (C,).

    Raises:
        InvalidValue, InvalidType: for labels that are not known, and weights that are no finite numbers from 0 up.

    Example:
        >>> class_weights("balanced", Labels("y", ("no", "yes"), "text"), np.array([3, 1])).round(3).tolist()
        [0.667, 2.0]
    """
    if asked == "balanced":
        return np.asarray(np.where(counts > 0, counts.sum() / (len(counts) * np.maximum(counts, 1)), 1.0))
    if not isinstance(asked, Mapping):
        raise InvalidType(f"class_weight={asked!r}: give 'balanced', or a weight a label as in {{'yes': 3, 'no': 1}}.")
    weights = np.ones(len(counts))
    for label, weight in asked.items():
        place = _place(label, labels)
        if isinstance(weight, bool) or not isinstance(weight, int | float) or not 0 <= weight < math.inf:
            raise InvalidValue(f"class_weight= has {weight!r} for {label!r}; a weight is a finite number, 0 or more.")
        weights[place] = weight
    return weights


def _place(label: Any, labels: Labels) -> int:
    """Return the id of a class by its label, or by how the label is written."""
    for place, known in enumerate(labels.labels):
        written = {str(known)} if isinstance(known, str) else {str(known), f"{known:g}"}
        if label == known or str(label) in written:
            return place
    near = did_you_mean(str(label), map(str, labels.labels))
    raise InvalidValue(f"class_weight= names {label!r}, which is no class.{near}")
