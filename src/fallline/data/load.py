"""One door for data from anywhere."""

from __future__ import annotations

import functools
import importlib
import os
import pkgutil
from pathlib import Path
from typing import Any

import numpy as np

from fallline.core.errors import DataError, InvalidType
from fallline.data.file import absolute, has_suffix, is_folder
from fallline.data.not_found import not_found
from fallline.data.source import Source
from fallline.data.table import Table, Text


def load(source: Any) -> Table:
    """Read a data set by name, a file, or arrays.

    Args:
        source: one of

            - the name of a data set that is always at hand: `"digits"`, `"iris"`, `"wine"`, `"breast_cancer"`,
              `"diabetes"`; or `"openml:NAME"`, fetched from openml.org;
            - a path: CSV, Parquet, NPY, NPZ or IDX by its suffix, or a folder of IDX files; `"./digits"` is a path
              even where a data set has the name;
            - `(x, y)` or `x`: arrays with one row an example; a data frame; a mapping from column names to arrays;
            - a `Table`, returned as it is.

    Returns:
        The table, unsplit. Missing values are kept; what to do about them is decided later.

    Raises:
        DataError: for what cannot be found, read or trained on.
        InvalidType: for objects that are no data.

    Example:
        >>> load("iris")
        Table('iris', 150 rows, columns=['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)',
        'petal width (cm)', 'species'], target='species')
        >>> load((np.zeros((4, 3)), [0, 1, 0, 1])).columns["x"].shape
        (4, 3)
    """
    if isinstance(source, Table):
        return source
    for kind in sources():
        if kind.accepts(source):
            table = kind.read(source)
            _refuse_infinite(table)
            return table
    raise _unreadable(source)


@functools.cache
def sources() -> tuple[Source, ...]:
    """Return every kind of source, found by looking into the files of this package."""
    package = importlib.import_module("fallline.data")
    names = sorted(module.name for module in pkgutil.iter_modules(package.__path__, "fallline.data."))
    found = (getattr(importlib.import_module(name), "SOURCE", None) for name in names)
    return tuple(kind for kind in found if kind is not None)


def _refuse_infinite(table: Table) -> None:
    for part in (table, table.test):
        for name, column in part.columns.items() if part else ():
            if isinstance(column, Text) or column.dtype.kind != "f":
                continue
            count = int(np.count_nonzero(np.isinf(column)))
            if count:
                raise DataError(
                    f"{table.source or 'data'}: column {name!r} has {count} infinite value{'s' * (count > 1)} in "
                    f"{column.size}. A value must be a number, or missing (NaN); replace or remove them."
                )


def _unreadable(source: Any) -> Exception:
    if not isinstance(source, str | os.PathLike):
        kinds = "; ".join(kind.what for kind in sources())
        return InvalidType(f"cannot read data from {type(source).__name__}. What can be read: {kinds}.")
    path = absolute(source)
    files = ", ".join(kind.what for kind in sources() if kind.suffixes)
    if is_folder(source):
        inside = _readable_files(path)
        each = f" Files in it that can be read, each by itself: {', '.join(inside[:10])}." if inside else ""
        return DataError(f"{path} is a folder without IDX files, the only kind of folder that is read.{each}")
    if os.path.exists(path):
        return DataError(f"cannot tell from its name how to read {path}. Files that can be read: {files}.")
    return not_found(source, path)


def _readable_files(folder: Path) -> list[str]:
    suffixes = tuple(suffix for kind in sources() for suffix in kind.suffixes)
    return sorted(name for name in os.listdir(folder) if has_suffix(name, suffixes))
