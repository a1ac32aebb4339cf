"""Problems written in a user's own file."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.util
import inspect
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

from fallline.core.errors import InvalidType, InvalidValue, did_you_mean
from fallline.core.problem import Problem


def from_file(address: str) -> Problem:
    r"""Run a user's Python file and return the problem in it.

    Args:
        address: `"file.py:name"`, where `name` is a `Problem`, or a function without arguments that returns one.

    Raises:
        InvalidValue: no such file or name, or the file's own code raises; that error is the cause.
        InvalidType: what the name stands for is no problem.

    Example:
        >>> import pathlib, tempfile
        >>> file = pathlib.Path(tempfile.mkdtemp(), "mine.py")
        >>> text = "import fallline as fl\nbowl = fl.Problem(init=lambda key: 1.0, loss=lambda w, batch: w * w)"
        >>> file.write_text(text) > 0
        True
        >>> from_file(f"{file}:bowl").loss(3.0, None)
        9.0
    """
    path_text, colon, name = address.rpartition(":") if isinstance(address, str) else ("", "", "")
    if not colon or not path_text.endswith(".py") or not name.isidentifier():
        raise InvalidValue(f"{address!r}: write a file and a name in it, as in problem.py:make_problem.")
    path = Path(path_text).expanduser().resolve()
    if not path.is_file():
        near = did_you_mean(path.name, [p.name for p in path.parent.glob("*.py")]) if path.parent.is_dir() else ""
        raise InvalidValue(f"there is no file {str(path)!r}.{near}")
    with _errors_placed(path, path_text):
        module = _run(path)
    problem = _problem(module, name, address, path)
    return dataclasses.replace(problem, recipe={"file": f"{path}:{name}"})


def _run(path: Path) -> ModuleType:
    """Run a file as a module of its own; files beside it can be imported, as when it is run as a script."""
    digest = hashlib.sha256(str(path).encode()).hexdigest()[:12]
    module_name = f"fallline_user_{path.stem}_{digest}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module  # dataclasses look their module up there
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[module_name]
        raise
    finally:
        sys.path.remove(str(path.parent))
    return module


@contextmanager
def _errors_placed(path: Path, shown: str) -> Iterator[None]:
    """Turn an error of the user's code into one that says in a line where in the file it arose."""
    try:
        yield
    except (Exception, SystemExit) as error:
        line = _line(error, path)
        place = shown if line is None else f"{shown}, line {line}"
        text = error.msg if isinstance(error, SyntaxError) and _is_at(error.filename, path) else str(error)
        raise InvalidValue(f"{place}: {type(error).__name__}{f': {text}' if text else ''}") from error


def _line(error: BaseException, path: Path) -> int | None:
    """Return the last line of the file that an error passed through, or that cannot be read."""
    if isinstance(error, SyntaxError) and _is_at(error.filename, path):
        return error.lineno
    passed = [
        number for frame, number in traceback.walk_tb(error.__traceback__) if _is_at(frame.f_code.co_filename, path)
    ]
    return passed[-1] if passed else None


def _is_at(filename: str | None, path: Path) -> bool:
    return filename == str(path)


def _problem(module: ModuleType, name: str, address: str, path: Path) -> Problem:
    """Return the problem called `name`, calling it where it is a function."""
    if not hasattr(module, name):
        own = [n for n, value in vars(module).items() if not n.startswith("_") and _may_be_problem(value, module)]
        raise InvalidValue(f"{address}: the file defines no {name!r}.{did_you_mean(name, own)}")
    value: Any = getattr(module, name)
    if not isinstance(value, Problem) and callable(value):
        try:
            inspect.signature(value).bind()
        except (TypeError, ValueError) as error:
            raise InvalidType(f"{address}: {name} is called without arguments: {error}.") from None
        with _errors_placed(path, address.rpartition(":")[0]):
            value = value()
    if not isinstance(value, Problem):
        raise InvalidType(
            f"{address}: {name} is a {type(value).__name__}; it must be a fl.Problem, or a function that returns one."
        )
    return value


def _may_be_problem(value: Any, module: ModuleType) -> bool:
    return isinstance(value, Problem) or (inspect.isfunction(value) and value.__module__ == module.__name__)
