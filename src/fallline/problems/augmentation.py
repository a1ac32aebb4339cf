"""Augmentation: training images changed at random in every step, so that none is seen twice."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import jax

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.grammar import Call, parse_all
from fallline.problems import catalogue

AUGMENTATIONS = "fallline.problems.augmentations"

Augment = Callable[[Any, Any], Any]
"""`augment(images, key) -> images`, of the same shape and dtype."""


def read(text: str) -> Augment:
    """Read augmentations from the command line's words; they are applied in that order.

    >>> import jax.numpy as jnp
    >>> augment = read("flip, crop(2)")
    >>> augment(jnp.ones((3, 8, 8), jnp.uint8), jax.random.key(0)).shape
    (3, 8, 8)
    """
    if not isinstance(text, str):
        raise InvalidType(f"augment={text!r}: augmentations are given as text, as in 'flip, crop(4)'.")
    changes = tuple(map(_read, parse_all(text)))

    def augment(images: Any, key: Any) -> Any:
        for change, own_key in zip(changes, jax.random.split(key, len(changes)), strict=True):
            images = change(images, own_key)
        return images

    return augment


def check(augment: Augment, x: Any, input_shape: tuple[int, ...]) -> None:
    """Refuse rows that are no images; one is tried, so that no argument is found wrong after training began."""
    if len(input_shape) not in (2, 3):
        raise InvalidValue(
            f"augment= changes images, rows of shape (height, width) or (height, width, colours) in one column and no "
            f"other feature; each row here has shape {input_shape}. Leave it out, or reshape the column."
        )
    jax.eval_shape(augment, jax.ShapeDtypeStruct((1, *input_shape), x.dtype), jax.random.key(0))


def _read(call: Call) -> Augment:
    name = call.name.lower()
    function = getattr(catalogue.module(AUGMENTATIONS, call.name, "augmentation"), name)
    return functools.partial(function, **catalogue.bind(function, call, later=2).arguments)
