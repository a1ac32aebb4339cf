"""Arrays in memory: `(x, y)`, one array, a mapping of columns, or a data frame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from fallline.core.errors import DataError, InvalidType
from fallline.data.polars_column import as_column as polars_column
from fallline.data.source import Source
from fallline.data.table import Array, Column, Table, Text

NAME = "arrays"


def _read(source: Any) -> Table:
    if isinstance(source, tuple):
        if len(source) != 2:
            raise DataError(f"a tuple of {len(source)} was given as data; a tuple is (x, y), one array is given alone.")
        return Table(NAME, with_target(*source), "y")
    return Table(NAME, _columns(source))


def with_target(x: Any, y: Any) -> dict[str, Column]:
    """Return the columns of `(x, y)`: those of `x`, and `y`, which (N, 1) is squeezed to (N,)."""
    columns = _columns(x)
    if "y" in columns:
        raise DataError("(x, y): x has a column 'y' of its own, so the target would hide it; rename it.")
    target = as_column("y", y)
    if not isinstance(target, Text) and target.ndim == 2 and target.shape[1] == 1:
        target = target[:, 0]
    return {**columns, "y": target}


def as_column(name: str, values: Any) -> Column:
    """Return values as a column: numbers, booleans and dates as they are, text dictionary-encoded.

    Raises:
        DataError: for what is none of these, has no rows, or masked cells.
    """
    if isinstance(values, Text):
        return values
    if _is_polars(values):
        return polars_column(f"column {name!r}", values)
    array = _as_array(name, values)
    if array.ndim == 0:
        raise InvalidType(f"column {name!r}: {type(values).__name__} is not an array with one row an example.")
    if array.dtype.kind in "OUT":
        return _text(name, array)
    if array.dtype.kind == "c":
        raise DataError(f"column {name!r} holds complex numbers; give their real and imaginary parts as two columns.")
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


def _columns(source: Any) -> dict[str, Column]:
    if _is_frame(source):
        names = [str(name) for name in source.columns]
        if len(set(names)) < len(names):
            raise DataError(f"the data frame has several columns called {_first_repeated(names)!r}; names must differ.")
        return {str(name): as_column(str(name), source[name]) for name in source.columns}
    if isinstance(source, Mapping):
        return {name: as_column(name, values) for name, values in source.items()}
    return {"x": as_column("x", source)}


def _as_array(name: str, values: Any) -> Array:
    if np.ma.is_masked(values):
        raise DataError(f"column {name!r} has masked cells; fill them, with NaN where they are missing.")
    if _is_pandas_number(values):
        missing = values.isna().any()
        return np.asarray(values.to_numpy(dtype=np.float64, na_value=np.nan) if missing else values.to_numpy())
    has_text = isinstance(values, list | tuple) and any(isinstance(value, str) for value in values)
    try:
        return np.array(values, dtype=object) if has_text else np.asarray(values)  # which would turn numbers into text
    except (ValueError, TypeError) as error:
        raise DataError(
            f"column {name!r} cannot be made one array ({error}). Every row needs the same shape; a pair is given as "
            f"a tuple, (x, y)."
        ) from None


def _text(name: str, array: Array) -> Text:
    if array.ndim != 1:
        raise DataError(
            f"column {name!r} is a {array.ndim}-dimensional array of {array.dtype}; text is given as one column each, "
            f"in a mapping from names to columns, and numbers as an array of a numeric type."
        )
    try:
        values = array.tolist()
    except (SystemError, ValueError):  # what Python says of such characters, by its version
        raise DataError(f"column {name!r} holds text with characters that Unicode does not have.") from None
    try:
        distinct = set(values)
    except TypeError:
        raise _not_text(name, next(v for v in values if not isinstance(v, str))) from None
    for value in distinct:
        if not isinstance(value, str) and not _is_missing(value):
            raise _not_text(name, value)
    levels = sorted(value for value in distinct if isinstance(value, str))
    codes = {level: code for code, level in enumerate(levels)}
    return Text(np.fromiter((codes.get(v, -1) for v in values), np.int32, len(values)), tuple(levels))


def _not_text(name: str, value: Any) -> DataError:
    return DataError(
        f"column {name!r} holds Python objects that are not all text: {repr(value)[:60]} is of type "
        f"{type(value).__name__}. Convert it to numbers, with .astype(float), or to text, with .astype(str)."
    )


def _is_missing(value: Any) -> bool:
    return value is None or type(value).__name__ == "NAType" or (isinstance(value, float) and value != value)


def _is_pandas_number(values: Any) -> bool:
    """Whether it is a pandas series of a number type of pandas' own, with pandas' own mark for missing."""
    dtype = getattr(values, "dtype", None)
    own = not isinstance(dtype, np.dtype) and getattr(dtype, "kind", None) in ("i", "u", "f", "b")
    return own and hasattr(values, "isna")


def _is_frame(source: Any) -> bool:
    return hasattr(source, "columns") and hasattr(source, "to_numpy")


def _is_polars(values: Any) -> bool:
    return type(values).__module__.startswith("polars.")


def _first_repeated(names: list[str]) -> str:
    return next(name for i, name in enumerate(names) if name in names[:i])


def _accepts(source: Any) -> bool:
    return isinstance(source, tuple | list | Mapping) or hasattr(source, "__array__") or _is_frame(source)


SOURCE = Source("arrays: (x, y), x, a mapping of columns, a data frame", _accepts, _read)
