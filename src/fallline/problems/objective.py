"""A model, a loss and a target, put together as the functions of a `Problem`."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fallline.core.errors import InvalidValue
from fallline.core.problem import Batch
from fallline.problems import catalogue
from fallline.problems.augmentation import Augment
from fallline.problems.closed_form import least_squared_error
from fallline.problems.inputs import as_seen
from fallline.problems.model import Model
from fallline.problems.preparation import TablePreparation
from fallline.problems.targets.labels import Labels
from fallline.problems.task import Task

LOSSES = "fallline.problems.losses"
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
    """The functions of a ready problem, as `Problem` takes them."""

    init: Callable[[Any], Any]
    loss: Callable[..., Any]
    predict: Callable[..., Any]
    stateful: bool
    lowest: Callable[[Batch], float | None]
    """The lowest loss on these rows, where it is known."""


def assemble(model: Model, loss: Loss, preparation: TablePreparation, augment: Augment | None = None) -> Objective:
    """Return init, loss and predict; training images pass through `augment` first."""
    target = preparation.target
    if isinstance(target, Labels):
        if loss.one_logit and len(target.labels) != 2:
            raise InvalidValue(f"{loss.text} is for two classes, and {target.name!r} has {len(target.labels)}.")
        single, outputs = loss.one_logit, 1 if loss.one_logit else len(target.labels)
    else:
        single, outputs = target.row_shape == (), target.outputs

    def init(key: Any) -> Any:
        return model.init(key, preparation.input_shape, outputs)

    def forward(params: Any, state: Any, x: Any, training: bool, key: Any) -> tuple[Any, Any]:
        """Return the outputs in float32 at least, and the next state; without a key nothing is drawn."""
        own_key, image_key = (None, None) if key is None else jax.random.split(key)
        x = x if augment is None or image_key is None else augment(x, image_key)
        x = as_seen(x, preparation, jax.tree.leaves(params)[0].dtype)
        modes = {"key": own_key} if model.random else {}
        if model.stateful:
            found, state = model.apply(params, state, x, training=training, **modes)
        else:
            found = model.apply(params, x, **modes)
        found = found.astype(jnp.promote_types(found.dtype, jnp.float32))
        return found[:, 0] if single else found, state

    def row_losses(params: Any, state: Any, batch: Batch, training: bool, key: Any) -> tuple[Any, Any]:
        found, state = forward(params, state, batch.x, training, key)
        return loss.of(found, batch.y), state

    def lowest(train: Batch) -> float | None:
        if not (model.affine and loss.quadratic) or augment is not None:
            return None
        return least_squared_error(train, lambda x: as_seen(x, preparation, jnp.float32))

    functions = _stateful(row_losses, forward) if model.stateful else _plain(row_losses, forward)
    draws = model.random or augment is not None
    return Objective(init, functions.drawing if draws else functions.fixed, functions.predict, model.stateful, lowest)


class _Functions(NamedTuple):
    """A loss that takes a key, the same without, and the prediction, in the signatures that a `Problem` has.

    The engine gives a loss what its signature names: one that draws nothing gets no key, and its program none.
    """

    drawing: Callable[..., Any]
    fixed: Callable[..., Any]
    predict: Callable[..., Any]


def _plain(row_losses: Callable[..., Any], forward: Callable[..., Any]) -> _Functions:
    def drawing(params: Any, batch: Batch, key: Any = None) -> Any:
        return row_losses(params, None, batch, key is not None, key)[0]

    def fixed(params: Any, batch: Batch) -> Any:
        return row_losses(params, None, batch, False, None)[0]

    def predict(params: Any, x: Any) -> Any:
        return forward(params, None, x, False, None)[0]

    return _Functions(drawing, fixed, predict)


def _stateful(row_losses: Callable[..., Any], forward: Callable[..., Any]) -> _Functions:
    def drawing(params: Any, model_state: Any, batch: Batch, training: bool = False, key: Any = None) -> Any:
        return row_losses(params, model_state, batch, training, key)

    def fixed(params: Any, model_state: Any, batch: Batch, training: bool = False) -> Any:
        return row_losses(params, model_state, batch, training, None)

    def predict(params: Any, model_state: Any, x: Any) -> Any:
        return forward(params, model_state, x, False, None)[0]

    return _Functions(drawing, fixed, predict)
