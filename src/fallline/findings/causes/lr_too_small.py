"""A learning rate that is too small."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from fallline.findings.alternatives import higher_rate
from fallline.findings.attempt import CLEARLY, Attempt, beginning, little_to_gain, losses_a_row, standing, withheld
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.path import paths
from fallline.findings.remedy import rate_of, with_rate
from fallline.findings.rest import OPENS
from fallline.record.finding import Exhibit, Finding

HORIZON = 0.35
"""The best rate of a short training, times 1 / √8, is about that of one 8 times as long: it falls with the root."""


class LrTooSmall(Cause):
    """A learning rate by which a run crawls: it spends its steps on a way that a few would have covered.

    How it is told: a short training at 30 times the rate, an eighth of the steps, stands clearly lower than the run.
    Rates at most some times below the best are not taken for this: 30 times as much would blow up.
    What mends it: the rate that comes furthest in the short training, lowered for the long one.

    Source: our own test.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = ("underfitting",)

    def judge(self, case: Case) -> Finding | None:
        """Try larger rates."""
        if not case.method.needs_rate or case.record.outcome.failed:
            return None
        case.enough(8, "Whether a rate is too small")
        if little_to_gain(case, CLEARLY):
            return None
        best = higher_rate(case)
        if best is None or leaves_flat_ground(case, best):
            return None
        at, share = float(case.method.peak), withheld(case, best.level)
        tried, better = rate_of(best.spec), float(f"{HORIZON * rate_of(best.spec):.1g}")
        stands, first = standing(case).mean, beginning(case)
        return Finding(
            cause=self.name(),
            message=(
                f"The rate {at:g} is too small: in {case.taken:,} steps the loss went from {first:.3g} to "
                f"{stands:.3g}, and {len(best.losses)} steps at the rate {tried:g} come to {best.level.mean:.3g}."
            ),
            since=None,
            evidence={
                "lr": at,
                "lr_tried": tried,
                "loss": stands,
                "loss_tried": best.level.mean,
                "loss_at_first": first,
                "withheld": share,
            },
            confidence=0.7 + 0.2 * min((share - CLEARLY) / (1 - CLEARLY), 1),
            remedy=with_rate(case.spec, case.method, better),
            advice=f"Raise the rate to about {better:g}, or let fl.find_lr look for it.",
            exhibit=Exhibit(
                f"The loss at the rate {at:g}, and at {tried:g}",
                ("step", "training loss"),
                paths({f"rate {at:g}": losses_a_row(case), f"rate {tried:g}": best.losses}),
            ),
        )


def leaves_flat_ground(case: Case, found: Attempt) -> bool:
    """Return whether a training that came further met a far larger gradient than the run had where it began."""
    first = float(np.median(np.asarray(case.history["grad_norm"], np.float64)[:10]))
    return float(np.nanmax(found.grad_norms)) > OPENS * first
