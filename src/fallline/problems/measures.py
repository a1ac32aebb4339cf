"""What is reported of a ready problem besides its loss: the metrics chosen, or the usual ones of the task."""

from __future__ import annotations

import dataclasses
import functools
import math
from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.grammar import Call, parse, parse_all
from fallline.problems import catalogue
from fallline.problems.preparation import Target
from fallline.problems.targets.labels import Labels
from fallline.problems.task import Task

METRICS = "fallline.problems.metrics"


class Metric(NamedTuple):
    """A metric of one file, its arguments filled in.

    Args:
        of: `of(y_pred, y_true)`, a number or a table.
        text: the words that it is made from, its name in the record.
        task: what its targets are.
    """

    of: Callable[[Any, Any], Any]
    text: str
    task: Task


def read(text: str) -> tuple[Metric, ...]:
    """Read metrics from the command line's words.

    >>> [metric.text for metric in read("accuracy, f1(average=weighted), top_k(3)")]
    ['accuracy', 'f1(average=weighted)', 'top_k(3)']
    """
    if not isinstance(text, str):
        raise InvalidType(f"metrics={text!r}: metrics are given as text, as in 'accuracy, top_k(3)'.")
    found = tuple(map(_read, parse_all(text)))
    words = [metric.text for metric in found]
    for word in words:
        if words.count(word) > 1:
            raise InvalidValue(f"metrics={text!r}: {word} is given twice.")
    return found


def better_when(text: str) -> Literal["lowest", "highest"] | None:
    """Return whether a metric of ours is best when it is lowest or highest; None of a table.

    >>> better_when("top_k(3)")
    'highest'
    """
    file = catalogue.module(METRICS, parse(text).name, "metric")
    found: Literal["lowest", "highest"] | None = getattr(file, "BETTER", None)
    return found


def measures(
    chosen: tuple[Metric, ...] | None, target: Target, one_logit: bool
) -> dict[str, Callable[[Any, Any], Any]]:
    """Return the metrics by name, in the target's own units; each is tried on one row, so none fails after training.

    Args:
        chosen: what `read` returned, or `None` for the usual ones of the task.
        target: how targets and outputs are encoded.
        one_logit: whether a classifier gives one number a row.
    """
    classes = len(target.labels) if isinstance(target, Labels) else 0
    task: Task = "classification" if classes else "regression"
    found = _usual(task, classes) if chosen is None else chosen
    for metric in found:
        if metric.task != task:
            raise InvalidValue(f"metrics= has {metric.text}, which is for {metric.task}, and the task is {task}.")
    if isinstance(target, Labels):
        shape: tuple[int, ...] = () if one_logit else (classes,)
        for metric in found:
            metric.of(np.zeros((1, *shape)), np.zeros(1, np.int32))
        return {metric.text: metric.of for metric in found}

    def in_own_units(metric: Metric) -> Callable[[Any, Any], Any]:
        return lambda y_pred, y_true: metric.of(target.decode(y_pred), target.decode(y_true))

    return {metric.text: in_own_units(metric) for metric in found}


def _usual(task: Task, classes: int) -> tuple[Metric, ...]:
    """Return the metrics whose files say that they are reported unasked."""
    files = {name: catalogue.module(METRICS, name, "metric") for name in catalogue.names(METRICS)}
    return tuple(
        _read(Call(name))
        for name, file in files.items()
        if task == file.TASK and getattr(file, "USUAL", False) and classes <= getattr(file, "MOST_CLASSES", math.inf)
    )


def _read(call: Call) -> Metric:
    file = catalogue.module(METRICS, call.name, "metric")
    function = getattr(file, call.name.lower())
    arguments = catalogue.bind(function, call, later=2).arguments
    words = str(dataclasses.replace(call, name=call.name.lower()))
    return Metric(functools.partial(function, **arguments), words, file.TASK)
