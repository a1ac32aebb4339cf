"""Data sets of openml.org, fetched and cached by scikit-learn."""

from __future__ import annotations

import numpy as np

from fallline.core.errors import DataError
from fallline.data.arrays import as_column
from fallline.data.source import Source
from fallline.data.table import Array, Column, Table, Text

_PREFIX = "openml:"


def _read(source: str) -> Table:
    from sklearn.datasets import fetch_openml

    name = source.removeprefix(_PREFIX)
    try:
        found = fetch_openml(name, as_frame=False, parser="liac-arff")
    except (OSError, ValueError) as error:  # no connection is an OSError, an unknown name a ValueError
        raise DataError(
            f"{source}: {name!r} could not be fetched from openml.org ({error}). It needs a connection to the internet "
            f"and a name that is on the list there; a file on disk can be read without."
        ) from error
    columns = {name: _column(name, found.data[:, i], found.categories) for i, name in enumerate(found.feature_names)}
    if found.target is None:
        return Table(name, columns, source=source)
    target = found.target_names[0]
    return Table(name, {**columns, target: as_column(target, found.target)}, target, source=source)


def _column(name: str, values: Array, categories: dict[str, list[str]]) -> Column:
    """Return a feature; a nominal one comes as positions in its list of categories."""
    if name not in categories:
        return as_column(name, values.astype(np.float64))
    positions = values.astype(np.float64)
    return Text(np.where(np.isnan(positions), -1, positions).astype(np.int32), tuple(categories[name]))


SOURCE = Source(
    f"{_PREFIX}NAME, from openml.org", lambda source: isinstance(source, str) and source.startswith(_PREFIX), _read
)
