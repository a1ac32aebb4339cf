"""What to say when no file or data set has the name that was asked for."""

from __future__ import annotations

import difflib
import os
from pathlib import Path

from fallline.core.errors import DataError, did_you_mean
from fallline.data.bundled import DATASETS
from fallline.data.fetched import fetched


def not_found(asked: str | os.PathLike[str], path: Path) -> DataError:
    """Return the error, with the nearest names of the same folder and of the data sets that are at hand.

    Args:
        asked: the name, as it was given.
        path: the absolute path that it stands for.
    """
    near = difflib.get_close_matches(path.name, _siblings(path), n=3)
    return DataError(f"no file or data set called '{asked}'.{did_you_mean(path.name, [*DATASETS, *fetched(), *near])}")


def _siblings(path: Path) -> list[str]:
    try:
        return os.listdir(path.parent)
    except (OSError, ValueError):
        return []
