"""One door for data from anywhere."""

from __future__ import annotations

import functools
import importlib
import os
import pkgutil
from pathlib import Path
from typing import Any

from fallline.core.errors import DataError, InvalidType
from fallline.data.concatenate import concatenate
from fallline.data.file import absolute, has_suffix, is_folder
from fallline.data.infinite import infinite_cells
from fallline.data.many import files_of, name_of, source_of
from fallline.data.not_found import not_found
from fallline.data.source import Source
from fallline.data.table import Table, Text


def load(source: Any) -> Table:
    """Read a data set by name, a file, or arrays.

    Args:
        source: one of

            - the name of a data set that is always at hand: `"digits"`, `"iris"`, `"wine"`, `"breast_cancer"`,
              `"diabetes"`; `"openml:NAME"`, fetched from openml.org; or the name of a file that `fallline data`
              fetched;
            - a path: CSV, Parquet, NPY, NPZ or IDX by its suffix, a folder of IDX files, or one of images by class;
              `"./digits"` is a path even where a data set has the name;
            - `"images(FOLDER, size=(32, 32), broken='skip')"`: what `fl.data.images` reads;
            - a pattern, `"logs/*.parquet"` or `"logs/**/*.csv"`, or a list of paths: files with the same columns, read
              as one table, those of a pattern in the order of their names;
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
        >>> import numpy as np
        >>> load((np.zeros((4, 3)), [0, 1, 0, 1])).columns["x"].shape
        (4, 3)
    """
    if isinstance(source, Table):
        return source
    paths = files_of(source)
    if paths is not None:
        return concatenate(name_of(paths), [load(path) for path in paths], source_of(source))
    kind = kind_of(source)
    if kind is None:
        raise _unreadable(source)
    table = kind.read(source)
    _refuse_infinite(table)
    return table


def kind_of(source: Any) -> Source | None:
    """Return the kind that a source is of; None for what cannot be read, or is not there."""
    return next((kind for kind in sources() if kind.accepts(source)), None)


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
            count = infinite_cells(column)
            if count and not isinstance(column, Text):
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
        return DataError(f"{path} is a folder without IDX files and without images (PNG, JPEG) by class.{each}")
    if os.path.exists(path):
        return DataError(
            f"cannot tell from its name how to read {path}. Files that can be read: {files}. "
            f"Images (PNG, JPEG) are read by the folder."
        )
    return not_found(source, path)


def _readable_files(folder: Path) -> list[str]:
    suffixes = tuple(suffix for kind in sources() for suffix in kind.suffixes)
    return sorted(name for name in os.listdir(folder) if has_suffix(name, suffixes))
