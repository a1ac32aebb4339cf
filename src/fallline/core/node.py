"""Frozen dataclasses whose numbers are JAX pytree leaves: what methods and schedules are made of.

Numeric hyperparameters (`hyper`) are leaves, so a jitted function takes them as traced arguments and one compiled
program serves every value. Nodes inside nodes (`part`) are subtrees. Everything else (`option`) is structure, part of
the tree's definition. JAX itself is imported when the first instance is made, never when a class is defined.
"""

from __future__ import annotations

import dataclasses
import functools
import inspect
import math
import re
import typing
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from fallline.core.errors import InvalidType, InvalidValue, did_you_mean
from fallline.core.grammar import Call
from fallline.core.interval import Interval

Scalar = Any
"""A number, a 0-d array, or a `Schedule` that gives the number at each step."""


@dataclasses.dataclass(frozen=True)
class Hyper:
    """What is known of a numeric field: range, units, meaning, whether it is the rate, whether it may be None."""

    interval: Interval
    units: str
    help: str
    rate: bool
    optional: bool
    many: bool


@dataclasses.dataclass(frozen=True)
class Option:
    """What is known of a structural field."""

    help: str


@dataclasses.dataclass(frozen=True)
class Part:
    """What is known of a field that holds a node, or a tuple of them."""

    help: str


def hyper(
    default: Any = dataclasses.MISSING,
    *,
    range: str,
    help: str,
    units: str = "",
    rate: bool = False,
    optional: bool = False,
    many: bool = False,
) -> Any:
    """Declare a numeric hyperparameter: a traced leaf, a number or a schedule.

    `rate=True` marks the learning rate, the field that a comparison varies. `optional=True` allows `None`, which is
    structure: it leaves out the state that the number would need. `many=True` makes it a tuple of numbers, whose
    length is structure; a rule sees it as one array.
    """
    meta = Hyper(Interval.parse(range), units, help, rate, optional, many)
    return dataclasses.field(default=default, metadata={"meta": meta})


def option(default: Any, *, help: str) -> Any:
    """Declare a structural choice, fixed when the program is compiled: a `Literal`, a `bool`, an `int` or a `str`."""
    return dataclasses.field(default=default, metadata={"meta": Option(help)})


def part(default: Any = dataclasses.MISSING, *, help: str) -> Any:
    """Declare a node inside the node, or a tuple of them: a subtree of the pytree."""
    return dataclasses.field(default=default, metadata={"meta": Part(help)})


