"""Sources that are files, recognised by how their names end."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from fallline.core.errors import DataError
from fallline.data.blocks import Blocks
from fallline.data.bundled import DATASETS
from fallline.data.not_found import not_found
from fallline.data.source import Source
from fallline.data.table import Table

T = TypeVar("T")

_CALL = re.compile(r"\w+\(.*\)", re.DOTALL)


def file_source(
    form: str,
    suffixes: tuple[str, ...],
    read: Callable[[Path], Table],
    blocks: Callable[[Path], Blocks | None] = lambda path: None,
    memory: Callable[[Path], int] = lambda path: 0,
) -> Source:
    """Return the kind of the files whose names end in one of `suffixes`; the functions are given absolute paths."""

    def accepts(source: Any) -> bool:
        return is_path(source) and has_suffix(source, suffixes) and not is_folder(source)

    def on_path(function: Callable[[Path], T]) -> Callable[[Any], T]:
        return lambda source: read_file(absolute(source), function)

    return Source(f"{form} ({', '.join(suffixes)})", accepts, on_path(read), on_path(blocks), on_path(memory), suffixes)


def read_file(path: Path, read: Callable[[Path], T]) -> T:
    """Return `read(path)`.

    Raises:
        DataError: when there is no such file, with the nearest names, or when it cannot be opened.
    """
    _check_ordinary(path)
    try:
        return read(path)
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error


def is_path(source: Any) -> bool:
    """Return whether what `load` was given is a path; text that names a data set, or is a call, is none."""
    return isinstance(source, os.PathLike) or (
        isinstance(source, str) and source not in DATASETS and not is_call(source)
    )


def is_call(source: Any) -> bool:
    """Return whether what `load` was given is written as a call, `images(photos)`, and is not there as a path."""
    return isinstance(source, str) and _CALL.fullmatch(source) is not None and not os.path.lexists(absolute(source))


def is_folder(source: Any) -> bool:
    """Return whether what `load` was given is the path of a folder."""
    return is_path(source) and os.path.isdir(absolute(source))


def has_suffix(source: str | os.PathLike[str], suffixes: tuple[str, ...]) -> bool:
    """Return whether a file's name ends in one of the suffixes, in any case."""
    return os.fspath(source).lower().endswith(suffixes)


def absolute(source: str | os.PathLike[str]) -> Path:
    """Return the absolute path, `~` expanded."""
    return Path(os.path.abspath(os.path.expanduser(source)))


def _check_ordinary(path: Path) -> None:
    try:
        mode = path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError, ValueError):  # a name with a null character is a ValueError
        raise not_found(path, path) from None
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    if not stat.S_ISREG(mode):
        raise DataError(f"{path} is not an ordinary file, and cannot be read as data.")
