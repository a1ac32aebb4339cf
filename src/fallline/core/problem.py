"""What is minimised: an initialisation, a loss, and the data it is summed over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.stream import Batches, Stream, streamed


class Batch(NamedTuple):
    """Rows with their targets: `x` of shape (B, …), `y` of shape (B,) or (B, K)."""

    x: Any
    y: Any


class WeightedBatch(NamedTuple):
    """Rows with their targets and one weight a row, of shape (B,)."""

    x: Any
    y: Any
    weight: Any


class Rows(NamedTuple):
    """Rows without targets: `x` of shape (B, …)."""

    x: Any


@dataclass(frozen=True)
class Data:
    """The parts of a data set, used as given.

    Each part is `(x, y)`, `(x, y, weight)`, one array, or any pytree of arrays with one leading length. The test part
    is never used for selection, stopping or scaling. The training part may also be a `Stream` or `Batches`, whose rows
    are not all in memory.
    """

    train: Any
    validation: Any = None
    test: Any = None

    def __post_init__(self) -> None:
        for name in ("train", "validation", "test"):
            part = as_batch(getattr(self, name))
            object.__setattr__(self, name, part)
            if part is not None and rows(part, name) == 0:
                raise InvalidValue(f"the {name} part has no rows.")
            if streamed(part) and name != "train":
                raise InvalidType(
                    f"the {name} part is streamed, and only training rows are: give arrays of as many rows as are "
                    f"needed for a good estimate."
                )


class Preparation(Protocol):
    """How raw rows become the model's `x`, and the model's outputs become answers in the user's words."""

    def features(self, rows: Any) -> Any:
        """Return the model's `x` for raw rows: encoded and scaled as the training part was."""

    def answers(self, outputs: Any) -> Any:
        """Return labels, or values in the target's own units, for the model's outputs."""

    def to_dict(self) -> dict[str, Any]:
        """Return everything needed to do the same again, as JSON."""


@dataclass(frozen=True, eq=False)
class Problem:
    """An objective: `init(key) -> params` and `loss(params, batch)`, with data and metrics.

    `loss` returns one loss a row, shape (B,), which is preferred (remainders, weights, micro-batches come for free), or
    a scalar that is the mean over the rows. A keyword `key` in its signature receives a fresh key each step, a keyword
    `training` True in a step and False in an evaluation. With `stateful=True`, `init` returns `(params, model_state)`
    and the loss takes `(params, model_state, batch)` and returns `(loss, new_state)`; an evaluation's new state is
    thrown away.

    Args:
        init: `init(key)` returns a pytree of floating-point arrays.
        loss: see above; `batch` is `(x, y)` or `(x, y, weight)` as a named tuple, `(x,)` for data of one array, the
            pytree itself for any other, and `None` without data.
        data: `(x, y)`, all of it for training, or `fl.Data(train=, validation=, test=)`.
        metrics: name → `metric(y_pred, y_true) -> float`, computed over a whole split; needs `predict`. One that
            returns an array, such as a confusion matrix, is kept for the test part alone, in `record.tables`.
        predict: `predict(params, x)`, or `predict(params, model_state, x)` when stateful.
        stateful: whether the model carries state that the gradient does not move.
        optimum: the least loss there is, where it is known; the history then has a column `gap`, loss − optimum.
        name: what the problem is called in tables and folders.
        preparation: how raw rows become `x`; ready problems have one.
        recipe: plain data from which the problem can be built again; ready problems have one.

    Example:
        >>> import jax.numpy as jnp
        >>> line = Problem(
        ...     init=lambda key: jnp.zeros(1),
        ...     loss=lambda w, batch: (batch.x @ w - batch.y) ** 2,
        ...     data=(jnp.ones((4, 1)), jnp.full(4, 2.0)),
        ... )
        >>> line.data.train.y.shape
        (4,)
    """

    init: Callable[..., Any]
    loss: Callable[..., Any]
    data: Any = None
    metrics: Mapping[str, Callable[[Any, Any], Any]] = field(default_factory=dict)
    predict: Callable[..., Any] | None = None
    stateful: bool = False
    optimum: float | None = None
    name: str = "problem"
    preparation: Preparation | None = None
    recipe: Mapping[str, Any] | None = None

    def __post_init__(self) -> None:
        if not callable(self.init):
            raise InvalidType(f"Problem(init={self.init!r}): init must be a function of a key, init(key) -> params.")
        if not callable(self.loss):
            raise InvalidType(f"Problem(loss={self.loss!r}): loss must be a function, loss(params, batch).")
        if self.data is not None and not isinstance(self.data, Data):
            object.__setattr__(self, "data", Data(train=self.data))
        if self.metrics and self.predict is None:
            raise InvalidValue(
                f"Problem(metrics={list(self.metrics)}): metrics compare predictions with targets, so they need "
                f"predict=, a function predict(params, x)."
            )


def as_batch(part: Any) -> Any:
    """Return a part of the data as the named tuple that the loss will see."""
    if part is None or streamed(part) or (isinstance(part, tuple) and hasattr(part, "_fields")):
        return part
    if isinstance(part, tuple) and len(part) == 2:
        return Batch(*part)
    if isinstance(part, tuple) and len(part) == 3:
        return WeightedBatch(*part)
    return Rows(part) if hasattr(part, "shape") else part


def rows(part: Any, name: str = "data") -> int:
    """Return the number of rows of a part, the leading length that all its arrays share."""
    import jax
    import numpy as np

    if isinstance(part, Stream):
        return int(np.sum(part.sizes))
    if isinstance(part, Batches):
        return part.steps_per_epoch * rows(part.first, name)
    lengths = {}
    for path, leaf in jax.tree_util.tree_leaves_with_path(part):
        shape = np.shape(leaf)
        label = jax.tree_util.keystr(path, simple=True, separator=".") or "x"
        if not shape:
            raise InvalidType(f"{name}: {label} is a single number; data are arrays with one row an example.")
        lengths[label] = shape[0]
    if not lengths:
        raise InvalidType(f"{name}: no arrays were found in {type(part).__name__}.")
    if len(set(lengths.values())) > 1:
        found = ", ".join(f"{label} has {n}" for label, n in lengths.items())
        raise InvalidValue(f"{name}: the arrays differ in length: {found} rows. Every array needs one row an example.")
    return int(next(iter(lengths.values())))
