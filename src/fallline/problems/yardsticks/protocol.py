"""A yardstick: a published problem with the protocol it was measured by, and the numbers that were found."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from fallline.core.problem import Problem
from fallline.core.spec import LastBatch, Sampling


@dataclass(frozen=True)
class Published:
    """A published number.

    Args:
        label: the method it is about, one of the yardstick's `methods`.
        value: the number.
        what: what it measures: `"test loss"`.
        source: where it stands, and what it is the mean of.
    """

    label: str
    value: float
    what: str
    source: str


@dataclass(frozen=True)
class Yardstick:
    """A published problem with its protocol and its numbers.

    Args:
        name: its origin and its name there: `"deepobs:quadratic_deep"`.
        build: makes the problem; its data are read, or drawn, only then.
        methods: the methods raced, in the command line's words.
        lr: the learning rates tried for each.
        seeds: how many seeds the best rate is run on.
        measure: what decides, `"loss"` or `"accuracy"`.
        batch_size: rows a step.
        epochs: passes over the training part.
        sampling: the order of the rows, as in `fl.train`.
        last_batch: what becomes of an epoch's incomplete batch, as in `fl.train`.
        published: the numbers to compare with; empty where none was found in a source.
    """

    name: str
    build: Callable[[], Problem]
    methods: tuple[str, ...]
    lr: tuple[float, ...]
    seeds: int
    measure: Literal["loss", "accuracy"]
    batch_size: int
    epochs: int
    sampling: Sampling
    last_batch: LastBatch
    published: tuple[Published, ...] = ()

    def problem(self) -> Problem:
        """Return the problem, under the yardstick's name and with the recipe that builds it again."""
        return dataclasses.replace(self.build(), name=self.name, recipe={"data": self.name})
