"""A few rows that pull harder than all the others together."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, NamedTuple

import jax
import numpy as np

from fallline.compose.chain import Chain
from fallline.compose.clip_norm import ClipNorm
from fallline.compose.clip_value import ClipValue
from fallline.core.problem import Data
from fallline.engine.order import Order
from fallline.engine.place import Place
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.course import NORMAL, points
from fallline.findings.remedy import with_method
from fallline.findings.table import classes, columns
from fallline.record.finding import Exhibit, Finding

FAR = 20.0
"""Deviations from the median (by the median distance from it) from which a number is far out: of normal numbers none
ever is, of exponential ones one in a million, of log-normal ones (σ = 1) one in 700."""

SHARE = 1 / 3
"""Share of all squared gradients from which a few rows decide where a step goes; 5 of 1000 normal ones have 0.05."""

FEW = 0.05
"""Share of the rows beyond which they are no outliers but a part of the data."""

ROWS = 2048
"""Rows whose gradients are taken, as for a place."""

NUMBERS = 2**24
"""Numbers of a table that are looked through for those far out; larger ones are images, or streams."""

NAMED = 8
"""Rows that a message names."""


class Pull(NamedTuple):
    """Which rows pull too hard.

    Args:
        rows: their places in the training part, the hardest first.
        norms: the lengths of their gradients.
        others: the lengths of other rows' gradients.
        share: their share of all squared lengths.
        where: `"at the start"` or `"at the end"`.
    """

    rows: Any
    norms: Any
    others: Any
    share: float
    where: str

    @property
    def usual(self) -> float:
        """The median length of the other rows' gradients."""
        return float(np.median(self.others))


