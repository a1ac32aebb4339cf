"""Wrong usage of the command line, explained in one line."""

from __future__ import annotations

from typing import Any, Literal, get_args, get_origin

import typer

from fallline.core.errors import did_you_mean

_RULES = {"int": "must be a whole number", "float": "must be a number"}
"""What a value has to be, by the first word of pydantic's name for the error: `int_parsing`, `float_type`."""


def explain(error: typer.TyperException) -> str:
    """Return one sentence: the command, what was asked, what was found, and what to do."""
    context: Any = getattr(error, "ctx", None)
    where = f"{context.command_path if context else 'fallline'}: "
    option: str | None = getattr(error, "option_name", None)
    if option and context:
        known = [name for parameter in context.command.params for name in parameter.opts if name.startswith("--")]
        if context.info_name == "view" and not option.startswith("--"):
            return f"{where}there is no option {option}. A formula that begins with - goes last, after --."
        return f"{where}there is no option {option}.{did_you_mean(option, known)}"
    parameter: Any = getattr(error, "param", None)
    if parameter and getattr(error, "message", ""):
        return f"{where}{parameter.opts[0]} {_refusal(error, parameter)}"
    said = error.format_message().rstrip(".?")
    said += "?" if error.format_message().endswith("?") else "."
    return f"{where}{said}{f' See {context.command_path} --help.' if context else ''}"


def _refusal(error: Any, parameter: Any) -> str:
    """Return the value that could not be read, which typer keeps in the error's cause, and the rule it breaks."""
    errors = getattr(error.__cause__, "errors", None)
    if errors is None:
        return str(error.message)
    (first, *_) = errors()
    annotation = getattr(getattr(parameter, "type_descriptor", None), "annotation", None)
    if get_origin(annotation) is Literal:
        return f"{first['input']!r}: there is no such choice.{did_you_mean(str(first['input']), get_args(annotation))}"
    rule = _RULES.get(first["type"].partition("_")[0], error.message)
    return f"{first['input']!r}: {rule}."
