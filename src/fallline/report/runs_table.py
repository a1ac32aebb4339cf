"""Every run of a race, a row each, in a table of HTML that the page's script sorts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from numbers import Real
from typing import Any

from fallline.figures.svg import escape

_PREFIXES = {"train_": "training ", "val_": "validation "}


def runs_table(runs: Mapping[str, Sequence[Any]]) -> str:
    """Return the table; columns of numbers are right-aligned, and sorted as numbers.

    Ends of rows and cells are left out, as HTML allows: with a thousand runs they would be a quarter of the page.

    Args:
        runs: columns of one length.
    """
    numeric = {name: all(_is_number(value) for value in column) for name, column in runs.items()}
    heads = "".join(
        f'<th scope="col"{"" if numeric[name] else " class=words"}>{escape(_heading(name))}</th>' for name in runs
    )
    opening = [f"<td{'' if numeric[name] else ' class=words'}>" for name in runs]
    rows = "\n".join(
        f"<tr>{''.join(tag + _shown(value) for tag, value in zip(opening, row, strict=True))}"
        for row in zip(*runs.values(), strict=True)
    )
    return (
        '<div class="wide tall" role="region" aria-label="Every run" tabindex="0"><table class="sortable">'
        f"<thead><tr>{heads}</tr></thead><tbody>\n{rows}\n</tbody></table></div>"
    )


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, Real) and not isinstance(value, bool))


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return f"{value:.6g}" if isinstance(value, float) else escape(value)


def _heading(name: str) -> str:
    start = next((prefix for prefix in _PREFIXES if name.startswith(prefix)), "")
    return (_PREFIXES.get(start, "") + name.removeprefix(start)).replace("_", " ")