class Outliers(Cause):
    """A few rows that pull harder than all the others together: a typing error, a broken sensor, another unit.

    How it is told: a few rows have a target or a feature that is far out, twenty deviations from the median of its
    column and more, and make up a third or more of all squared gradients where the run began, or for targets where it
    ended. The steps that saw them are known from the run's order.
    What mends it: the rows put right or left out; a gradient that is clipped at a usual length; larger batches; a loss
    whose gradient is bounded, such as Huber's.

    Source: P. J. Huber, Robust estimation of a location parameter (1964); clipping: R. Pascanu et al., 2012,
    arXiv:1211.5063.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = (
        "batch_too_small",
        "exploding_gradient",
        "lr_too_large",
        "overfitting",
        "underfitting",
        "unscaled_features",
    )

    def judge(self, case: Case) -> Finding | None:
        """Look for rows far out that have long gradients."""
        if clips(case.method):
            return None
        pull = pulls(case)
        if pull is None:
            return None
        named = ", ".join(map(str, pull.rows[:NAMED])) + " …" * (len(pull.rows) > NAMED)
        seen = _seen(case, pull.rows)
        effect = ""
        if seen is not None:
            effect = f" Steps that see one have a loss of {seen.with_them:.3g} on average, others {seen.without:.3g}."
        clip = pull.usual * (case.batch_size if case.spec.reduction == "sum" else 1)
        return Finding(
            cause=self.name(),
            message=f"{len(pull.rows)} of {case.rows:,} training rows are far out, pull up to "
            f"{pull.norms[0] / pull.usual:,.0f} times as hard as is usual and make up {pull.share:.0%} of all squared "
            f"gradients {pull.where}: rows {named}{_values(case, pull.rows)}.{effect}",
            since=None if seen is None else seen.first,
            evidence={
                "rows": [int(row) for row in pull.rows[:NAMED]],
                "count": len(pull.rows),
                "share_of_squares": pull.share,
                "usual_norm": pull.usual,
                "largest_norm": float(pull.norms[0]),
            }
            | ({} if seen is None else {"loss_with_them": seen.with_them, "loss_without": seen.without}),
            confidence=0.85 if pull.share > 0.5 else 0.75,
            remedy=with_method(case.spec, clipped(case.method, clip)),
            advice=f"Look at these rows: put them right or leave them out. Otherwise clip the gradient at a usual "
            f"length ({clip:.2g}), take larger batches, or for values a loss such as huber.",
            exhibit=_exhibit(pull),
        )


def pulls(case: Case) -> Pull | None:
    """Return the rows far out that pull too hard where the run began or ended, or None."""
    y, x = getattr(case.train, "y", None), getattr(case.train, "x", None)
    by_target = far_out(y) if y is not None and classes(y) is None else np.zeros(case.rows, bool)
    by_feature = far_out(x) if x is not None else np.zeros(case.rows, bool)
    found = None
    if 0 < (by_target | by_feature).sum() <= max(FEW * case.rows, 1):
        found = _pull(case, np.flatnonzero(by_target | by_feature), case.start, "at the start")
    # At the end a row is also far from the others because the model has learnt those: there only targets count.
    if found is None and 0 < by_target.sum() <= max(FEW * case.rows, 1) and not case.record.outcome.failed:
        found = _pull(case, np.flatnonzero(by_target), case.end, "at the end")
    return found


def far_out(part: Any) -> Any:
    """Return which rows have a number far out in its column, (N,) bool; a column mostly of one number has none."""
    table = columns(part) if sum(np.size(leaf) for leaf in jax.tree.leaves(part)) <= NUMBERS else None
    if table is None:
        return np.zeros(len(jax.tree.leaves(part)[0]), bool)
    apart = np.abs(table - np.median(table, axis=0))
    scale = NORMAL * np.median(apart, axis=0)
    return (apart > FAR * np.where(scale > 0, scale, np.inf)).any(axis=1)


def _pull(case: Case, far: Any, place: Place, where: str) -> Pull | None:
    """Return how hard the rows far out pull at a place, or None where they do not pull too hard."""
    drawn = np.setdiff1d(np.random.default_rng(0).permutation(case.rows)[:ROWS], far)[: max(ROWS - len(far), 1)]
    rows = np.concatenate([far, drawn])
    part = jax.tree.map(lambda array: array[rows], case.train)
    few = dataclasses.replace(case.problem, data=Data(train=part), recipe=None, optimum=None)
    measured = Place.of(few, case.spec, place.params, place.model_state)
    norms, which = measured.row_norms, measured.indices
    which = which[: len(norms)]
    own, others = which < len(far), norms[which >= len(far)]
    if not own.any() or not len(others) or not np.isfinite(norms).all() or not np.median(others) > 0:
        return None
    squares = float(np.sum(norms[own] ** 2)) * len(far) / own.sum()
    share = squares / (squares + float(np.mean(others**2)) * (case.rows - len(far)))
    if share < SHARE:
        return None
    order = np.argsort(-norms[own])
    return Pull(far[which[own]][order], norms[own][order], others, share, where)


def clips(method: Any) -> bool:
    """Return whether a method clips its gradients already."""
    return any(isinstance(part, ClipNorm | ClipValue) for part in getattr(method, "methods", (method,)))


def clipped(method: Any, limit: float) -> Chain:
    """Return the method behind a clip of the gradient, at a length of two digits."""
    members = method.methods if isinstance(method, Chain) else (method,)
    return Chain((ClipNorm(float(f"{limit:.2g}")), *members))


class _Seen(NamedTuple):
    first: int
    with_them: float
    without: float


def _seen(case: Case, rows: Any) -> _Seen | None:
    """Return the first step that saw one of the rows, and the mean loss of such steps and of all others."""
    spec = case.spec
    if spec.batch_size == "full" or spec.overfit_batches is not None or case.taken * case.batch_size > NUMBERS:
        return None
    order = Order(case.rows, case.batch_size, spec.sampling, spec.last_batch, spec.seed)
    hit = np.isin(order.block(0, case.taken).rows, rows).any(axis=1) & np.isfinite(case.losses)
    if not hit.any() or not (~hit & np.isfinite(case.losses)).any():
        return None
    first = int(np.flatnonzero(hit)[0]) + 1
    others = ~hit & np.isfinite(case.losses)
    return _Seen(first, float(case.losses[hit].mean()), float(case.losses[others].mean()))


def _values(case: Case, rows: Any) -> str:
    """Return what is out of the way about the rows, where it is their targets."""
    y = getattr(case.train, "y", None)
    if y is None or np.ndim(y) != 1 or classes(y) is not None or not far_out(y)[rows].any():
        return ""
    y = np.asarray(y if case.problem.preparation is None else case.problem.preparation.answers(y), np.float64)
    shown = ", ".join(f"{value:.3g}" for value in y[rows[:NAMED]])
    low, high = np.percentile(y, [25, 75])
    return f", whose targets are {shown} (half of all lie between {low:.3g} and {high:.3g})"


def _exhibit(pull: Pull) -> Exhibit:
    places = 1 + np.arange(len(pull.norms) + len(pull.others))
    own = len(pull.norms)
    return Exhibit(
        title=f"The length of every row's gradient {pull.where}, the longest first",
        names=("place", "length of the row's gradient"),
        series={
            "rows far out": points(places[:own], pull.norms),
            "other rows": points(places[own:], np.sort(pull.others)[::-1]),
        },
        kind="dots",
        levels={"usual": pull.usual},
    )
