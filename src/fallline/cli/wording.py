"""The library's advice in the command line's words: `missing='drop'` is `--missing drop` there."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping
from typing import Any

_NAMED_APART = {"batch_size": "batch", "size": "image_size", "broken": "broken_images"}
"""Choices that the library and the command line call by different names."""

_KEPT = r"""
    \.py,\ line\ \d+:.*                       # what a user's own file says
    | (?<!\w)'[^']*'(?!\w)                    # quoted text
    | (?<!\w)"[^"]*"(?!\w)
    | \w\((?:[^()]|\([^()]*\))*\)             # a call, adam(lr=0), whose names are hyperparameters
"""
_CHOICE = r"""
    (?<![\w.-])(?P<name>\w+)=
    (?P<value>'[^']*'|\([^()]*\)|[^\s,;:=.()\[\]{}'"]+(?:\.[^\s,;:=.()\[\]{}'"]+)*)?
    (?=[\s,;:.)]|$)
    (?:(?<=\S):\ (?P=name)(?=\ must\ ))?      # named a second time as the rule's subject
"""
_TOKEN = re.compile(f"{_KEPT}|{_CHOICE}", re.VERBOSE)
_GRID = re.compile(r"fl\.log_grid\(([^\s,]+), ([^\s,]+), (\d+)\)")


def in_options(text: str, options: Mapping[str, str]) -> str:
    """Return a message of the library with its choices written as the options of a command.

    Args:
        text: the message.
        options: the command's options by the library's name, from `option_names`.

    Example:
        >>> in_options("use a batch of at most 9, or last_batch='use'.", {"last_batch": "--last-batch"})
        'use a batch of at most 9, or --last-batch use.'
        >>> in_options("take it again=True, or stream=False.", {"again": "--again", "stream": "--stream"})
        'take it --again, or --no-stream.'
        >>> in_options("Give a grid, such as lr=fl.log_grid(1e-4, 1, 9).", {"lr": "--lr"})
        'Give a grid, such as --lr 1e-4:1:9.'
    """

    def token(found: re.Match[str]) -> str:
        option = options.get(found["name"] or "")
        if option is None:
            return found[0]
        if found["value"] in ("True", "False"):
            option = option if found["value"] == "True" else option.replace("--", "--no-", 1)
            value = ""
        else:
            value = "" if found["value"] is None else f" {_word(found['value'])}"
        subject = ":" if found[0].endswith(f": {found['name']}") else ""
        return f"{option}{value}{subject}"

    return _TOKEN.sub(token, _GRID.sub(r"\1:\2:\3", text))


def option_names(command: Any) -> dict[str, str]:
    """Return a command's options by the names that the library gives them, as in `{"batch_size": "--batch"}`."""
    spelled = {option.name: option.opts[0] for option in command.params if option.opts[0].startswith("--")}
    return spelled | {name: spelled[own] for name, own in _NAMED_APART.items() if own in spelled}


def _word(value: str) -> str:
    """Return a Python value as one word of a command: text without needless quotes, a tuple without brackets."""
    if value.startswith("("):
        return value.strip("()").replace(" ", "").removesuffix(",")
    return shlex.quote(value.strip("'"))
