"""What is asked of a table: the column to predict, from which others, and how."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from fallline.core.errors import DataError, InvalidType, InvalidValue, did_you_mean
from fallline.data.table import Column, Table, Text
from fallline.problems import task as tasks
from fallline.problems.columns import describe
from fallline.problems.objective import USUAL_LOSS, Loss, read_loss
from fallline.problems.task import Task

USUAL_NAMES = ("target", "label", "class", "y")


@dataclass(frozen=True)
class Question:
    """A question that a table can answer.

    Args:
        target: the column to predict.
        features: the columns to predict it from, in the table's order.
        task: a class or a number.
        loss: what training makes small.
    """

    target: str
    features: tuple[str, ...]
    task: Task
    loss: Loss

    def columns(self, table: Table) -> Mapping[str, Column]:
        """Return the columns of a table, the target as one value a row where it can be, classes in their own words."""
        target = single(table.columns[self.target])
        if self.task == "classification" and self.target in table.words:
            target = _in_words(target, table.words[self.target])
        return {**table.columns, self.target: target}


def ask(table: Table, target: str | None, task: Task | None, loss: str | None, weight: str | None = None) -> Question:
    """Settle what was left open: the target by its name, the task by the loss or the target's values.

    `weight`, a column of weights, is no feature.
    """
    name = choose_target(table, target)
    if weight is not None:
        _check_weight(table, weight, name)
    features = tuple(column for column in table.columns if column not in (name, weight))
    if not features:
        raise DataError(f"{table.name}: {name!r} is its only column; there is nothing to predict it from.")
    if task is not None and task not in list(USUAL_LOSS):
        raise InvalidValue(f"task={task!r}: task must be one of {', '.join(map(repr, USUAL_LOSS))}.")
    chosen = None if loss is None else read_loss(loss)
    answers = single(table.columns[name])
    settled = task or (chosen.task if chosen else tasks.infer(answers))
    if chosen and chosen.task != settled:
        raise InvalidValue(f"loss={loss!r} is for {chosen.task}, and the task is {settled}.")
    tasks.check(name, answers, settled)
    return Question(name, features, settled, chosen or read_loss(USUAL_LOSS[settled]))


def choose_target(table: Table, asked: str | None) -> str:
    """Return the target's name: the one asked for, the one the table names, or a column of a usual name."""
    if asked is not None:
        _check_text("target", asked)
        if asked not in table.columns:
            raise DataError(f"{table.name} has no column {asked!r} to predict.{did_you_mean(asked, table.columns)}")
        return asked
    if table.target is not None:
        return table.target
    for name in USUAL_NAMES:
        if name in table.columns:
            return name
    if len(table.columns) == 1:
        raise DataError(
            f"{table.name} holds one column only, {describe(table.columns)}; a model needs features and a target: two "
            f"columns or more, or two arrays, (x, y), which an NPZ file holds as x and y."
        )
    raise DataError(f"{table.name}: which column is to be predicted? Pass target=, one of {describe(table.columns)}.")


def _check_text(name: str, given: Any) -> None:
    """Refuse a column that is given by anything but its name."""
    if not isinstance(given, str):
        raise InvalidType(f"{name}={given!r:.80}: a column is given by its name, as text.")


def _check_weight(table: Table, weight: str, target: str) -> None:
    _check_text("weight", weight)
    if weight not in table.columns:
        raise DataError(f"{table.name} has no column {weight!r} of weights.{did_you_mean(weight, table.columns)}")
    if weight == target:
        raise DataError(f"{table.name}: {weight!r} is the target, and cannot be the column of weights too.")


def single(target: Column) -> Column:
    """Return a target of shape (N, 1) as (N,): against predictions (N,) it would broadcast to (N, N)."""
    return target if isinstance(target, Text) or target.shape[1:] != (1,) else target[:, 0]


def _in_words(flags: Column, words: tuple[str, str]) -> Text:
    """Return booleans, or 0, 1 and NaN, as the text that they stand for."""
    assert not isinstance(flags, Text)
    return Text(np.where(np.isnan(flags), -1, flags).astype(np.int32), words)
