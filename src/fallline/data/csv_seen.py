"""What the cells of a CSV column have been so far, when they are seen a part at a time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from fallline.data.column_type import ColumnType
from fallline.data.csv_column import (
    DAY,
    FLAG,
    NOTHING,
    NUMBER,
    TEXT,
    TIME,
    WHOLE,
    ZONED,
    NotNumbers,
    flag_words,
    not_numbers,
    read,
    refuse_mixture,
    spellings,
    without_spaces,
)

if TYPE_CHECKING:
    import polars as pl

_WIDER = {frozenset((WHOLE, NUMBER)): NUMBER, frozenset((DAY, TIME)): TIME}
_DTYPES = {WHOLE: "i8", NUMBER: "f8", NOTHING: "f8", FLAG: "?", DAY: "M8[D]", TIME: "M8[us]", ZONED: "M8[us]"}


@dataclass(frozen=True)
class Seen:
    """The narrowest kind that fits all cells, and what else their column's type depends on.

    The kinds exclude each other but for whole numbers among numbers and days among times, so the kind of the whole
    follows from those of its parts.

    Args:
        kind: one of the kinds of `csv_column`.
        spaced: whether there are spaces around cells.
        written: how false and true are written.
        texts: cells that are not numbers.
        values: cells that are not missing.
        cells: all cells.
        example: the first that is not a number.
    """

    kind: str = NOTHING
    spaced: bool = False
    written: frozenset[str] = frozenset()
    texts: int = 0
    values: int = 0
    cells: int = 0
    example: str | None = None

    def __or__(self, other: Seen) -> Seen:
        """Return what this part and the one after it are together."""
        return Seen(
            _wider(self.kind, other.kind),
            self.spaced or other.spaced,
            self.written | other.written,
            self.texts + other.texts,
            self.values + other.values,
            self.cells + other.cells,
            other.example if self.example is None else self.example,
        )

    @property
    def type(self) -> ColumnType:
        """What the column holds; whole numbers and booleans with missing cells become floating-point."""
        if self.kind == TEXT:
            return ColumnType(None)
        floating = self.kind in (WHOLE, FLAG) and self.values < self.cells
        return ColumnType(np.dtype("f8" if floating else _DTYPES[self.kind]), nothing=self.kind == NOTHING)

    @property
    def words(self) -> tuple[str, str] | None:
        """How a column of booleans writes false and true, where it has one word each."""
        return flag_words(self.written) if self.kind == FLAG else None

    def refuse_mixture(self, label: str, line_of: Callable[[str], int]) -> None:
        """Refuse a column of text most of whose cells are numbers."""
        if self.kind == TEXT:
            refuse_mixture(NotNumbers(self.texts, self.values, self.cells, self.example), label, line_of)


def see(cells: pl.Series, decimal_comma: bool) -> Seen:
    """Return what the cells of one part are."""
    bare = without_spaces(cells)
    kind, _ = read(bare, decimal_comma)
    seen = Seen(kind, bare is not cells, values=len(bare) - bare.null_count(), cells=len(bare))
    if kind in (NOTHING, WHOLE, NUMBER):
        return seen
    if kind == TEXT:
        found = not_numbers(bare, decimal_comma)
        return replace(seen, texts=found.texts, example=found.example)
    written = spellings(bare) if kind == FLAG else frozenset()
    return replace(seen, written=written, texts=seen.values, example=bare.drop_nulls()[0])


def _wider(one: str, other: str) -> str:
    if NOTHING in (one, other) or one == other:
        return other if one == NOTHING else one
    return _WIDER.get(frozenset((one, other)), TEXT)
