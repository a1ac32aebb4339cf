"""Whether a method's words name its learning rate."""

from __future__ import annotations

from typing import Any

from fallline.core.grammar import Call, parse
from fallline.core.node import rate_field
from fallline.methods import METHODS
from fallline.schedules import SCHEDULES


def names_rate(method: str) -> bool:
    """Return whether the text of a method names a learning rate, its own or that of a method inside.

    >>> names_rate("adam"), names_rate("adam(lr=0.1)"), names_rate("chain(clipnorm(1), sgd(0.1))")
    (False, True, True)
    """
    return _names_rate(parse(method))


def _names_rate(call: Call) -> bool:
    cls = METHODS.find(call.name)
    given = cls.arranged(call)
    inside = [v for value in given.values() for v in (value if isinstance(value, tuple) else (value,))]
    return rate_field(cls) in given or any(_names_rate(value) for value in inside if _is_method(value))


def _is_method(value: Any) -> bool:
    """Return whether an argument is a method; a call that is none is a schedule."""
    return isinstance(value, Call) and value.name.lower().replace("_", "") not in SCHEDULES
