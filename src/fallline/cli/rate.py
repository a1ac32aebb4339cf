"""The learning rate of a run whose command names none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fallline.core.grammar import Call, parse
from fallline.core.node import rate_field
from fallline.report.numbers import duration
from fallline.schedules import SCHEDULES

if TYPE_CHECKING:
    from rich.console import Console

    from fallline.core.method import Method
    from fallline.core.problem import Problem


def is_asked_for(method: str, lr: str | None) -> bool:
    """Return whether the rate is to be found: `--lr auto`, or no rate in the command at all.

    >>> is_asked_for("adam", None), is_asked_for("adam(lr=0.1)", None), is_asked_for("chain(clipnorm(1), sgd)", None)
    (True, False, True)
    """
    return lr == "auto" or (lr is None and not _names_rate(parse(method)))


def _names_rate(call: Call) -> bool:
    from fallline.methods import METHODS

    cls = METHODS.find(call.name)
    given = cls.arranged(call)
    inside = [v for value in given.values() for v in (value if isinstance(value, tuple) else (value,))]
    return rate_field(cls) in given or any(_names_rate(value) for value in inside if _is_method(value))


def _is_method(value: Any) -> bool:
    """Return whether an argument is a method; a call that is none is a schedule."""
    return isinstance(value, Call) and value.name.lower().replace("_", "") not in SCHEDULES


def found(problem: Problem, method: Method, choices: Mapping[str, Any], console: Console) -> Method:
    """Return the method with the rate found for this run, having said what speaks for it."""
    from fallline.lab.learning_rate import find_lr

    rate = find_lr(problem, method, **choices)
    if rate.lr is None or not rate.curves:
        console.print(f"lr: {rate.reason}")
        return rate.method
    range_ = f"good between {rate.low:.2g} and {rate.high:.2g}"
    console.print(f"lr: {rate.lr:g} found in {duration(rate.seconds)} ({range_}): {rate.reason}")
    if not rate.sure:
        console.print("warning: the learning rate is a guess; compare it with a few others, as in --lr 0.001")
    return rate.method
