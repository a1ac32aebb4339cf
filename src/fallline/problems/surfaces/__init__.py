"""Surfaces: analytic functions to minimise, one a file, as `surfaces.Rosenbrock()`."""

from __future__ import annotations

from typing import Any

from fallline.core.errors import did_you_mean
from fallline.core.registry import Registry
from fallline.core.surface import Surface

SURFACES: Registry[Surface] = Registry(__name__, Surface)


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    found = _classes().get(name)
    if found is None:
        raise AttributeError(f"there is no surface {name!r}.{did_you_mean(name, _classes())}")
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_classes()})


def _classes() -> dict[str, type]:
    # Least squares is made of arrays, which no words can write: it has no place in the registry.
    from fallline.problems.surfaces.least_squares import LeastSquares

    return {cls.__name__: cls for cls in (*SURFACES.values(), LeastSquares)}
