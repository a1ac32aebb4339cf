"""The learning rate of a run whose command names none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fallline.lab.named_rate import names_rate
from fallline.report.numbers import duration

if TYPE_CHECKING:
    from rich.console import Console

    from fallline.core.method import Method
    from fallline.core.problem import Problem


def is_asked_for(method: str, lr: str | None) -> bool:
    """Return whether the rate is to be found: `--lr auto`, or no rate in the command at all.

    >>> is_asked_for("adam", None), is_asked_for("adam(lr=0.1)", None), is_asked_for("chain(clipnorm(1), sgd)", None)
    (True, False, True)
    """
    return lr == "auto" or (lr is None and not names_rate(method))


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
