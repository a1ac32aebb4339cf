"""The published numbers of a problem that is a yardstick."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fallline.problems import yardsticks
from fallline.report.race_view import Published


def published(recipe: Mapping[str, Any]) -> tuple[Published, ...]:
    """Return what was published about the problem of a recipe; nothing where it is no yardstick.

    Example:
        >>> [number.label for number in published({"data": "deepobs:quadratic_deep"})]
        ['sgd', 'momentum(beta=0.99)', 'adam']
    """
    name = recipe.get("data")
    if name not in yardsticks.names():
        return ()
    return tuple(
        Published(number.label, number.value, number.what, number.source) for number in yardsticks.find(name).published
    )
