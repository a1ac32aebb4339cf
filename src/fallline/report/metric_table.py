"""A metric that is a table, as a table of HTML."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from fallline.figures.svg import escape
from fallline.report.numbers import number

MOST = 100
"""Rows and columns that a page shows."""

FULLEST = 40
"""The per cent of colour behind a cell that holds all of its row: the number on it stays readable."""


def metric_table(table: np.ndarray[Any, Any], labels: Sequence[Any] = ()) -> str:
    """Return the table; one that has a row a class is headed by the classes, a square one at both sides.

    In a square one every cell is shaded by its share of the row, those off the diagonal in the colour of errors, and
    zeros are left blank.

    Args:
        table: numbers of any shape; what has another number of axes than one or two, or is too long, is only described.
        labels: the classes, in the order of their ids.
    """
    shape = " × ".join(f"{length:,}" for length in table.shape)
    if not 1 <= table.ndim <= 2 or table.size == 0 or max(table.shape) > MOST:
        return f'<p class="muted">{shape} numbers; all are in the run\'s folder</p>'
    rows = table.reshape(len(table), -1)
    by_class = len(labels) == len(rows)
    square = by_class and rows.shape[1] == len(rows)
    head = "".join(_heading("col", label) for label in labels) if square else ""
    body = "".join(
        f"<tr>{_heading('row', labels[i]) if by_class else ''}{_cells(row, i if square else None)}</tr>"
        for i, row in enumerate(rows)
    )
    told = '<p class="muted">rows: the true class; columns: what it was taken for</p>' if square else ""
    return f'{told}<div class="wide"><table>{f"<tr><td></td>{head}</tr>" if head else ""}{body}</table></div>'


def _heading(scope: str, label: Any) -> str:
    return f'<th scope="{scope}">{escape(str(label))}</th>'


def _cells(row: np.ndarray[Any, Any], diagonal: int | None) -> str:
    if diagonal is None:
        return "".join(f"<td>{escape(number(float(value)))}</td>" for value in row)
    total = max(float(row.sum()), 1.0)
    return "".join(_shaded(float(value), float(value) / total, i == diagonal) for i, value in enumerate(row))


def _shaded(value: float, share: float, right: bool) -> str:
    if value == 0:
        return "<td></td>"
    colour = f"color-mix(in srgb,var(--{'good' if right else 'bad'}) {FULLEST * share:.0f}%,transparent)"
    return f'<td style="background:{colour}">{escape(number(value))}</td>'
