"""What a column of CSV cells holds: numbers, booleans, dates or text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from fallline.core.errors import DataError
from fallline.data import polars_column
from fallline.data.table import Column

if TYPE_CHECKING:
    import polars as pl

MISSING = ("", "NA", "NaN", "nan", "null", "NULL")
"""Cells that hold no value."""

NOTHING, WHOLE, NUMBER, FLAG, DAY, TIME, ZONED, TEXT = (
    "nothing",
    "whole numbers",
    "numbers",
    "booleans",
    "days",
    "times",
    "times with a zone",
    "text",
)
"""What cells may be."""

_FLAGS = ["false", "true"]

_DATE = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}"
_DAY_FORM = "%Y-%m-%d"
_CLOCK_FORMS = ("%H:%M", "%H:%M:%S", "%H:%M:%S%.f")
_LOCAL_FORMS = tuple(f"{_DAY_FORM}{between}{clock}" for clock in _CLOCK_FORMS for between in " T")
_ZONED_FORM = "%+"


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
    kind, values = read(cells, decimal_comma)
    if kind == TEXT:
        refuse_mixture(not_numbers(values, decimal_comma), label, line_of)
    return polars_column.as_column(label, values)


def read(cells: pl.Series, decimal_comma: bool) -> tuple[str, pl.Series]:
    """Return what the cells are, the narrowest that fits all, and their values."""
    for kind in (WHOLE, NUMBER):  # most columns are numbers without spaces
        values = _VALUES[kind](cells)
        if values.null_count() == cells.null_count():
            return (kind if cells.null_count() < len(cells) else NOTHING), values
    cells = without_spaces(cells)
    for kind in _VALUES:
        if parse(kind, _first(cells), decimal_comma).null_count():
            continue
        values = parse(kind, cells, decimal_comma)
        if values.null_count() == cells.null_count():
            return kind, values
    return TEXT, cells


def parse(kind: str, cells: pl.Series, decimal_comma: bool) -> pl.Series:
    """Return the values of cells without spaces around them, null where one is not of the kind."""
    if kind == TEXT:
        return cells
    if decimal_comma and kind in (WHOLE, NUMBER):
        cells = cells.str.replace(",", ".", literal=True)
    return _VALUES[WHOLE if kind == NOTHING else kind](cells)


class NotNumbers(NamedTuple):
    """How many of a column's cells are not numbers, of how many with a value and in all, and the first of them."""

    texts: int
    values: int
    cells: int
    example: str | None


def not_numbers(cells: pl.Series, decimal_comma: bool) -> NotNumbers:
    """Return how many of the cells, which have no spaces around them, are not numbers."""
    import polars as pl

    numeric = cells.str.replace(",", ".", literal=True) if decimal_comma else cells
    is_text = numeric.cast(pl.Float64, strict=False).is_null() & cells.is_not_null()
    texts = int(is_text.sum())
    return NotNumbers(texts, len(cells) - cells.null_count(), len(cells), cells.filter(is_text)[0] if texts else None)


def refuse_mixture(found: NotNumbers, label: str, line_of: Callable[[str], int]) -> None:
    """Refuse a column of text most of whose cells are numbers."""
    if found.example is not None and 2 * found.texts <= found.values:
        raise DataError(
            f"{label}: {found.texts} of {found.cells} cells are not numbers, first {found.example!r} on line "
            f"{line_of(found.example)}. Write numbers there, or nothing where a value is missing."
        )


def spellings(cells: pl.Series) -> frozenset[str]:
    """Return how the cells write false and true; nothing where the first of them writes neither."""
    if not _first(cells).str.strip_chars().str.to_lowercase().is_in(_FLAGS).all():
        return frozenset()
    return frozenset(word.strip() for word in cells.unique().drop_nulls()) - set(MISSING)


def flag_words(written: frozenset[str]) -> tuple[str, str] | None:
    """Return the words for false and true, where nothing else is written and each is in one way.

    >>> flag_words(frozenset({"TRUE", "FALSE"}))
    ('FALSE', 'TRUE')
    """
    words = sorted(written, key=str.lower)
    return (words[0], words[1]) if [word.lower() for word in words] == _FLAGS else None


def without_spaces(cells: pl.Series) -> pl.Series:
    """Return the cells without spaces around them; what is then a mark of a missing value is null."""
    import polars as pl

    if not any((cells.str.starts_with(blank) | cells.str.ends_with(blank)).any() for blank in " \t"):
        return cells
    bare = cells.str.strip_chars()
    return pl.select(pl.when(~bare.is_in(MISSING)).then(bare).alias(cells.name)).to_series()


def _whole(cells: pl.Series) -> pl.Series:
    import polars as pl

    return cells.cast(pl.Int64, strict=False)


def _numbers(cells: pl.Series) -> pl.Series:
    import polars as pl

    return cells.cast(pl.Float64, strict=False)


def _flags(cells: pl.Series) -> pl.Series:
    import polars as pl

    lower = cells.str.to_lowercase()
    return pl.select(pl.when(lower.is_in(_FLAGS)).then(lower == "true").alias(cells.name)).to_series()


def _days(cells: pl.Series) -> pl.Series:
    return _dated(cells).str.to_date(_DAY_FORM, strict=False)


def _times(cells: pl.Series) -> pl.Series:
    """Return days and times, each in any of its forms."""
    import polars as pl

    dated = _dated(cells)
    times = dated.str.to_date(_DAY_FORM, strict=False).cast(pl.Datetime("us"))
    for form in _LOCAL_FORMS:
        if times.null_count() == cells.null_count():
            break
        times = times.zip_with(times.is_not_null(), dated.str.to_datetime(form, time_unit="us", strict=False))
    return times


def _zoned(cells: pl.Series) -> pl.Series:
    return _dated(cells).str.to_datetime(_ZONED_FORM, strict=False)


def _dated(cells: pl.Series) -> pl.Series:
    """Return the cells that begin as a date does, the others as null: the parser would take 1-2-3 for one."""
    import polars as pl

    return pl.select(pl.when(cells.str.contains(_DATE)).then(cells).alias(cells.name)).to_series()


def _first(cells: pl.Series) -> pl.Series:
    """Return the first cell that holds a value: enough to rule most types out without reading the column."""
    return (cells.drop_nulls() if cells.null_count() else cells).head(1)


_VALUES: Mapping[str, Callable[[pl.Series], pl.Series]] = {
    WHOLE: _whole,
    NUMBER: _numbers,
    FLAG: _flags,
    DAY: _days,
    TIME: _times,
    ZONED: _zoned,
}
"""Kind → the values of cells, null where a cell is something else; the narrower ones first."""
