"""Rows as a user has them, a table, a mapping of columns or an array, as named columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from fallline.core.errors import DataError
from fallline.data.load import load
from fallline.data.table import Column, Text
from fallline.problems.columns import describe
from fallline.problems.encoders import Encoder, Numbers


def named_columns(given: Any, encoders: Sequence[Encoder]) -> dict[str, Column]:
    """Return the columns that the encoders need, checked; others are left out.

    Args:
        given: a `Table` or a data frame; a mapping of column names to values, or to one value each for a single row;
            or an array, where there is one column, or where all F columns are numbers and the array is (N, F) or (F,).
        encoders: one a column.
    """
    if hasattr(given, "columns"):
        held = load(given).columns
        _check_names(held, encoders)
    else:
        named = given if isinstance(given, Mapping) else _split_array(given, encoders)
        _check_names(named, encoders)
        held = load({e.name: _with_row_axis(named[e.name], e) for e in encoders}).columns
    return {e.name: e.accept(held[e.name]) for e in encoders}


def _check_names(held: Mapping[str, Any], encoders: Sequence[Encoder]) -> None:
    absent = [e.name for e in encoders if e.name not in held]
    if absent:
        raise DataError(
            f"the rows lack {describe(absent)}; needed are {describe(e.name for e in encoders)}, and there are "
            f"{describe(held) or 'none'}."
        )


def _with_row_axis(value: Any, encoder: Encoder) -> Any:
    """Return a column's values, a single row's as a column of one."""
    alone = not isinstance(value, Text) and np.ndim(value) == len(encoder.row_shape)
    return [value] if alone else value


def _split_array(given: Any, encoders: Sequence[Encoder]) -> dict[str, Any]:
    """Return an array as a mapping of columns."""
    array = np.asarray(given)
    if len(encoders) == 1:
        column = encoders[0]
        single_numbers = column.row_shape == () and array.ndim == 2 and array.shape[1] == 1
        return {column.name: array[:, 0] if single_numbers else array}
    if not all(isinstance(e, Numbers) and e.row_shape == () for e in encoders):
        raise DataError(
            f"an array cannot hold these columns: pass a mapping with {describe(e.name for e in encoders)}."
        )
    if array.ndim not in (1, 2) or array.shape[-1] != len(encoders):
        raise DataError(
            f"an array of shape {array.shape} does not fit: each row needs {len(encoders)} numbers, "
            f"{describe(e.name for e in encoders)}."
        )
    return {e.name: np.atleast_2d(array)[:, i] for i, e in enumerate(encoders)}