class Node:
    """Base of `Method` and `Schedule`: every subclass is a frozen dataclass and a JAX pytree."""

    HEADLINE: ClassVar[str] = ""
    """The first line of the class's docstring."""

    STEPS: ClassVar[bool] = True
    """Whether it lives through steps, so that its numbers may be schedules."""

    VARIES: ClassVar[bool] = False
    """Whether it stands for a number that changes with the step."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        dataclasses.dataclass(frozen=True)(cls)
        cls.HEADLINE = (cls.__doc__ or "").strip().partition("\n")[0]
        if fields(cls):
            cls.__doc__ = f"{(cls.__doc__ or '').rstrip()}\n\n{_arguments(cls)}"

    if TYPE_CHECKING:

        def __init__(self, *args: Any, **kwargs: Any) -> None: ...

    def __new__(cls, *args: Any, **kwargs: Any) -> Node:
        _register_with_jax(cls)  # type: ignore[arg-type]  # mypy reads a class's hash as its instances'
        known = [f.name for f in fields(cls)]
        for name in kwargs:
            if name not in known:
                raise InvalidType(f"{cls.name()} has no {name!r}.{did_you_mean(name, known)}")
        return object.__new__(cls)

    def __post_init__(self) -> None:
        for field in fields(type(self)):
            meta, value = field.metadata["meta"], getattr(self, field.name)
            match meta:
                case Hyper(many=True):
                    object.__setattr__(self, field.name, self._checked_numbers(field, value))
                case Hyper():
                    self._check_number(field, value)
                case Part():
                    object.__setattr__(self, field.name, self._checked_part(field, value))
                case Option():
                    self._check_choice(field, value)

    @classmethod
    def name(cls) -> str:
        """The name in the command line, specs and tables: the class's own, in lower case."""
        return cls.__name__.lower()

    @classmethod
    def arranged(cls, call: Call) -> dict[str, Any]:
        """Return the arguments of a call in the command line's words by field; a class may have a handier form."""
        names = [f.name for f in fields(cls)]
        if len(call.args) > len(names):
            raise InvalidValue(f"{call}: {cls.name()} takes no more than {', '.join(names)}.")
        values = dict(zip(names, call.args, strict=False))
        for name, value in call.kwargs.items():
            if name in values:
                raise InvalidValue(f"{call}: {name} is given twice.")
            values[name] = value
        return values

    def spoken(self, given: dict[str, Any]) -> Call:
        """Return the call that builds the node again from its fields: the inverse of `arranged`."""
        return Call(self.name(), (), given)

    def _check_number(self, field: dataclasses.Field[Any], value: Any) -> None:
        import jax
        import numpy as np

        meta: Hyper = field.metadata["meta"]
        varies = isinstance(value, Node) and value.VARIES and self.STEPS and not meta.many
        if varies or isinstance(value, jax.core.Tracer) or (value is None and meta.optional):
            return
        try:
            numbers = np.asarray(value)
            numeric = numbers.dtype.kind in "iuf" or numbers.dtype.name == "bfloat16"
            if isinstance(value, list | tuple) or not numeric:
                raise TypeError
            numbers = numbers.astype(np.float64)
        except (TypeError, ValueError):
            kind = "a number or a schedule" if self.STEPS and not meta.many else "a number"
            hint = " A schedule is one of ours, as in fl.Cosine(peak=0.1, steps=1000)." if callable(value) else ""
            where = f"{self.name()}({field.name}={value!r})"
            raise InvalidType(f"{where}: {field.name} must be {kind}, got {value!r}.{hint}") from None
        for number in numbers.ravel().tolist():
            if number not in meta.interval:
                usual = field.default if isinstance(field.default, float | int) else meta.interval.high
                better = meta.interval.nearest(number, usual)
                hint = f" Did you mean {better:g}?" if math.isfinite(better) else ""
                where = f"{self.name()}({field.name}={value!r})"
                raise InvalidValue(f"{where}: {field.name} must be in {meta.interval}, got {number:g}.{hint}")

    def _checked_numbers(self, field: dataclasses.Field[Any], value: Any) -> tuple[Any, ...]:
        if isinstance(value, str | Node) or not hasattr(value, "__iter__") or getattr(value, "shape", None) == ():
            raise InvalidType(
                f"{self.name()}({field.name}={value!r}): {field.name} takes several numbers, as in "
                f"{field.name}=[{value!r}], got one {type(value).__name__}."
            )
        numbers = tuple(value)
        for number in numbers:
            self._check_number(field, number)
        return numbers

    def _checked_part(self, field: dataclasses.Field[Any], value: Any) -> Any:
        several = isinstance(value, tuple | list)
        nodes = tuple(
            v() if isinstance(v, type) and issubclass(v, Node) else v for v in (value if several else [value])
        )
        for node in nodes:
            if not isinstance(node, Node):
                raise InvalidType(
                    f"{self.name()}({field.name}=...): {field.name} takes instances such as "
                    f"fl.Adam(lr=0.001), or classes; got {node!r}."
                )
        return nodes if several else nodes[0]

    def _check_choice(self, field: dataclasses.Field[Any], value: Any) -> None:
        allowed = choices(type(self), field.name)  # type: ignore[arg-type]  # as in __new__
        if not allowed:
            hint = typing.get_type_hints(type(self))[field.name]
            wanted = typing.get_origin(hint) or hint
            if wanted is not Any and type(value) is not wanted:
                raise InvalidType(
                    f"{self.name()}({field.name}={value!r}): {field.name} must be of type {wanted.__name__}, "
                    f"got {type(value).__name__}."
                )
            return
        if not any(type(value) is type(c) and value == c for c in allowed):
            raise InvalidValue(
                f"{self.name()}({field.name}={value!r}): {field.name} must be one of "
                f"{', '.join(map(repr, allowed))}, got {value!r}."
            )

    def replace(self, **changes: Any) -> typing.Self:
        """Return the same with some fields changed, checked as on construction."""
        return dataclasses.replace(self, **changes)  # type: ignore[type-var]  # a dataclass by __init_subclass__


