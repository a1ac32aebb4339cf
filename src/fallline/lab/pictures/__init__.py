"""The pictures that people learn gradient descent from, one a file, as `pictures.Saddle()`."""

from __future__ import annotations

from typing import Any

from fallline.core.errors import did_you_mean
from fallline.core.registry import Registry
from fallline.lab.picture import Picture

PICTURES: Registry[Picture] = Registry(__name__, Picture)


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    known = {cls.__name__: cls for cls in PICTURES.values()}
    if name not in known:
        raise AttributeError(f"there is no picture {name!r}.{did_you_mean(name, known)}")
    return known[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *(cls.__name__ for cls in PICTURES.values())})
