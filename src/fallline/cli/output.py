"""Where a command's words go: standard output, or standard error when that is kept for one JSON object."""

from __future__ import annotations

import contextlib
import json
import math
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console


def console(as_json: bool) -> Console:
    """Return the console for everything that is written for people."""
    from fallline.cli.lasting_console import LastingConsole

    return LastingConsole(stderr=as_json, highlight=False, markup=False, emoji=False, soft_wrap=True)


def reserved(for_json: bool) -> contextlib.AbstractContextManager[object]:
    """Keep standard output for one JSON object: what anything else prints meanwhile goes to standard error."""
    return contextlib.redirect_stdout(sys.stderr) if for_json else contextlib.nullcontext()


def print_json(value: Any) -> None:
    """Write one JSON object on standard output; numbers that JSON lacks (nan, infinity) become null."""
    print(json.dumps(_finite(value), ensure_ascii=False, allow_nan=False), file=sys.stdout)


def _finite(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _finite(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_finite(inner) for inner in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def print_table(header: list[str], rows: list[list[str]]) -> None:
    """Write a table on standard output: fitted to a terminal, one line a row elsewhere."""
    if sys.stdout.isatty():
        _print_fitted(header, rows)
        return
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    for row in [header, *rows]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def _print_fitted(header: list[str], rows: list[list[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(*header, box=None, pad_edge=False)
    for row in rows:
        table.add_row(*map(Text, row))
    Console(highlight=False).print(table)
