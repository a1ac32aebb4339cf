"""Many files that are read as one table: a pattern, or a list of paths."""

from __future__ import annotations

import glob
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fallline.core.errors import DataError, did_you_mean
from fallline.data.file import absolute, has_suffix, is_path
from fallline.data.idx_file import without_labels

_MAGIC = "*?["


def files_of(source: Any) -> list[Path] | None:
    """Return the files that a pattern or a list of paths names; None for anything else.

    Args:
        source: `"logs/*.parquet"` or `"logs/**/*.parquet"`, in the order of the files' names; or paths, in their order.

    Raises:
        DataError: for a pattern that no file matches.
    """
    if _is_pattern(source):
        return without_labels(_matching(source))
    if isinstance(source, list | tuple) and source and all(_is_named_file(each) for each in source):
        return without_labels([absolute(each) for each in source])
    return None


def name_of(paths: Sequence[Path]) -> str:
    """Return what many files together are called: the folder that all of them lie in."""
    return Path(os.path.commonpath([path.parent for path in paths])).name or "files"


def source_of(source: Any) -> str | None:
    """Return the pattern, absolute; a list of paths has no one name."""
    return str(absolute(source)) if is_path(source) else None


def _is_pattern(source: Any) -> bool:
    return is_path(source) and any(c in os.fspath(source) for c in _MAGIC) and not os.path.lexists(absolute(source))


def _is_named_file(source: Any) -> bool:
    """Whether it is a path, and no text of a column: text is one where its end is that of a file that can be read."""
    from fallline.data.load import sources

    suffixes = tuple(suffix for kind in sources() for suffix in kind.suffixes)
    return isinstance(source, os.PathLike) or (isinstance(source, str) and has_suffix(source, suffixes))


def _matching(source: str | os.PathLike[str]) -> list[Path]:
    pattern = absolute(source)
    found = sorted(Path(name) for name in glob.glob(str(pattern), recursive=True) if os.path.isfile(name))
    if found:
        return found
    folder = _fixed(pattern)
    if not folder.is_dir():
        near = did_you_mean(folder.name, _names(folder.parent))
        raise DataError(f"no file matches '{source}': there is no folder {folder}.{near}")
    raise DataError(f"no file matches '{source}'.{did_you_mean(pattern.name, _names(folder))}")


def _fixed(pattern: Path) -> Path:
    """Return the folder above the first part of a pattern that may stand for many names."""
    return next(folder for folder in pattern.parents if not any(c in str(folder) for c in _MAGIC))


def _names(folder: Path) -> list[str]:
    try:
        return sorted(os.listdir(folder))[:1000]
    except OSError:
        return []
