"""What is fuzzed: a door of Fallline through which strangers' texts and files come in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any


@dataclass(frozen=True)
class Target:
    """One door.

    Args:
        name: in a word or two.
        inputs: how many a whole run gives it.
        make: an input, which follows from the random numbers alone: any one can be made again.
        give: hands it in, with an empty folder to lay files in; what is refused raises a `FalllineError`.
    """

    name: str
    inputs: int
    make: Callable[[Random], Any]
    give: Callable[[Any, Path], object]

    def input(self, number: int) -> Any:
        """Return the input of this number."""
        return self.make(Random(f"{self.name} {number}"))
