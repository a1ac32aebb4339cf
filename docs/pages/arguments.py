"""The table of a class's arguments, from its fields."""

from __future__ import annotations

import dataclasses
import inspect
import re
from typing import Any

from fallline.core.node import Hyper, Node, fields
from pages.markdown import code, prose, table


def arguments(cls: type[Node]) -> str:
    """Return the table, or nothing where there are no arguments."""
    rows = [_row(field) for field in fields(cls)]
    header = ["name", "default", "values", "units", "meaning"]
    return f"## Arguments\n\n{table(header, rows)}" if rows else ""


def _row(field: dataclasses.Field[Any]) -> list[str]:
    meta = field.metadata["meta"]
    default = "required" if field.default is dataclasses.MISSING else code(repr(field.default))
    units = prose(meta.units) if isinstance(meta, Hyper) else ""
    return [code(field.name), default, _values(field), units, prose(meta.help)]


def _values(field: dataclasses.Field[Any]) -> str:
    meta = field.metadata["meta"]
    if isinstance(meta, Hyper):
        return f"{'numbers in ' if meta.many else ''}{meta.interval}" + " or `None`" * meta.optional
    written = field.type if isinstance(field.type, str) else inspect.formatannotation(field.type)
    literal = re.fullmatch(r"(?:typing\.)?Literal\[(.*)\]", written)
    if literal:
        return ", ".join(code(choice.strip()) for choice in literal[1].split(","))
    return "`True`, `False`" if written == "bool" else code(written)
