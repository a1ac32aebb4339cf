"""A training but for its seed, and a fault in one."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import fallline as fl


@dataclass(frozen=True)
class Training:
    """What `fl.train` is given, but for the seed.

    Args:
        problem: what makes the problem; the same one each time, so that its programs are compiled once.
        method: the method, in words.
        choices: the other choices of the run.
    """

    problem: Callable[[], fl.Problem]
    method: str
    choices: Mapping[str, Any]

    def __call__(self, seed: int) -> fl.Record:
        """Train."""
        return fl.train(self.problem(), self.method, seed=seed, **self.choices)


@dataclass(frozen=True)
class Fault:
    """A training with one thing wrong.

    Args:
        name: what was done, in a word or two.
        data: the rows that it was done to.
        causes: the identifiers that name it. More than one only where they are two words for one thing: `why` then
            says so.
        make: the training, of a seed.
        right: the same training without the fault; None where its loss would not be lower: `why` then says what makes
            it a fault.
        why: see above.
    """

    name: str
    data: str
    causes: frozenset[str]
    make: Training
    right: Training | None
    why: str = ""


def fault(
    name: str,
    data: str,
    causes: str,
    problem: Callable[[], fl.Problem],
    method: str,
    *,
    right: Mapping[str, Any] | None = None,
    why: str = "",
    **choices: Any,
) -> Fault:
    """Return a fault; `causes` are separated by blanks, and `right` are the choices that are other without it."""
    wrong = Training(problem, method, choices)
    without = None
    if right is not None:
        changed = {"choices": {**choices, **{k: v for k, v in right.items() if k not in ("problem", "method")}}}
        changed |= {k: v for k, v in right.items() if k in ("problem", "method")}
        without = dataclasses.replace(wrong, **changed)
    return Fault(name, data, frozenset(causes.split()), wrong, without, why)


def final_loss(record: fl.Record) -> float:
    """Return the loss at the end: of the validation part where there is one, else of the last epoch's steps."""
    if record.outcome.failed:
        return float("inf")
    found = record.epochs.get("val_loss", record.epochs["train_loss"])
    return float(found[-1])
