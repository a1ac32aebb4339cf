"""Files that a command is to write: checked before it does its work."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

from fallline.core.errors import InvalidValue


def check(option: str, path: Path) -> None:
    """Raise `InvalidValue` unless a new file can be written there."""
    if os.path.lexists(path):
        raise InvalidValue(f"{option} {path}: it already exists. Name a new file, or remove that one.")
    if not path.parent.is_dir():
        raise InvalidValue(f"{option} {path}: there is no folder {path.parent}. Make it, or name a file elsewhere.")
    if not os.access(path.parent, os.W_OK):
        raise InvalidValue(f"{option} {path}: nothing can be written to {path.parent}. Name a file elsewhere.")


def free(stem: str, ending: str) -> Path:
    """Return the first of `ravine.html`, `ravine-2.html` and so on that is free in the current folder."""
    names = (Path(f"{stem}{'' if n == 1 else f'-{n}'}{ending}") for n in itertools.count(1))
    return next(name for name in names if not os.path.lexists(name))


def picture(out: Path | None, folder: Path, stem: str) -> Path:
    """Return where a picture goes: the new file that was named, or a free name in a run's folder.

    Raises:
        InvalidValue: where no new file can be written there, or its ending is that of no picture.
    """
    path = out or free(str(folder / stem), ".svg")
    check("--out", path)
    if path.suffix.lower() not in (".svg", ".png"):
        raise InvalidValue(f"--out {path}: pictures are SVG or PNG. Choose a name that ends in .svg or .png.")
    return path
