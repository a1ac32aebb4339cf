"""The epochs of a run as a table of HTML."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fallline.figures.svg import escape
from fallline.report.numbers import duration, number

OPEN = 12
"""Tables of at most so many rows are open when the page is."""

MOST = 100
"""Rows of a table."""

_PREFIXES = {"train_": "training ", "val_": "validation "}


def epoch_table(epochs: Mapping[str, np.ndarray]) -> str:
    """Return the table, folded away if it is long; of very many epochs evenly spaced ones, with the last.

    Args:
        epochs: a column a quantity, shape (e,); `epoch` among them.
    """
    count = len(epochs["epoch"])
    every = -(-count // MOST)
    kept = [i for i in range(count) if (count - 1 - i) % every == 0]
    rest = f", one in {every} shown; all are in the run's folder" if every > 1 else ""
    heads = "".join(f'<th scope="col">{escape(_heading(name))}</th>' for name in epochs)
    rows = "".join(f"<tr>{''.join(_cell(name, column[i]) for name, column in epochs.items())}</tr>" for i in kept)
    table = f'<div class="wide"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>'
    return f"<details{' open' if count <= OPEN else ''}><summary>{count:,} epochs{rest}</summary>{table}</details>"


def _heading(name: str) -> str:
    start = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), "")
    return (_PREFIXES.get(start, "") + name.removeprefix(start)).replace("_", " ")


def _cell(name: str, value: np.generic) -> str:
    if name == "seconds":
        return f"<td>{duration(float(value))}</td>"
    return f"<td>{int(value):,}</td>" if value.dtype.kind in "iu" else f"<td>{escape(number(float(value)))}</td>"
