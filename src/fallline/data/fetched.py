"""Data files that were fetched: they lie in the user's data folder, and `load` finds them by their names."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from fallline.data.blocks import Blocks
from fallline.data.bundled import DATASETS
from fallline.data.source import Source
from fallline.data.table import Table


def folder() -> Path:
    """Return the user's data folder, whether it is there or not."""
    base = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(base) / "fallline"


def fetched() -> dict[str, Path]:
    """Return the files that can be read, by their names without their suffixes, in alphabetical order."""
    try:
        files = sorted(path for path in folder().iterdir() if path.is_file() and not path.name.startswith("."))
    except OSError:  # nothing was fetched yet
        return {}
    return {stem(path.name): path for path in files if suffix(path.name)}


def suffix(name: str) -> str:
    """Return the end of a file's name that tells how to read it; nothing where none does.

    >>> suffix("flights.parquet"), suffix("train-images-idx3-ubyte.gz"), suffix("notes.txt")
    ('.parquet', '-ubyte.gz', '')
    """
    from fallline.data.load import sources

    known = [end for kind in sources() for end in kind.suffixes if name.lower().endswith(end)]
    return name[len(name) - max(map(len, known), default=0) :]


def stem(name: str) -> str:
    """Return a file's name without that end."""
    return name.removesuffix(suffix(name))


def _accepts(source: Any) -> bool:
    """Say yes to a plain name that is neither always at hand nor a path in the current folder."""
    if not isinstance(source, str) or source in DATASETS or os.path.basename(source) != source:
        return False
    return not os.path.lexists(source) and source in fetched()


def _read(source: str) -> Table:
    from fallline.data.load import load

    return load(fetched()[source])


def _blocks(source: str) -> Blocks | None:
    return _kind(source).blocks(fetched()[source])


def _memory(source: str) -> int:
    return _kind(source).memory(fetched()[source])


def _kind(source: str) -> Source:
    from fallline.data.load import kind_of

    found = kind_of(fetched()[source])
    assert found is not None  # only files that can be read are listed
    return found


SOURCE = Source("the name of a file that `fallline data URL` fetched", _accepts, _read, _blocks, _memory)
