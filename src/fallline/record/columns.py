"""Tables of columns, as histories are."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from fallline.core.errors import RunError

if TYPE_CHECKING:
    from fallline.record.record import Record

_MOST = 2**53
"""The most steps that are counted: up to there every whole number is a float64."""


def check_columns(what: str, columns: Mapping[str, Any], needed: tuple[str, ...]) -> None:
    """Raise `RunError` unless columns are those of one table of real numbers.

    Args:
        what: the table, for the message.
        columns: one a quantity, shape (n,); none at all is a table, too.
        needed: those that it has where it has any.

    Example:
        >>> check_columns("the history", {"step": np.arange(3), "loss": np.ones(3)}, ("step", "loss"))
    """
    missing = [name for name in needed if name not in columns] if columns else []
    if missing:
        raise RunError(f"{what} has no column {missing[0]!r}.")
    shapes = {name: np.shape(column) for name, column in columns.items()}
    for name, shape in shapes.items():
        first = next(iter(shapes.values()))
        if len(shape) != 1 or shape != first:
            raise RunError(f"{what} is no table: its column {name!r} has the shape {shape}, its first one {first}.")
        _check_real(f"{what}'s column {name!r}", columns[name])


def check_measured(record: Record, clocks: tuple[str, ...] = ("step",)) -> None:
    """Raise `RunError` unless what a record has measured are tables of real numbers, as a stranger's may not be.

    Args:
        record: from a file.
        clocks: the columns that say when, which its epochs must have: those that its curves are drawn over.
    """
    check_columns("the history", record.history, ("step", "loss"))
    check_columns("the table of epochs", record.epochs, ("epoch", *clocks))
    for columns in (record.history, record.epochs):
        for name in ("step", "epoch"):
            _check_count(name, columns.get(name, np.zeros(0, int)))
    seconds, best = record.provenance.get("seconds", 0.0), record.provenance.get("best_epoch", 1)
    if not isinstance(seconds, int | float):
        raise RunError(f"it took {seconds!r:.40} seconds, which is no number.")
    if type(best) is not int or not 1 <= best <= max(len(record.epochs.get("epoch", ())), 1):
        raise RunError(f"its best epoch is {best!r:.40}, which is none of its epochs.")
    for name, table in record.tables.items():
        _check_real(f"the metric {name!r}", table)


def _check_count(name: str, column: Any) -> None:
    """Raise `RunError` unless a column counts: whole numbers from 1 up, each above the one before."""
    counts = np.asarray(column)
    if counts.dtype.kind not in "iu" or (counts[:1] < 1).any() or not (counts[:-1] < counts[1:]).all():
        raise RunError(f"the column {name!r} does not count up from 1.")
    if (counts[-1:] > _MOST).any():
        raise RunError(f"the column {name!r} goes on to {counts[-1]:,}, which no run reaches.")


def _check_real(what: str, array: Any) -> None:
    """Raise `RunError` for complex numbers, which nothing that is measured is."""
    if np.iscomplexobj(array):
        raise RunError(f"{what} holds complex numbers; what is measured is real.")
