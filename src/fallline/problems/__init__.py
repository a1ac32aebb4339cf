"""What is minimised: ready problems from tables, with their models, losses, metrics and scaling.

Nothing heavy is imported until a problem is made.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fallline.problems.ready import for_data as for_data
    from fallline.problems.recipe import rebuild as rebuild
    from fallline.problems.user_file import from_file as from_file
    from fallline.problems.yardsticks import yardstick as yardstick

# No file may carry the name of a function here: importing it would put the module in the function's place.
_HOMES = {"for_data": "ready", "rebuild": "recipe", "from_file": "user_file", "yardstick": "yardsticks"}
_PACKAGES = ("yardsticks",)

__all__ = ["for_data", "from_file", "rebuild", "yardstick"]


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        return getattr(importlib.import_module(f"{__name__}.{_HOMES[name]}"), name)
    if name in _PACKAGES:
        return importlib.import_module(f"{__name__}.{name}")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES, *_PACKAGES})
