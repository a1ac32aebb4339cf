"""Wrong usage of the command line, explained in one line."""

from __future__ import annotations

from typing import Any

import typer

from fallline.core.errors import did_you_mean


def explain(error: typer.TyperException) -> str:
    """Return one sentence: where, what was asked, what was found, and what to do."""
    context: Any = getattr(error, "ctx", None)
    where = f"{context.command_path}: " if context and context.parent else ""
    option: str | None = getattr(error, "option_name", None)
    if option and context:
        known = [name for parameter in context.command.params for name in parameter.opts if name.startswith("--")]
        return f"{where}there is no option {option}.{did_you_mean(option, known)}"
    parameter: Any = getattr(error, "param", None)
    rule = getattr(error, "message", "")
    if parameter and rule:
        return f"{where}{parameter.opts[0]} {_found(error)}{rule.removeprefix('Value error, ')}"
    return f"{where}{error.format_message()}{f' See {context.command_path} --help.' if context else ''}"


def _found(error: typer.TyperException) -> str:
    """Return the value that could not be read, which typer keeps in the error's cause."""
    errors = getattr(error.__cause__, "errors", None)
    return f"{errors()[0]['input']!r}: " if errors else ""
