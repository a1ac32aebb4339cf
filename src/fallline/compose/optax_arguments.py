"""The arguments of optax's functions: which are numbers, and what an update takes of the loss."""

from __future__ import annotations

import collections.abc
import inspect
import typing
import warnings
from collections.abc import Callable
from dataclasses import MISSING
from typing import Any

from fallline.core import lift
from fallline.core.node import hyper, option, part

RATE = "learning_rate"


def arguments(factory: Callable[..., Any]) -> list[inspect.Parameter]:
    """Return the arguments of a function, their annotations read where they are text."""
    try:
        signature = inspect.signature(factory, eval_str=True)
    except NameError:  # of what is imported for type checkers alone
        signature = inspect.signature(factory)
    return list(signature.parameters.values())


def transforms(function: Callable[..., Any]) -> bool:
    """Return whether a function of optax declares that it returns a gradient transformation."""
    return _is_transformation(inspect.signature(function).return_annotation)


def _is_transformation(kind: Any) -> bool:
    import optax

    return isinstance(kind, type) and issubclass(kind, optax.GradientTransformation)


def field(argument: inspect.Parameter, traced: bool) -> Any:
    """Return the field of an argument: numbers are traced, counts that shape the state and all the rest are not."""
    given = {} if argument.default is argument.empty else {"default": argument.default}
    help = "as in optax"
    if traced and _is_number(argument):
        optional = argument.default is None
        return hyper(**given, range="(-inf, inf)", help=help, rate=argument.name == RATE, optional=optional)
    if traced and _are_numbers(argument):
        return hyper(**given, range="(-inf, inf)", help=help, many=True)
    return part(help=help) if _is_optimiser(argument) else option(argument.default if given else MISSING, help=help)


def accepted(update: Callable[..., Any], extra: dict[str, Any], params: Any) -> dict[str, Any]:
    """Return what the update takes of the loss, under the names that optax has for it."""
    value, value_fn = extra.get("value"), extra.get("value_fn")
    if value is not None and value_fn is not None:
        import jax.numpy as jnp

        def of_narrow(points: Any, obj_fn: Any = None) -> Any:
            narrow = lift.mapped(lambda x, p: x.astype(jnp.asarray(p).dtype), points, params)
            return jnp.asarray(value_fn(narrow), jnp.asarray(value).dtype)

        # Line searches refuse any argument that their value_fn has no place for, and sophia asks for obj_fn.
        extra = {**extra, "value_fn": of_narrow, "obj_fn": of_narrow}
    places = inspect.signature(update).parameters
    takes_all = any(p.kind is p.VAR_KEYWORD for p in places.values())
    return {name: value for name, value in extra.items() if takes_all or name in places}


def untraceable(factory: Callable[..., Any]) -> frozenset[str]:
    """Return the numeric arguments that the transformation looks at with Python's eyes: they are structure."""
    import jax

    numbers = {a.name: a.default for a in arguments(factory) if _is_number(a) or _are_numbers(a)}
    given = {n: 0.5 if default in (None, inspect.Parameter.empty) else default for n, default in numbers.items()}
    if _refusal(factory, given) is None:
        return frozenset()
    alone = _refusal(factory, {})
    found = {n: _refusal(factory, {n: value}) for n, value in given.items()}
    # Where the placeholders themselves are refused, only an error of tracing says something of the number.
    told = Exception if alone is None else jax.errors.ConcretizationTypeError
    return frozenset(n for n, error in found.items() if isinstance(error, told))


def _refusal(factory: Callable[..., Any], traced: dict[str, Any]) -> Exception | None:
    """Return why a step cannot be traced with these numbers traced, and stand-ins for what else must be given."""
    import jax
    import jax.numpy as jnp
    import optax

    stand_ins: dict[str, Any] = {}
    for argument in arguments(factory):
        if argument.default is argument.empty:
            number = 1 if argument.annotation is int else 0.5
            stand_ins[argument.name] = optax.identity() if _is_optimiser(argument) else number
    params = {"w": jnp.ones((2, 2)), "b": jnp.ones(2)}

    def step(traced: dict[str, Any]) -> Any:
        transformation = optax.with_extra_args_support(factory(**stand_ins | traced))
        loss = {"value": jnp.ones(()), "value_fn": lambda points: jnp.sum(points["b"]), "grad": params}
        state = transformation.init(params)
        return transformation.update(params, state, params, **accepted(transformation.update, loss, params))

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            jax.eval_shape(step, traced)
    except Exception as error:
        return error
    return None


def _is_number(argument: inspect.Parameter) -> bool:
    """Return whether an argument takes a number, and no tree of arrays, which is a mask or a set of weights."""
    kinds = typing.get_args(argument.annotation) or (argument.annotation,)
    if argument.annotation is argument.empty:
        return type(argument.default) is float
    if argument.name == "key":  # a random one, whose annotation is that of any number
        return False
    plain = type(argument.default) in (int, float) or argument.default in (None, argument.empty)
    return plain and float in kinds and not any(typing.get_origin(kind) is collections.abc.Iterable for kind in kinds)


def _are_numbers(argument: inspect.Parameter) -> bool:
    """Return whether an argument takes a tuple of numbers, and nothing else."""
    return typing.get_origin(argument.annotation) is tuple and isinstance(argument.default, tuple)


def _is_optimiser(argument: inspect.Parameter) -> bool:
    union = typing.get_origin(argument.annotation) is typing.Union
    kinds = typing.get_args(argument.annotation) if union else (argument.annotation,)
    return argument.default is argument.empty and any(_is_transformation(kind) for kind in kinds)
