"""The rows of a table that train, validate and test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from fallline.core.problem import Batch
from fallline.data.split import split
from fallline.data.table import Column, Table
from fallline.problems.columns import Indices
from fallline.problems.missing import Missing, usable_rows
from fallline.problems.preparation import TablePreparation
from fallline.problems.question import Question
from fallline.problems.treatment import Shares
from fallline.problems.weights import Weighting

VALIDATION, TEST = "validation part: ", "test part: "
"""What stands before errors about these parts."""


class Part(NamedTuple):
    """Some rows of columns; nothing is copied until they are encoded."""

    columns: Mapping[str, Column]
    rows: Indices


class Parts(NamedTuple):
    """The three parts; validation and test may be left out."""

    train: Part
    validation: Part | None
    test: Part | None


def usable_part(table: Table, question: Question, missing: Missing, where: str = "") -> Part:
    """Return the rows of a table that can be used; `where` stands first in errors."""
    held = question.columns(table)
    return Part(held, usable_rows(held, question.features, question.target, missing, where))


def divide(
    whole: Part, own_test: Part | None, fractions: Shares, seed: int, classes: NDArray[np.int32] | None
) -> Parts:
    """Split rows into parts, each class in proportion where `classes` (one id a row of `whole`) are given.

    A test part that came with the data stays the test; the others then share the rest in their own proportion.
    """
    if own_test is not None:
        rest = fractions[0] + fractions[1]
        fractions = (fractions[0] / rest, fractions[1] / rest, 0.0)
    drawn = split(len(whole.rows), fractions, seed, classes)
    train, validation, test = (Part(whole.columns, whole.rows[rows]) if len(rows) else None for rows in drawn)
    assert train is not None
    return Parts(train, validation, own_test or test)


def encode(prepared: TablePreparation, part: Part | None, weighting: Weighting, where: str = "") -> Any:
    """Return a part's rows as the model sees them, weighted where asked; `where` stands before errors about answers."""
    if part is None:
        return None
    held = {encoder.name: encoder.accept(part.columns[encoder.name]) for encoder in prepared.encoders}
    y = prepared.target.encode(part.columns[prepared.target.name], part.rows, where)
    return weighting.by_row(Batch(prepared.encode(held, part.rows), y), part.columns, part.rows, where)
