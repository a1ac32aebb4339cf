"""The label of a method among others: its name, and no more than what tells it from them."""

from __future__ import annotations

from typing import Any

from fallline.core.grammar import Call, parse
from fallline.core.method import Method
from fallline.core.node import Hyper, Node, Option, fields, rate_field
from fallline.lab.scheduled import Lasting


def label(method: Method | Lasting, methods: tuple[Method | Lasting, ...]) -> str:
    """Return the short text of a method, or the longer one with its rate where another of `methods` has the same.

    Example:
        >>> from fallline.methods.momentum import Momentum
        >>> ball, heavy, quick = Momentum(), Momentum(beta=0.99), Momentum(lr=0.1)
        >>> label(heavy, (ball, heavy)), label(ball, (ball, heavy)), label(quick, (ball, quick))
        ('momentum(beta=0.99)', 'momentum', 'momentum(lr=0.1)')
    """
    short = _text(method, with_rate=False)
    alone = sum(_text(other, with_rate=False) == short for other in methods) == 1
    return short if alone else _text(method, with_rate=True)


def _text(method: Method | Lasting, with_rate: bool) -> str:
    """Return a method's text; the lengths that a run gives to its schedule are not in it, as runs differ in them."""
    if not isinstance(method, Lasting):
        return str(_told(method, with_rate))
    call, rate = _told(method.method, with_rate=False), str(rate_field(type(method.method)))
    shape = parse(str(method)).kwargs[rate]
    return str(Call(call.name, call.args, {rate: shape if with_rate else shape.name, **call.kwargs}))


def _told(node: Node, with_rate: bool) -> Call:
    """Return a node's call with what is not its class's default; of the rate all of it, or just a schedule's name."""
    given: dict[str, Any] = {}
    for field in fields(type(node)):
        value, meta = getattr(node, field.name), field.metadata["meta"]
        if isinstance(meta, Hyper) and meta.rate and not with_rate:
            if isinstance(value, Node):
                given[field.name] = value.name()
        elif isinstance(meta, Option) and not _is_plain(value):
            continue  # a function's text would be its place in memory
        elif (isinstance(meta, Hyper) and meta.rate) or isinstance(value, Node | tuple) or value != field.default:
            given[field.name] = _inside(value, with_rate)
    return node.spoken(given)


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple | list | dict):
        return all(map(_is_plain, value.values() if isinstance(value, dict) else value))
    return value is None or isinstance(value, str | bool | int | float | Node)


def _inside(value: Any, with_rate: bool) -> Any:
    if isinstance(value, tuple):
        return tuple(_inside(inner, with_rate) for inner in value)
    if not isinstance(value, Node):
        return value
    call = _told(value, with_rate)
    return call if call.args or call.kwargs else call.name
