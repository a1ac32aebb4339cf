"""Which class is most often taken for which other."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from fallline.record.record import Record

NAME = "confusion_matrix"


def labels(record: Record) -> tuple[Any, ...]:
    """Return the classes in the order of their ids; none where they are not known."""
    target = (record.preparation or {}).get("target")
    found = target.get("labels") if isinstance(target, Mapping) else None
    return tuple(found) if isinstance(found, list | tuple) else ()


def most_confused(record: Record) -> str | None:
    """Return the commonest error in words; `None` without a matrix of counts, or without an error in it.

    `'shirt' taken for 'T-shirt', 143 of 1,000`: of the 1,000 shirts in the test part.
    """
    counts = record.tables.get(NAME)
    if counts is None or counts.dtype.kind not in "iu" or counts.shape != (len(counts),) * 2:
        return None
    wrong = counts - np.diag(np.diag(counts))
    true, taken_for = np.unravel_index(wrong.argmax(), wrong.shape)
    if wrong[true, taken_for] == 0:
        return None
    known = labels(record)
    names = known if len(known) == len(counts) else range(len(counts))
    rows = f"{wrong[true, taken_for]:,} of {counts[true].sum():,}"
    return f"{names[int(true)]!r} taken for {names[int(taken_for)]!r}, {rows}"
