"""Tables below each other, as one table."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from fallline.data.column_type import ColumnType, cast, join_types, type_of
from fallline.data.table import Column, Table, Text


def concatenate(name: str, tables: Sequence[Table], source: str | None = None) -> Table:
    """Return the rows of all tables, in order, as one table.

    Raises:
        DataError: for tables that differ in their columns or what these hold.
    """
    types = join_types({_label(table): {k: _held(v) for k, v in table.columns.items()} for table in tables})
    columns = {key: joined([cast(table.columns[key], held) for table in tables]) for key, held in types.items()}
    tests = [table.test for table in tables if table.test]
    test = concatenate(name, tests) if tests else None
    targets = {table.target for table in tables}
    target = targets.pop() if len(targets) == 1 else None
    words = {k: v for k, v in tables[0].words.items() if all(table.words.get(k) == v for table in tables)}
    return Table(name, columns, target, test, source, words)


def _label(table: Table) -> str:
    return table.source or table.name


def _held(column: Column) -> ColumnType:
    """Return the type of a column, a CSV column without any value being of any type."""
    if isinstance(column, Text) or column.dtype != np.float64 or column.ndim > 1:
        return type_of(column)
    return ColumnType(column.dtype, nothing=bool(np.isnan(column).all()))


def joined(columns: Sequence[Column]) -> Column:
    """Return the rows of several columns of one type as one column; text then has its levels in alphabetical order.

    >>> one = joined([Text(np.array([0, -1], np.int32), ("b",)), Text(np.array([1, 0], np.int32), ("a", "b"))])
    >>> one.codes.tolist(), one.levels
    ([1, -1, 1, 0], ('a', 'b'))
    """
    texts = [column for column in columns if isinstance(column, Text)]
    if not texts:
        return np.concatenate([column for column in columns if not isinstance(column, Text)])
    levels = sorted({level for text in texts for level in text.levels})
    place = {level: code for code, level in enumerate(levels)}
    # The place of a missing text is looked up at the end, where −1 leads.
    codes = [np.array([*(place[level] for level in text.levels), -1], np.int32)[text.codes] for text in texts]
    return Text(np.concatenate(codes), tuple(levels))
