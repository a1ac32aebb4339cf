"""A model: how its parameters start, and what it computes from them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from fallline.core.errors import InvalidValue
from fallline.problems import catalogue

MODELS = "fallline.problems.models"


class Model(NamedTuple):
    """A pure function with parameters.

    Args:
        init: `init(key, input_shape, outputs) -> params`, where `input_shape` is the shape of one row of `x` and
            `params` is a list of layers `{"w": …, "b": …}`.
        apply: `apply(params, x) -> (B, outputs)` for `x` of shape (B, *input_shape), in the dtype of its inputs.
        affine: whether that is W·x + b, so that least squares has a closed form.
        random: whether training draws at random: `apply` then takes a keyword `key`, which is None in evaluation.
        stateful: whether the model carries state that the gradient does not move, as batch normalisation does:
            `init` then returns `(params, state)`, and `apply(params, state, x, training)` returns `(outputs, state)`,
            where `training` is False in evaluation.
    """

    init: Callable[[Any, tuple[int, ...], int], Any]
    apply: Callable[..., Any]
    affine: bool = False
    random: bool = False
    stateful: bool = False


def build(text: str) -> Model:
    """Make a model from the command line's words.

    >>> import jax
    >>> params = build("mlp(128, 64)").init(jax.random.key(0), (8, 8), 10)
    >>> [layer["w"].shape for layer in params]
    [(64, 128), (128, 64), (64, 10)]
    """
    call = catalogue.read(text, "model")
    function = getattr(catalogue.module(MODELS, call.name, "model"), call.name.lower())
    arguments = catalogue.bind(function, call)
    model: Model = function(*arguments.args, **arguments.kwargs)
    return model


def check_size(where: str, what: str, size: Any) -> None:
    """Refuse a width, a channel count or a kernel that is not a whole number from 1 up; `where` names the model."""
    if isinstance(size, bool) or not isinstance(size, int) or size < 1:
        raise InvalidValue(f"{where}: every {what} must be a whole number, at least 1, got {size!r}.")


def image_shape(where: str, input_shape: tuple[int, ...]) -> tuple[int, int, int]:
    """Return (height, width, colours), or refuse rows that are no images; `where` names the model."""
    if len(input_shape) not in (2, 3):
        raise InvalidValue(
            f"{where} needs images, rows of shape (height, width) or (height, width, colours) in one column and no "
            f"other feature; each row here has shape {input_shape}. Use mlp, or reshape the column."
        )
    height, width = input_shape[:2]
    return height, width, input_shape[2] if len(input_shape) == 3 else 1
