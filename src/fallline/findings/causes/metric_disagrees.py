"""A metric that goes another way than the loss, or does not move at all."""

from __future__ import annotations

import dataclasses
from typing import Any, ClassVar, NamedTuple

import numpy as np

from fallline.core.errors import CannotTell, InvalidValue
from fallline.findings.answers import outputs
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.causes.overfitting import NOISES, OF_GUESSING, RISE, courses
from fallline.findings.course import noise, points, rising
from fallline.findings.guessing import guessing
from fallline.problems.measures import better_when
from fallline.record.finding import Exhibit, Finding

EPOCHS = 8
"""Epochs over which two trends can be told apart: with 8, z of Mann's test reaches 3.5."""

SURE = 3.0
"""z of Mann's test for the trend of each: one in 700 for either, and both must have it."""

RELATIVE = 0.1
"""Share of a metric in the target's units by which it must have moved; one between 0 and 1 by two of the largest
standard errors that a share of so many rows can have, 1 / √rows."""


FELL = 0.05
"""Share by which the loss must have fallen while the metric stood still."""

LEARNT, SEEN = 0.5, 0.1
"""Where the loss is down to this share of guessing's, a metric has come this part of the way from guessing to 1."""


class Way(NamedTuple):
    """How a metric went against the loss: from epoch `first` on (counted from 0), from one value to another."""

    metric: str
    first: int
    before: float
    after: float
    improves: bool


