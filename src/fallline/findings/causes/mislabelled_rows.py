"""Rows that have another's label."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar

import jax
import numpy as np

from fallline.core.errors import CannotTell
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.course import points
from fallline.findings.table import classes, seen
from fallline.record.finding import Exhibit, Finding

ROWS = 2048
"""Rows that are compared with one another, drawn at random."""

NEIGHBOURS = 10
"""Rows that are asked about each."""

AGREED = 0.7
"""Share of them that must agree on another class: of ten, seven."""

CLASSES = 5
"""Classes from which labels gone wrong can be told from classes that are alike: those are a few pairs of many."""

PER_CLASS = 40
"""Rows of a class on average from which a pair of classes has rows to be counted."""

WRONG = 0.05
"""Share of wrong labels that is reported; digits has 0.000 and Fashion-MNIST 0.002 by the same measure."""


class MislabelledRows(Cause):
    """Rows that have another's label: clerks' errors, a join that went wrong, answers of a crowd.

    How it is told: most of a row's nearest neighbours agree on another class than its own. Where classes are alike,
    that happens for a few pairs of them; where labels are wrong at random, for all pairs. So the share of wrong labels
    is taken from the pair in the middle: (C − 1) · median over given ≠ agreed of P(agreed | given).
    What mends it: the rows looked at. Until then the best epoch, as networks learn true labels before wrong ones.

    Source: the confident joint of C. Northcutt et al., Confident learning, 2021, arXiv:1911.00068, with neighbours for
    the classifier; D. Arpit et al., 2017, arXiv:1706.05394, for what networks learn first.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = (
        "overfitting",
        "underfitting",
        "outliers",
        "metric_disagrees",
        "batch_too_small",
    )

    def judge(self, case: Case) -> Finding | None:
        """Ask each row's neighbours."""
        y = getattr(case.train, "y", None)
        ids = None if y is None else classes(y)
        if ids is None:
            return None
        count = int(ids.max()) + 1
        rows = np.random.default_rng(0).permutation(case.rows)[:ROWS]
        if count < CLASSES or len(rows) < PER_CLASS * count:
            raise CannotTell(
                f"wrong labels are told from classes that are alike with {CLASSES} classes or more, and {PER_CLASS} "
                f"rows of each; here are {count} of {len(rows) / count:.0f}."
            )
        x = seen(case.problem, jax.tree.map(lambda a: np.asarray(a)[rows], case.train.x))
        if x is None:
            raise CannotTell("the features are no table of numbers: x is not one array.")
        agreed = by_neighbours(x, ids[rows], count)
        share, joint = wrong_share(ids[rows], agreed, count)
        if share < WRONG:
            return None
        strange = np.flatnonzero((agreed >= 0) & (agreed != ids[rows]))
        named = ", ".join(str(int(rows[i])) for i in strange[:8])
        return Finding(
            cause=self.name(),
            message=f"About {share:.0%} of the labels look wrong: {len(strange):,} of {len(rows):,} training rows have "
            f"neighbours that agree on another class, and that for all pairs of classes alike, as chance would have it "
            f"and likeness would not. Among them rows {named}.",
            since=None,
            evidence={
                "share": share,
                "rows": [int(rows[i]) for i in strange[:8]],
                "labels": [int(ids[rows[i]]) for i in strange[:8]],
                "neighbours_say": [int(agreed[i]) for i in strange[:8]],
            },
            confidence=0.85,
            remedy=None
            if case.validation is None or case.spec.keeps_best
            else dataclasses.replace(case.spec, keep="best", watch="loss"),
            advice="Look at these rows. Until they are put right, report the best epoch (keep='best') or smooth the "
            "labels: what is learnt late is the wrong ones by heart.",
            exhibit=Exhibit(
                title="Rows whose neighbours agree on another class, by pair of classes",
                names=("pair of classes, in order", "share of the class"),
                series={"pairs": points(np.arange(len(joint)) + 1, np.sort(joint)[::-1])},
                kind="dots",
                levels={"labels wrong at random": share / (count - 1)},
            ),
        )


def by_neighbours(x: Any, ids: Any, count: int) -> Any:
    """Return the class on which the neighbours of each row agree, (N,), −1 where they do not."""
    lengths = np.sum(x * x, axis=1)
    apart = lengths[:, None] + lengths[None, :] - 2 * x @ x.T
    np.fill_diagonal(apart, np.inf)
    nearest = np.argpartition(apart, NEIGHBOURS, axis=1)[:, :NEIGHBOURS]
    votes = np.eye(count)[ids[nearest]].sum(axis=1)
    return np.where(votes.max(axis=1) >= AGREED * NEIGHBOURS, votes.argmax(axis=1), -1)


def wrong_share(ids: Any, agreed: Any, count: int) -> tuple[float, Any]:
    """Return the share of labels that are wrong at random, and P(agreed | given) of every pair of classes."""
    told = agreed >= 0
    tally = np.zeros((count, count))
    np.add.at(tally, (ids[told], agreed[told]), 1)
    joint = (tally / np.maximum(tally.sum(axis=1, keepdims=True), 1))[~np.eye(count, dtype=bool)]
    return float((count - 1) * np.median(joint)), joint
