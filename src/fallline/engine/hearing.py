"""Schedules inside a method that listen to validation."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import jax

from fallline.core.method import Method
from fallline.core.node import Node
from fallline.core.schedule import Schedule

N = TypeVar("N", bound=Node)


def listens(method: Method) -> bool:
    """Return whether a schedule inside the method depends on the validation so far."""
    return any(schedule.LISTENS for schedule in _schedules(method))


def heard(node: N, losses: Sequence[float]) -> N:
    """Return the method, or schedule, whose schedules have heard these validation losses."""
    told: N = jax.tree.map(
        lambda leaf: heard(leaf, losses) if isinstance(leaf, Schedule) else leaf, node, is_leaf=_schedule_within(node)
    )
    return told.heard(losses) if isinstance(told, Schedule) else told


def _schedules(node: Node) -> Iterator[Schedule]:
    """Yield the schedules inside a node, those inside other schedules among them."""
    for leaf in jax.tree.leaves(node, is_leaf=_schedule_within(node)):
        if isinstance(leaf, Schedule):
            yield leaf
            yield from _schedules(leaf)


def _schedule_within(node: Node) -> Callable[[object], bool]:
    return lambda leaf: isinstance(leaf, Schedule) and leaf is not node
