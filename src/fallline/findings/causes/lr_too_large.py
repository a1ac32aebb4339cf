"""A learning rate that is too large."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from fallline.core.outcome import Outcome
from fallline.findings.alternatives import RISE, lower_rate, noise_is_to_blame
from fallline.findings.attempt import CLEARLY, Attempt, beginning, little_to_gain, losses_a_row, standing, withheld
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.edge import limit
from fallline.findings.path import paths
from fallline.findings.remedy import rate_of, with_rate
from fallline.findings.trend import arrived
from fallline.record.finding import Exhibit, Finding


class LrTooLarge(Cause):
    """A learning rate at which steps overshoot: the loss blows up, is thrown up once for all, or bounces on a floor.

    How it is told: short trainings with a tenth, a hundredth or a thousandth of the rate, from where the run began and
    from where it ended, come down to where the run never got, and larger batches do not. That the rate is above what
    the sharpest curvature λ can bear (2 / λ for plain descent) is said where it is known, but is no sign by itself: a
    healthy training with all rows goes up to that edge and stays there.
    What mends it: the rate of the training that came down furthest.

    Source: J. Cohen et al., Gradient Descent on Neural Networks Typically Occurs at the Edge of Stability, 2021,
    arXiv:2103.00065, for the edge; the test is our own.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = (
        "nonfinite",
        "plateau",
        "saddle_point",
        "dead_relu",
        "saturated_activations",
        "underfitting",
    )

    def judge(self, case: Case) -> Finding | None:
        """Try smaller rates."""
        if not case.method.has_lr:
            return None
        case.enough(2, "Whether a rate is too large")
        if little_to_gain(case, CLEARLY) or (case.record.outcome == Outcome.NONFINITE and not _rose(case)):
            return None
        best = lower_rate(case)
        share = withheld(case, best.level)
        if share < CLEARLY or noise_is_to_blame(case):
            return None
        better, bears = rate_of(best.spec), limit(case)
        at = float(case.method.peak)
        failed = case.record.outcome.failed
        since = _since(case)
        message = (
            f"The rate {at:g} is too large: {_how(case, since)}. {len(best.losses)} steps at the rate {better:g} come "
            f"to {best.level.mean:.3g}."
        )
        if bears is not None and at > bears:
            message += f" Where the run began, steps grow beyond the rate {bears:.2g}, which the curvature sets."
        evidence = {"lr": at, "lr_tried": better, "loss": standing(case).mean, "loss_tried": best.level.mean}
        evidence |= {"loss_at_first": beginning(case), "withheld": share}
        return Finding(
            cause=self.name(),
            message=message,
            since=since,
            evidence=evidence if bears is None else {**evidence, "limit": bears},
            confidence=0.9 if failed else 0.7 + 0.2 * min((share - CLEARLY) / (1 - CLEARLY), 1),
            remedy=with_rate(case.spec, case.method, better),
            advice=f"Lower the rate to about {better:g}, or let fl.find_lr look for it.",
            exhibit=_exhibit(case, best, better),
        )


def _rose(case: Case) -> bool:
    """Return whether the loss had risen before it was no number any more."""
    finite = losses_a_row(case)[:-1]
    return bool(finite[-1] > RISE * beginning(case))


def _since(case: Case) -> int:
    """Return the step from which on the loss came no further down: the first after the lowest it reached for good."""
    losses = losses_a_row(case)
    if case.record.outcome.failed:
        return min(int(np.nanargmin(losses)) + 2, len(losses))
    return arrived(losses, standing(case).mean)


def _how(case: Case, since: int) -> str:
    losses, first = losses_a_row(case), beginning(case)
    if case.record.outcome.failed:
        finite = losses[np.isfinite(losses)]
        return f"from step {since} on the loss grew from {first:.3g} to {finite[-1]:.3g}, and the run failed"
    stands, highest = standing(case).mean, float(losses.max())
    if highest > RISE * first and stands > first / RISE:
        return (
            f"the first steps threw the loss from {first:.3g} up to {highest:.3g}, and after {len(losses)} steps it "
            f"stands at {stands:.3g}"
        )
    return f"from step {since} on the loss bounces about {stands:.3g} and comes down no more; it began at {first:.3g}"


def _exhibit(case: Case, best: Attempt, better: float) -> Exhibit:
    series = paths({f"rate {case.method.peak:g}": losses_a_row(case), f"rate {better:g}": best.losses})
    return Exhibit(f"The loss at the rate {case.method.peak:g}, and at {better:g}", ("step", "training loss"), series)
