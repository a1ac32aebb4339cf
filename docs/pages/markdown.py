"""Writing Markdown: tables, and text that stays text."""

from __future__ import annotations

import re
from collections.abc import Sequence


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table; the cells are Markdown already."""
    lines = [header, ["---"] * len(header), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines)


def prose(text: str) -> str:
    """Return text that Markdown shows as it is, code between backticks included."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else re.sub(r"([*_<])", r"\\\1", p) for p in parts)


def code(value: object) -> str:
    """Return a name or value as code."""
    return f"`{value}`"


def joined(*blocks: str) -> str:
    """Return a page of the blocks that hold something."""
    return "\n\n".join(block for block in blocks if block) + "\n"


def listed(words: Sequence[str]) -> str:
    """Return words as a sentence has them: "a, b and c"."""
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)


def renewed(document: str, name: str, table: str) -> str:
    """Return a document with the table that is kept between two comments of this name as it is now."""
    start, end = f"<!-- {name}: make docs writes this table -->\n", f"<!-- end of {name} -->\n"
    before, _, rest = document.partition(start)
    return f"{before}{start}\n{table}\n\n{end}{rest.partition(end)[2]}"
