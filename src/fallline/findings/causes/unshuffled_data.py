"""Rows in an order that carries their target."""

from __future__ import annotations

import dataclasses
import itertools
from typing import Any, ClassVar

import numpy as np

from fallline.core.errors import CannotTell
from fallline.core.stream import Batches, Stream, streamed
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.course import points
from fallline.findings.table import targets
from fallline.record.finding import Exhibit, Finding

ALIKE = 0.1
"""Share of the targets' variance that lies between batches, beyond chance, from which a batch stands for itself alone:
the ten classes of the digits in their natural, mixed order have 0.00, sorted by class 0.9."""

CHANCE = 8.0
"""Standard deviations of the same share for rows in random order."""

BLOCK = 16
"""Rows that are taken together at least, where a batch has fewer: what steps soon after one another see."""

MOST_BATCHES = 256
"""Batches of a stream that are looked at."""


class UnshuffledData(Cause):
    """Rows taken in an order that carries the target: each step pulls the model towards the rows of one kind.

    How it is told: how much of the targets' variance lies between the batches of an epoch rather than within them (the
    intraclass correlation); in random order it is 0, sorted by class nearly 1. Only runs that take rows in the order
    in which they come can have it.
    What mends it: a new random order each epoch, `sampling="shuffle"`.

    Source: the intraclass correlation, R. A. Fisher, Statistical Methods for Research Workers (1925), §40; that
    without-replacement descent needs random orders, L. Bottou, Curiously fast convergence of some stochastic gradient
    descent algorithms (2009).
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = (
        "lr_too_large",
        "batch_too_small",
        "batch_too_large",
        "exploding_gradient",
        "overfitting",
        "underfitting",
        "metric_disagrees",
        "plateau",
        "lr_too_small",
        "dead_relu",
        "outliers",
        "vanishing_gradient",
    )

    def judge(self, case: Case) -> Finding | None:
        """Compare the targets within batches with those between them."""
        given = case.problem.data
        if given is None:
            raise CannotTell("the problem has no data to look at.")
        stream = isinstance(given.train, Batches)
        in_order = stream or case.spec.sampling == "sequential"
        if not in_order or case.spec.overfit_batches is not None or case.spec.batch_size == "full":
            return None
        y, size = _streamed(given.train) if streamed(given.train) else _resident(case)
        if len(y) < 4 * size:
            return None
        alike, chance = correlation(y, size)
        if alike < max(ALIKE, CHANCE * chance):
            return None
        each = "batch" if stream else f"step of {case.batch_size:,} row{'s' * (case.batch_size > 1)}"
        return Finding(
            cause=self.name(),
            message=f"Rows are taken in the order in which they {'were made' if stream else 'lie in the data'}, and "
            f"that order carries the target: of {size} rows in a row the targets are alike, {alike:.0%} of their "
            f"variance lies between such groups (in random order none does). Each {each} pulls the model towards "
            f"rows of one kind, and away from what it learnt before.",
            since=1,
            evidence={"correlation": alike, "by_chance": chance, "rows_together": size},
            confidence=0.95 if alike > 0.5 else 0.88,
            remedy=None if stream else dataclasses.replace(case.spec, sampling="shuffle"),
            advice="Give batches of rows drawn at random from all of the data."
            if stream
            else "Take the rows in a new random order each epoch.",
            exhibit=_exhibit(y),
        )


def correlation(y: Any, size: int) -> tuple[float, float]:
    """Return the share of the targets' variance that lies between groups of rows in a row, and its deviation by chance.

    ρ = (F − 1) / (F + B − 1)        F = (variance between groups) / (variance within), by their degrees of freedom

    Args:
        y: targets in their order, (N, K).
        size: rows of a group, B.

    >>> correlation(np.arange(8.0)[:, None] // 4, 4)[0]
    1.0
    """
    groups = len(y) // size
    whole = y[: groups * size].reshape(groups, size, -1)
    means = whole.mean(axis=1)
    between = size * float(np.sum((means - means.mean(axis=0)) ** 2)) / (groups - 1)
    within = float(np.sum((whole - means[:, None]) ** 2)) / (groups * (size - 1))
    if between + within == 0:
        return 0.0, 0.0
    by_chance = float(np.sqrt(2 / ((groups - 1) * max(1, y.shape[1] - 1)))) / size
    return (between - within) / (between + (size - 1) * within), by_chance


def _resident(case: Case) -> tuple[Any, int]:
    y = getattr(case.train, "y", None)
    found = None if y is None else targets(y)
    if found is None:
        raise CannotTell("the data have no targets whose order could be looked at: give them as (x, y).")
    return found, min(max(case.batch_size, BLOCK), len(found))


def _streamed(part: Any) -> tuple[Any, int]:
    """Return the targets of a stream's first rows, in the order in which steps see them, and how many a batch has."""
    if isinstance(part, Stream):
        raise CannotTell("blocks of a stream are not looked at: the order of its rows is known where stream=False.")
    if part.once:
        raise CannotTell("a generator's batches can be gone through only once: give batches a function make(epoch).")
    batches = list(itertools.islice(part.open(0, 0), MOST_BATCHES))
    y = targets(np.concatenate([batch.y for batch in batches])) if hasattr(part.first, "y") else None
    if y is None:
        raise CannotTell("the batches have no targets whose order could be looked at.")
    return y, max(len(part.first.y), BLOCK)


def _exhibit(y: Any) -> Exhibit:
    own = y.argmax(axis=1) if y.shape[1] > 1 else y[:, 0]
    return Exhibit(
        title="The targets in the order in which they are taken",
        names=("row", "class" if y.shape[1] > 1 else "target"),
        series={"rows of the training part": points(np.arange(len(own)), own)},
        kind="dots",
    )
