"""Files that a command is to write: checked before it does its work."""

from __future__ import annotations

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
