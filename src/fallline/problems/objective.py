"""A model, a loss and a target, put together as the functions of a `Problem`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

from fallline.core.errors import InvalidValue
from fallline.core.problem import Batch
from fallline.problems import catalogue
from fallline.problems.closed_form import least_squared_error
from fallline.problems.features import expand
from fallline.problems.model import Model
from fallline.problems.preparation import TablePreparation
from fallline.problems.targets.labels import Labels
from fallline.problems.task import Task

LOSSES = "fallline.problems.losses"
METRICS = "fallline.problems.metrics"
USUAL_LOSS: dict[Task, str] = {"classification": "softmax_cross_entropy", "regression": "squared_error"}


class Loss(NamedTuple):
    """A loss of one file, its arguments filled in.

    Args:
        of: `of(outputs, y) -> (B,)`.
        text: the words that it is made from.
        task: what its targets are.
        one_logit: whether the model gives one number a row for two classes.
        quadratic: whether it is the squared error, so that an affine model has a closed form.
    """

    of: Callable[[Any, Any], Any]
    text: str
    task: Task
    one_logit: bool
    quadratic: bool


def read_loss(text: str) -> Loss:
    """Read a loss from the command line's words.

    >>> read_loss("huber(delta=2)").task
    'regression'
    """
    call = catalogue.read(text, "loss")
    file = catalogue.module(LOSSES, call.name, "loss")
    function = getattr(file, call.name.lower())
    arguments = catalogue.bind(function, call, later=2).arguments
    of = functools.partial(function, **arguments)
    return Loss(of, str(call), file.TASK, getattr(file, "ONE_LOGIT", False), getattr(file, "QUADRATIC", False))


class Objective(NamedTuple):
    """The functions of a ready problem."""

    init: Callable[[Any], Any]
    loss: Callable[[Any, Batch], Any]
    predict: Callable[[Any, Any], Any]
    metrics: dict[str, Callable[[Any, Any], float]]
    lowest: Callable[[Batch], float | None]
    """The lowest loss on these rows, where it is known."""


def assemble(model: Model, loss: Loss, preparation: TablePreparation) -> Objective:
    """Return init, loss, predict and metrics."""
    target = preparation.target
    sizes = tuple(text.size for text in preparation.texts)
    if isinstance(target, Labels):
        if loss.one_logit and len(target.labels) != 2:
            raise InvalidValue(f"{loss.text} is for two classes, and {target.name!r} has {len(target.labels)}.")
        single, outputs = loss.one_logit, 1 if loss.one_logit else len(target.labels)
    else:
        single, outputs = target.row_shape == (), target.outputs

    def init(key: Any) -> Any:
        return model.init(key, preparation.input_shape, outputs)

    def predict(params: Any, x: Any) -> Any:
        found = model.apply(params, expand(x, sizes))
        return found[:, 0] if single else found

    def row_losses(params: Any, batch: Batch) -> Any:
        return loss.of(predict(params, batch.x), batch.y)

    def lowest(train: Batch) -> float | None:
        return least_squared_error(train, sizes) if model.affine and loss.quadratic else None

    return Objective(init, row_losses, predict, _metrics(preparation), lowest)


def _metrics(preparation: TablePreparation) -> dict[str, Callable[[Any, Any], float]]:
    """Return the metrics of the task by name, in the target's own units."""
    target = preparation.target
    task = "classification" if isinstance(target, Labels) else "regression"
    files = {name: catalogue.module(METRICS, name, "metric") for name in catalogue.names(METRICS)}
    found = {name: getattr(file, name) for name, file in files.items() if task == file.TASK}
    if isinstance(target, Labels):
        return found

    def in_own_units(metric: Callable[[Any, Any], float]) -> Callable[[Any, Any], float]:
        return lambda y_pred, y_true: metric(target.decode(y_pred), target.decode(y_true))

    return {name: in_own_units(metric) for name, metric in found.items()}
