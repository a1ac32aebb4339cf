"""Python's warnings as lines of the command: what is the matter, without the place in the source."""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from fallline.cli import compile_cache


@contextmanager
def spoken(reword: Callable[[str], str]) -> Iterator[None]:
    """Write every warning as one line on standard error, in the command line's words."""

    def show(message: Warning | str, *_: Any, **__: Any) -> None:
        said = " ".join(str(message).split())
        if compile_cache.emptied(said):
            said = "a compiled program that had been kept is damaged: all are compiled anew."
        print(f"fallline: warning: {reword(said)}", file=sys.stderr)

    with warnings.catch_warnings():
        warnings.showwarning = show
        yield