class MetricDisagrees(Cause):
    """A metric that improves while the loss worsens, worsens while it improves, or sees nothing of what is learnt.

    The first is a model that becomes too sure of itself: wrong answers cost more and more, though there are fewer of
    them. The last is the accuracy where one class has nearly all the rows, or a metric that counts something else.

    How it is told: over 8 epochs or more both have a trend (Mann's test), and both moved by more than their noise; or
    the metric is what one and the same answer for all rows would score, though the loss fell.
    What mends it: choose the epoch to report by the metric that matters; measure by one that sees every class.

    Source: C. Guo et al., On calibration of modern neural networks, 2017, arXiv:1706.04599, §3, for the first.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = ("overfitting", "underfitting", "plateau")

    def judge(self, case: Case) -> Finding | None:
        """Compare the trends."""
        if case.record.outcome.failed:
            return None
        epochs, losses, _ = courses(case)
        kept = {
            name: better for name in case.problem.metrics if f"val_{name}" in epochs and (better := best_when(name))
        }
        if not kept:
            raise CannotTell("no metric of the validation part is known to be better when it is low, or when high.")
        if len(losses) < EPOCHS:
            raise CannotTell(f"whether metric and loss agree takes {EPOCHS} epochs to tell: train longer.")
        rows, little = len(case.validation.y), OF_GUESSING * guessing(case)
        for name, better in kept.items():
            values, sign = epochs[f"val_{name}"].astype(np.float64), 1 if better == "highest" else -1
            if (way := opposite(name, losses, values, sign, rows, little)) is not None:
                return self._opposed(case, epochs, losses, values, way)
            if (first := sees_nothing(case, name, losses, sign * values)) is not None:
                return self._blind(epochs, losses, values, name, first)
        return None

    def _opposed(self, case: Case, epochs: Any, losses: Any, values: Any, way: Way) -> Finding:
        first, shown = int(epochs["epoch"][way.first]), way.metric.replace("_", " ")
        loss = f"{losses[way.first]:.4g} to {losses[-1] if way.improves else losses.min():.4g}"
        goes, other = ("rises", "improves") if way.improves else ("falls", "worsens")
        why = (
            "wrong answers are given with more and more certainty, though there are fewer of them"
            if way.improves
            else "what the loss rewards is not what the metric counts"
        )
        return Finding(
            cause=self.name(),
            message=f"From epoch {first} on the validation loss {goes} from {loss}, while {shown} {other} from "
            f"{way.before:.4g} to {way.after:.4g}: {why}. The epoch of the least loss is not that of the best {shown}.",
            since=int(epochs["step"][way.first]),
            evidence={"metric": way.metric, "since_epoch": first, "before": way.before, "after": way.after},
            confidence=0.8,
            remedy=dataclasses.replace(case.spec, keep="best", watch=f"{best_when(way.metric)} {way.metric}"),
            advice=f"Report the epoch with the best {shown} (watch={way.metric!r}, keep='best') if that counts. For "
            f"probabilities that can be trusted, smooth the labels or penalise large weights.",
            exhibit=_exhibit(epochs, losses, values, way.metric, float(first)),
        )

    def _blind(self, epochs: Any, losses: Any, values: Any, name: str, first: int) -> Finding:
        shown = name.replace("_", " ")
        return Finding(
            cause=self.name(),
            message=f"From epoch {int(epochs['epoch'][first])} on the validation loss fell from {losses[first]:.4g} to "
            f"{losses[-1]:.4g}, and {shown} is {values[-1]:.4g}, no more than one and the same answer for all rows "
            f"would score: the model learns, and {shown} does not see it.",
            since=int(epochs["step"][first]),
            evidence={"metric": name, "value": float(values[-1]), "loss": float(losses[-1])},
            confidence=0.8,
            remedy=None,
            advice="Where one class is rare, measure by what sees it (metrics='roc_auc, f1'), weigh the classes alike "
            "(class_weight='balanced'), or answer by another threshold than one half. Where none is, look at what the "
            "metric compares with what.",
            exhibit=_exhibit(epochs, losses, values, name, float(epochs["epoch"][first])),
        )


def best_when(name: str) -> str | None:
    """Return whether a metric of this name is best when it is `"lowest"` or `"highest"`, None where it is not known.

    >>> best_when("accuracy"), best_when("my own")
    ('highest', None)
    """
    try:
        return better_when(name)
    except InvalidValue:
        return None


def opposite(name: str, losses: Any, values: Any, sign: int, rows: int, little: float) -> Way | None:
    """Return how a metric goes against the loss, down to the least loss or from there on; None where it does not.

    Args:
        name: the metric's name.
        losses: validation losses, (e,).
        values: the metric, (e,).
        sign: 1 where high values are best, −1 where low ones are.
        rows: rows that were validated.
        little: a change of the loss that is none to speak of.
    """
    best = int(np.argmin(losses))
    for stretch, loss_rises in ((slice(0, best + 1), -1), (slice(best, None), 1)):
        loss, metric = losses[stretch], values[stretch]
        if len(loss) < EPOCHS or not np.isfinite(metric).all():
            continue
        few = len(loss) // 4
        before, after = float(np.median(metric[:few])), float(np.median(metric[-few:]))
        lost = abs(float(np.median(loss[-few:]) - np.median(loss[:few])))
        least = max(NOISES * noise(metric), 1 / np.sqrt(rows) if _is_share(values) else RELATIVE * abs(before))
        trends = min(loss_rises * rising(loss), loss_rises * sign * rising(metric))
        enough = max(RISE * float(losses[best]), NOISES * noise(loss), little)
        if trends >= SURE and abs(after - before) >= least and lost >= enough:
            return Way(name, stretch.start, before, after, loss_rises > 0)
    return None


def sees_nothing(case: Case, name: str, losses: Any, scores: Any) -> int | None:
    """Return the epoch, counted from 0, since which a metric sees nothing of what is learnt; None where it does.

    It is what one answer for all rows scores: to the last digit and for 8 epochs or more, while the loss fell; or the
    loss is down to half of guessing's.

    Args:
        case: the run.
        name: the metric's name.
        losses: validation losses, (e,).
        scores: the metric, high values best, (e,).
    """
    first = _constant_from(scores)
    since = losses[first:]
    stays = len(since) >= EPOCHS and rising(since) <= -SURE and since[-1] <= (1 - FELL) * since[0]
    learnt = losses[-1] <= LEARNT * guessing(case)
    if not (stays or learnt) or not _is_share(np.abs(scores)):
        return None
    given = outputs(case, case.validation.x)
    if given is None:
        return None
    alike = np.broadcast_to(given.mean(axis=0), given.shape)
    blind = float(np.copysign(case.problem.metrics[name](alike, np.asarray(case.validation.y)), scores[-1]))
    if stays and scores[-1] == blind:
        return first
    late = float(np.median(scores[-max(len(scores) // 4, 1) :]))
    return 0 if learnt and late - blind <= SEEN * (1 - blind) else None


def _constant_from(values: Any) -> int:
    """Return the first of the epochs to the last in which a value is always the same."""
    other = np.flatnonzero(values != values[-1])
    return int(other[-1]) + 1 if len(other) else 0


def _is_share(values: Any) -> bool:
    return bool(values.min() >= 0 and values.max() <= 1)


def _exhibit(epochs: Any, losses: Any, values: Any, name: str, since: float) -> Exhibit:
    def scaled(v: Any) -> Any:
        return points(epochs["epoch"], (v - v.min()) / (np.ptp(v) or 1.0))

    return Exhibit(
        title="Validation loss and metric, each over its own range",
        names=("epoch", "0 the least, 1 the most"),
        series={"loss": scaled(losses), name.replace("_", " "): scaled(values)},
        since=since,
    )
