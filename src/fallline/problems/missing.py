"""Cells without a value, and cells whose value cannot be computed with."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError
from fallline.data.table import Column, Text
from fallline.problems import columns

Missing = Literal["error", "impute", "drop"]
"""What to do about missing cells: refuse them, put in the training mean (text: an own level), or drop their rows."""

_LARGEST = float(np.finfo(np.float32).max)


def cells(column: Column) -> int:
    """Return the number of cells of a column."""
    return len(column) if isinstance(column, Text) else column.size


def missing_per_row(column: Column) -> NDArray[np.intp]:
    """Return how many cells of each row are missing, (N,): NaN, no date, no text."""
    if isinstance(column, Text):
        return (column.codes < 0).astype(np.intp)
    if column.dtype.kind not in "fM":
        return np.zeros(len(column), np.intp)
    absent = np.isnat(column) if column.dtype.kind == "M" else np.isnan(column)
    return np.asarray(absent.reshape(len(column), -1).sum(axis=1))


def refuse_infinite(label: str, column: Column) -> None:
    """Refuse infinities; `label` names the column in the error."""
    if isinstance(column, Text) or column.dtype.kind != "f":
        return
    count = int(np.count_nonzero(np.isinf(column)))
    if count:
        raise DataError(
            f"{label}: {count} of {column.size} cells are infinite, and no mean can be taken of them; mark them as "
            f"missing, or leave them out."
        )


def refuse_too_large(label: str, column: Column) -> None:
    """Refuse numbers that float32, which training computes in, cannot hold; `label` names the column in the error."""
    if isinstance(column, Text) or column.dtype.kind != "f" or column.dtype.itemsize <= 4:
        return
    low, high = float(np.fmin.reduce(column, axis=None)), float(np.fmax.reduce(column, axis=None))
    if not (low < -_LARGEST or high > _LARGEST):
        return
    count = int(np.count_nonzero((column < -_LARGEST) | (column > _LARGEST)))
    raise DataError(
        f"{label}: {count} of {column.size} values are beyond what float32 can hold ({max(low, high, key=abs):g}); "
        f"rescale the column."
    )


def usable(
    part: Mapping[str, Column], features: Iterable[str], target: str, policy: Missing, where: str = ""
) -> NDArray[np.bool_]:
    """Return which rows to use, (N,): all, or with `policy="drop"` those without a missing cell.

    `where` stands before the column's name in errors.
    """
    keep = np.ones(len(part[target]), bool)
    for name in (*features, target):
        column = part[name]
        label = f"{where}{'target' if name == target else 'column'} {name!r}"
        refuse_infinite(label, column)
        refuse_too_large(label, column)
        absent = missing_per_row(column)
        if not absent.any():
            continue
        if policy == "drop":
            keep &= absent == 0
        elif name == target:
            raise DataError(f"{_found(label, absent, column)}; a target cannot be made up: pass missing='drop'.")
        elif policy == "error":
            raise DataError(f"{_found(label, absent, column)}; pass missing='impute' or missing='drop'.")
    return keep


def usable_rows(
    part: Mapping[str, Column], features: Iterable[str], target: str, policy: Missing, where: str = ""
) -> columns.Indices:
    """Return the indices of the rows to use, of which there is one at least; see `usable`."""
    keep = usable(part, features, target, policy, where)
    if not keep.any():
        raise DataError(f"{where}no row is left: each of the {len(keep)} rows has a missing cell.")
    return np.flatnonzero(keep)


def refuse_missing(name: str, column: Column, policy: Missing) -> None:
    """Refuse missing cells among rows to predict for, unless they are imputed."""
    absent = missing_per_row(column)
    if policy != "impute" and absent.any():
        raise DataError(
            f"{_found(f'column {name!r}', absent, column)}; the model was trained without missing cells "
            f"(missing={policy!r}): leave these rows out."
        )


def _found(label: str, absent: NDArray[np.intp], column: Column) -> str:
    return f"{label}: {int(absent.sum())} of {cells(column)} cells are missing"