def fields(cls: type[Node]) -> tuple[dataclasses.Field[Any], ...]:
    """Return the declared fields of a node class, in order."""
    return dataclasses.fields(cls)  # type: ignore[arg-type]


def hypers(cls: type[Node]) -> dict[str, Hyper]:
    """Return the numeric hyperparameters of a node class by name."""
    return {f.name: f.metadata["meta"] for f in fields(cls) if isinstance(f.metadata["meta"], Hyper)}


def parts(cls: type[Node]) -> tuple[str, ...]:
    """Return the names of the fields that hold nodes."""
    return tuple(f.name for f in fields(cls) if isinstance(f.metadata["meta"], Part))


def rate_field(cls: type[Node]) -> str | None:
    """Return the name of the field that is the learning rate, if the class has one."""
    return next((name for name, meta in hypers(cls).items() if meta.rate), None)


def _arguments(cls: type[Node]) -> str:
    """Return the "Args:" section of a node's docstring, so that what a field declares is written nowhere else.

    Annotations are shown as they are written: resolving them belongs to the first instance.
    """
    return "\n".join(["    Args:", *(f"        {f.name}: {_described(f, cls.STEPS)}" for f in fields(cls)), "    "])


def _described(field: dataclasses.Field[Any], steps: bool) -> str:
    meta, default = field.metadata["meta"], field.default
    if isinstance(meta, Hyper):
        what = f"numbers in {meta.interval}" if meta.many else f"a number in {meta.interval}"
        kind = what + " or a schedule" * (steps and not meta.many) + " or None" * meta.optional
    else:
        written = field.type if isinstance(field.type, str) else inspect.formatannotation(field.type)
        kind = re.sub(r"^(?:typing\.)?Literal\[(.*)\]$", r"\1", written).replace(", ", " | ")
    units = f" [{meta.units}]" if isinstance(meta, Hyper) and meta.units else ""
    usual = "" if default is dataclasses.MISSING else f", default {default!r}"
    return f"{meta.help}{units}; {kind}{usual}."


@functools.cache
def choices(cls: type[Node], name: str) -> tuple[Any, ...]:
    """Return the values that a structural field can take: its `Literal`'s, true and false, or () where it is open."""
    annotation = typing.get_type_hints(cls)[name]
    if typing.get_origin(annotation) is Literal:
        return typing.get_args(annotation)
    return (False, True) if annotation is bool else ()


@functools.cache
def _register_with_jax(cls: type[Node]) -> None:
    import jax

    leaves = (*hypers(cls), *parts(cls))
    structure = tuple(f.name for f in fields(cls) if f.name not in leaves)

    def flatten(node: Node) -> tuple[list[Any], tuple[Any, ...]]:
        return [getattr(node, n) for n in leaves], tuple(getattr(node, n) for n in structure)

    def flatten_with_keys(node: Node) -> tuple[list[tuple[Any, Any]], tuple[Any, ...]]:
        values, aux = flatten(node)
        return [(jax.tree_util.GetAttrKey(n), v) for n, v in zip(leaves, values, strict=True)], aux

    def unflatten(aux: tuple[Any, ...], values: Any) -> Node:
        # Bypasses __init__: JAX unflattens with tracers, None and sentinels, which no range check understands.
        node = object.__new__(cls)
        node.__dict__.update(zip(leaves, values, strict=True))
        node.__dict__.update(zip(structure, aux, strict=True))
        return node

    jax.tree_util.register_pytree_with_keys(cls, flatten_with_keys, unflatten, flatten)


def at_step(node: Any, xp: Any, count: Any, dtype: Any) -> Any:
    """Return the node with every schedule read at `count` steps taken and every number a 0-d array of `dtype`."""
    values = dict(node.__dict__)
    for name in hypers(type(node)):
        value = values[name]
        if isinstance(value, Node):
            value = at_step(value, xp, count, dtype).value(xp, xp.asarray(count, dtype=dtype))
        if value is not None:
            values[name] = xp.asarray(value, dtype=dtype)
    resolved = object.__new__(type(node))
    resolved.__dict__.update(values)
    return resolved
