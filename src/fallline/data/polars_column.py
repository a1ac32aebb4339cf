"""One column of a polars data frame as NumPy values."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fallline.core.errors import DataError
from fallline.data.table import Column, Text

if TYPE_CHECKING:
    import polars as pl


def as_column(label: str, series: pl.Series) -> Column:
    """Return a series as a column: missing numbers become NaN, missing dates NaT, missing texts −1.

    Numbers with missing cells become floating-point, as do booleans; times with a zone become UTC.

    Raises:
        DataError: for a type that is neither number, boolean, date nor text.
    """
    import polars as pl

    dtype = series.dtype
    if dtype in (pl.String, pl.Categorical, pl.Enum):
        return encode(series.cast(pl.String))
    if dtype in (pl.Date, pl.Datetime):
        return series.to_numpy()
    if dtype == pl.Null or dtype.is_decimal() or (dtype == pl.Boolean and series.null_count()):
        return series.cast(pl.Float64).to_numpy()
    if dtype == pl.Boolean or dtype.is_integer() or dtype.is_float():
        return series.to_numpy()
    raise DataError(f"{label} holds {dtype}; numbers, booleans, dates and text can be used.")


def encode(texts: pl.Series) -> Text:
    """Return a series of text dictionary-encoded, levels sorted, without a Python string for each row."""
    import polars as pl

    levels = texts.unique().drop_nulls().sort()
    codes = texts.cast(pl.Enum(levels)).to_physical().cast(pl.Int32).fill_null(-1)
    return Text(codes.to_numpy(), tuple(levels.to_list()))
