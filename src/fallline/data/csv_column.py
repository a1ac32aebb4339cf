"""What a column of CSV cells holds: numbers, booleans, dates or text."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fallline.core.errors import DataError
from fallline.data import polars_column
from fallline.data.table import Array, Column

if TYPE_CHECKING:
    import polars as pl

MISSING = ("", "NA", "NaN", "nan", "null", "NULL")
"""Cells that hold no value."""

_FLAGS = ["false", "true"]

_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DAY = "%Y-%m-%d"
_TIMES = ("%H:%M", "%H:%M:%S", "%H:%M:%S%.f")
_LOCAL = tuple(f"{_DAY}{between}{time}" for time in _TIMES for between in " T")
_ZONED = "%+"


def as_column(cells: pl.Series, label: str, decimal_comma: bool, line_of: Callable[[str], int]) -> Column:
    """Return what the cells hold: the narrowest of whole numbers, numbers, booleans, dates and text that fits all.

    Args:
        cells: text, null where a cell is missing.
        label: the file and the column, for the error message.
        decimal_comma: whether `1,5` is a number.
        line_of: gives the line of the first cell with this text.

    Raises:
        DataError: for cells of which some are not numbers, but most are.
    """
    found = _numbers(cells)
    if found is not None:
        return found
    cells = _without_spaces(cells)
    numeric = cells.str.replace(",", ".", literal=True) if decimal_comma else cells
    found = _numbers(numeric)
    if found is None:
        found = _booleans(cells)
    if found is None:
        found = _dates(cells)
    if found is not None:
        return found
    _refuse_mixture(cells, numeric, label, line_of)
    return polars_column.encode(cells)


def flag_words(cells: pl.Series) -> tuple[str, str] | None:
    """Return how the cells write false and true, where they hold nothing else and write each in one way.

    >>> import polars as pl
    >>> flag_words(pl.Series(["TRUE", None, "FALSE", "TRUE"]))
    ('FALSE', 'TRUE')
    """
    if not _first(cells).str.strip_chars().str.to_lowercase().is_in(_FLAGS).all():
        return None
    written = sorted({word.strip() for word in cells.unique().drop_nulls()} - set(MISSING), key=str.lower)
    return (written[0], written[1]) if [word.lower() for word in written] == _FLAGS else None


def _numbers(cells: pl.Series) -> Column | None:
    import polars as pl

    for dtype in (pl.Int64, pl.Float64):
        parsed = cells.cast(dtype, strict=False)
        if parsed.null_count() == cells.null_count():
            return polars_column.as_column(cells.name, parsed)
    return None


def _without_spaces(cells: pl.Series) -> pl.Series:
    """Return the cells without spaces around them; what is then a mark of a missing value is null."""
    import polars as pl

    if not (cells.str.starts_with(" ") | cells.str.ends_with(" ")).any():
        return cells
    bare = cells.str.strip_chars()
    return pl.select(pl.when(~bare.is_in(MISSING)).then(bare).alias(cells.name)).to_series()


def _booleans(cells: pl.Series) -> Column | None:
    lower = _first(cells).str.to_lowercase()
    if not lower.is_in(_FLAGS).all():
        return None
    lower = cells.str.to_lowercase()
    if not lower.is_in(_FLAGS).all():
        return None
    return polars_column.as_column(cells.name, lower == "true")


def _dates(cells: pl.Series) -> Array | None:
    """Return days, or times where any cell has one; times with a zone become UTC, and all must have one then."""
    import polars as pl

    if not _first(cells).str.contains(_DATE).all():
        return None
    days = cells.str.to_date(_DAY, strict=False)
    if days.null_count() == cells.null_count():
        return days.to_numpy()
    times = days.cast(pl.Datetime("us"))
    for form in _LOCAL:
        times = times.zip_with(times.is_not_null(), cells.str.to_datetime(form, time_unit="us", strict=False))
        if times.null_count() == cells.null_count():
            return times.to_numpy()
    zoned = cells.str.to_datetime(_ZONED, strict=False)
    return zoned.to_numpy() if zoned.null_count() == cells.null_count() else None


def _first(cells: pl.Series) -> pl.Series:
    """Return the first cell that holds a value: enough to rule most types out without reading the column."""
    return (cells.drop_nulls() if cells.null_count() else cells).head(1)


def _refuse_mixture(cells: pl.Series, numeric: pl.Series, label: str, line_of: Callable[[str], int]) -> None:
    import polars as pl

    is_text = numeric.cast(pl.Float64, strict=False).is_null() & cells.is_not_null()
    texts, values = int(is_text.sum()), len(cells) - cells.null_count()
    if 2 * texts > values:
        return
    example = cells.filter(is_text)[0]
    raise DataError(
        f"{label}: {texts} of {len(cells)} cells are not numbers, first {example!r} on line {line_of(example)}. Write "
        f"numbers there, or nothing where a value is missing."
    )
