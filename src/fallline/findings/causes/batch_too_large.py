"""A batch that is wastefully large."""

from __future__ import annotations

from typing import ClassVar

from fallline.core.errors import CannotTell
from fallline.findings.alternatives import smaller_batch
from fallline.findings.attempt import Attempt, better_by, losses_a_row, standing
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.path import paths
from fallline.findings.remedy import with_batch
from fallline.findings.trend import change
from fallline.record.finding import Exhibit, Finding

WORTH = 64
"""Rows below which a step costs about as much, whatever their number: no smaller batch is called wasteful."""

FEW = 60
"""A run of more steps than these is not short of steps."""

SMALLER = 32
"""Rows a step of the training that it is compared with."""

SAMPLES = 0.25
"""Of the run's samples, that training sees so many."""

LOWER = 0.3
"""Reported where it stands lower by this share of the run's loss."""

FALLING = 0.05
"""And where the run's own loss fell by this share of itself in its second half: it was not done."""


class BatchTooLarge(Cause):
    """A batch far beyond the noise of its gradient: a few good steps are taken where many fair ones would do more.

    How it is told: after few steps, on batches above the gradient noise scale tr Σ / ‖G‖², the loss still falls; and
    batches of 32 rows, at the same rate, come lower with a quarter of the samples.
    What mends it: the smaller batch, as many samples.

    Source: S. McCandlish et al., An Empirical Model of Large-Batch Training, 2018, arXiv:1812.06162.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = ("underfitting",)

    def judge(self, case: Case) -> Finding | None:
        """Try a smaller batch."""
        if case.problem.data is None or case.record.outcome.failed:
            return None
        if case.batch_size < WORTH or case.taken > FEW:
            return None
        case.enough(4, "Whether a batch is wastefully large")
        losses = losses_a_row(case)
        falls = change(losses[len(losses) // 2 :])
        if -falls.mean < FALLING * abs(standing(case).mean):
            return None
        scale = _noise_scale(case)
        if scale is not None and scale > case.batch_size:
            return None
        tried = smaller_batch(case, SMALLER, SAMPLES)
        share = better_by(case, tried.level)
        if share < LOWER:
            return None
        own, stands = case.batch_size, standing(case).mean
        seen, total = len(tried.losses) * SMALLER, case.taken * own
        evidence = {"batch_size": own, "batch_size_tried": SMALLER, "steps": case.taken, "loss": stands}
        evidence |= {"loss_tried": tried.level.mean, "samples": total, "samples_tried": seen}
        words = "" if scale is None else f" where the noise scale is {scale:.2g} rows,"
        return Finding(
            cause=self.name(),
            message=(
                f"Batches of {own} rows leave {case.taken} steps,{words} and the loss still falls at their end, at "
                f"{stands:.3g}; steps on {SMALLER} rows come to {tried.level.mean:.3g} with {seen:,} samples instead "
                f"of {total:,}."
            ),
            since=None,
            evidence=evidence if scale is None else {**evidence, "noise_scale": scale},
            confidence=0.7 + 0.2 * min((share - LOWER) / (1 - LOWER), 1),
            remedy=with_batch(case.spec, SMALLER, case.rows),
            advice=f"Take batches of {SMALLER} rows for as many epochs, or many more epochs.",
            exhibit=_exhibit(case, tried),
        )


def _noise_scale(case: Case) -> float | None:
    """Return the noise scale where the run began, which grows from there on."""
    try:
        return case.start.noise.scale
    except CannotTell:
        return None


def _exhibit(case: Case, tried: Attempt) -> Exhibit:
    lines = paths({f"{case.batch_size} a step": losses_a_row(case), f"{SMALLER} a step": tried.losses})
    sizes = (case.batch_size, SMALLER)
    series = {name: points * (size, 1) for (name, points), size in zip(lines.items(), sizes, strict=True)}
    return Exhibit(f"The loss with {sizes[0]} rows a step, and with {SMALLER}", ("samples", "training loss"), series)
