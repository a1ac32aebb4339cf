"""A folder of IDX files, as MNIST and its kin come: training and test images with their labels."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from fallline.core.errors import DataError
from fallline.data.blocks import Blocks
from fallline.data.file import absolute, is_folder
from fallline.data.idx_file import Pair, memory, pair_blocks, pairs, table
from fallline.data.source import Source
from fallline.data.table import Table

_TEST = re.compile(r"(^|[-_.])(t10k|test)([-_.]|$)", re.IGNORECASE)


def _read(source: str | os.PathLike[str]) -> Table:
    folder = absolute(source)
    train, test = _parts(folder)
    test_table = table(folder.name, test) if test else None
    return table(folder.name, train, test_table, str(folder))


def _blocks(source: str | os.PathLike[str]) -> Blocks | None:
    folder = absolute(source)
    train, test = _parts(folder)
    return pair_blocks(folder.name, str(folder), train, table(folder.name, test) if test else None)


def _memory(source: str | os.PathLike[str]) -> int:
    train, test = _parts(absolute(source))
    return sum(map(memory, [*train.values(), *(test or {}).values()]))


def _parts(folder: Path) -> tuple[Pair, Pair | None]:
    """Return the one pair for training and the one for testing, called t10k or test, if there is one."""
    found = pairs(folder)
    test = [part for part in found if _TEST.search(part)]
    train = [part for part in found if part not in test]
    if len(train) != 1 or len(test) > 1:
        parts = ", ".join(f"{part or '(no name)'}" for part in found) or "none"
        raise DataError(
            f"{folder}: a folder of IDX files holds one pair of images and labels for training and at most one for "
            f"testing (t10k or test in their names). Found: {parts}. Give the path of one file instead."
        )
    return found[train[0]], found[test[0]] if test else None


def _accepts(source: Any) -> bool:
    return is_folder(source) and bool(pairs(absolute(source)))


SOURCE = Source("a folder of IDX files", _accepts, _read, _blocks, memory=_memory)
