"""Hyperparameters by name, of a method or of the member of a composition that has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fallline.core.method import Method
from fallline.core.node import Hyper, Part, fields, parts, rate_field


def settable(method: Method) -> set[str]:
    """Return the names of the numbers and options that can be set, but for the rate; those of members too.

    Example:
        >>> from fallline.methods.momentum import Momentum
        >>> sorted(settable(Momentum()))
        ['beta', 'dampening', 'form']
    """
    return _own(method).union(*map(settable, _members(method)))


def with_values(method: Method, values: Mapping[str, Any]) -> Method:
    """Return the method with hyperparameters set by name, each its own or that of the last member that has it."""
    rest = {name: value for name, value in values.items() if name not in _own(method)}
    changes = {name: value for name, value in values.items() if name not in rest}
    for place in reversed(parts(type(method))):
        inside = getattr(method, place)
        members: list[Method] = []
        for member in reversed(inside if isinstance(inside, tuple) else (inside,)):
            taken = rest.keys() & settable(member)
            members.insert(0, with_values(member, {name: rest.pop(name) for name in taken}) if taken else member)
        changes[place] = tuple(members) if isinstance(inside, tuple) else members[0]
    return method.replace(**changes)


def value_of(method: Method, name: str) -> Any:
    """Return the value of a hyperparameter, where `with_values` would set it."""
    if name in _own(method):
        return getattr(method, name)
    return value_of(next(member for member in reversed(_members(method)) if name in settable(member)), name)


def class_rate(method: Method) -> float | None:
    """Return the learning rate that the method's class has by itself, whatever this one was given."""
    if (name := rate_field(type(method))) is None:
        return next((class_rate(member) for member in reversed(_members(method)) if member.has_lr), None)
    default = next(field.default for field in fields(type(method)) if field.name == name)
    return float(default) if isinstance(default, float | int) else None


def _own(method: Method) -> set[str]:
    return {field.name for field in fields(type(method)) if _is_one_value(field.metadata["meta"])}


def _is_one_value(meta: Any) -> bool:
    return not (isinstance(meta, Part) or (isinstance(meta, Hyper) and (meta.rate or meta.many)))


def _members(method: Method) -> list[Method]:
    inside = [getattr(method, place) for place in parts(type(method))]
    return [member for found in inside for member in (found if isinstance(found, tuple) else (found,))]
