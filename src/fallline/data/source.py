"""What a kind of source is. Each is one file of this package with a constant SOURCE, found by looking."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fallline.data.blocks import Blocks
from fallline.data.table import Table


@dataclass(frozen=True)
class Source:
    """A kind of source: how it is called, recognised and read.

    Args:
        what: what it is called in error messages: `"CSV (.csv, .tsv)"`.
        accepts: whether what `load` was given is of this kind. At most one kind says yes.
        read: reads it.
        blocks: cuts it into blocks of rows that are read when they are wanted; None where that cannot be done.
        memory: about how many bytes its table takes, where it can be cut into blocks; 0 elsewhere.
        suffixes: how the names of its files end, in lower case; none for what is no file.
    """

    what: str
    accepts: Callable[[Any], bool]
    read: Callable[[Any], Table]
    blocks: Callable[[Any], Blocks | None] = lambda source: None
    memory: Callable[[Any], int] = lambda source: 0
    suffixes: tuple[str, ...] = ()
