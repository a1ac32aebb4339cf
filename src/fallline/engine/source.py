"""The user's line that an operation of a traced program comes from."""

from __future__ import annotations

import sysconfig
from pathlib import Path
from typing import Any

import jax

import fallline
from fallline.engine.operations import Operation, program_of

_JAX = str(Path(jax.__file__).parent)
_OURS = str(Path(fallline.__file__).parent)
_LIBRARIES = (sysconfig.get_path("purelib"), sysconfig.get_path("platlib"), sysconfig.get_path("stdlib"), "<")
_CALLER = str(Path(_OURS) / "engine" / "objective.py")
"""Whoever calls the user's loss: what lies further out is how it came to be called."""


def line(operation: Operation) -> str:
    """Return `"file.py:12"`, the innermost line of the user's own code, else of a library's or ours; else nothing."""
    frames = _frames(_equation(operation))
    ends = [place for place, frame in enumerate(frames) if frame.file_name == _CALLER]
    inside = [frame for frame in frames[: ends[0] if ends else None] if not frame.file_name.startswith(_JAX)]
    own = [frame for frame in inside if not frame.file_name.startswith((_OURS, *_LIBRARIES))]
    return next((f"{_shown(frame.file_name)}:{frame.line_num}" for frame in (*own, *inside)), "")


def _equation(operation: Operation) -> Any:
    """Return the equation that stands in the user's code: the operation's own, or the call of a function of JAX.

    What a function of JAX does was traced when it was first called, perhaps from another line.
    """
    return next((call for call in operation.calls if _of_jax(call)), operation.equation)


def _of_jax(call: Any) -> bool:
    return (program_of(call).debug_info.func_filename or _JAX).startswith(_JAX)


def _frames(equation: Any) -> list[Any]:
    """Return the frames of its traceback, innermost first."""
    traceback = equation.source_info.traceback
    return [] if traceback is None else list(traceback.frames)


def _shown(name: str) -> str:
    """Return a file's name as seen from the working folder, where it lies in it."""
    path = Path(name)
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else name
