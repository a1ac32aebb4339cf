"""Yardsticks: published problems with their protocols and their numbers, one a file, found by looking."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from typing import Any

from fallline.core.errors import InvalidValue, did_you_mean
from fallline.core.problem import Problem
from fallline.problems.yardsticks.protocol import Yardstick


def yardstick(name: str) -> Problem:
    """Return the problem of a yardstick.

    Args:
        name: `"deepobs:quadratic_deep"`, …; see `names`.

    Raises:
        InvalidValue: there is no such yardstick.
        DataError: its data are not at hand.

    Example:
        >>> yardstick("deepobs:two_d_beale").data.train.x.shape
        (10000,)
    """
    return find(name).problem()


def find(name: str) -> Yardstick:
    """Return the yardstick called `name`; the nearest names are in the error.

    >>> find("deepobs:quadratic_deep").epochs
    100
    """
    if name not in _found():
        raise InvalidValue(f"there is no yardstick {name!r}.{did_you_mean(name, names())}")
    return _found()[name]


def names() -> tuple[str, ...]:
    """Return the name of every yardstick, in alphabetical order."""
    return tuple(sorted(_found()))


def is_name(source: Any) -> bool:
    """Return whether a source of data is written as a yardstick is: the origin of one, a colon, and a name.

    >>> is_name("deepobs:no_such_problem"), is_name("openml:iris")
    (True, False)
    """
    return isinstance(source, str) and any(source.startswith(name.partition(":")[0] + ":") for name in _found())


@functools.cache
def _found() -> dict[str, Yardstick]:
    files = (importlib.import_module(module.name) for module in pkgutil.iter_modules(__path__, __name__ + "."))
    found: list[Yardstick] = [file.YARDSTICK for file in files if hasattr(file, "YARDSTICK")]
    return {one.name: one for one in found}
