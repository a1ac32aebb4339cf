"""A learning rate that has decayed away before the run was done."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from fallline.core.spec import Spec
from fallline.findings.alternatives import lowest
from fallline.findings.attempt import Attempt, attempt, better_by, knowing_nothing, standing
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.path import paths
from fallline.findings.remedy import rate_of, with_method
from fallline.findings.trend import Array
from fallline.methods.adagrad import AdaGrad
from fallline.methods.rmsprop import RMSProp
from fallline.record.finding import Exhibit, Finding
from fallline.schedules.cosine import Cosine

GONE = 0.05
"""A rate below this share of its peak is gone."""

LITTLE = 0.1
"""What AdaGrad's sums leave of the rate from the step on that is named."""

IDLE = 0.3
"""A schedule is reported where it is gone for so much of the run: half a cosine is for 14 % of its length."""

PUT_BACK = (1.0, 0.3)
"""Parts of the peak that are tried again: at the peak itself mini-batches may bounce."""

DONE = 0.01
"""A fall by less than this share of the loss of knowing nothing is no loss: the run was done."""

FALLS_AGAIN = 0.1
"""Reported where the rate, put back, brings the loss down by this share of itself in an eighth of the steps."""

LOWER = 0.25
"""Reported where RMSProp needs an eighth of AdaGrad's steps to stand lower by this share of its loss."""


class LrDecayedAway(Cause):
    """A learning rate that falls to nearly nothing while there is still a way to go.

    How it is told: by a schedule, below 5 % of its peak for a third of the run or more, where the loss falls again once
    the rate is back; or by AdaGrad's sums, lr / √Σg², which only grow, where RMSProp, the same with an average that
    forgets, needs an eighth of the steps at the same rate to come lower.
    What mends it: a cosine over the whole run; RMSProp.

    Source: J. Duchi, E. Hazan and Y. Singer, Adaptive Subgradient Methods, 2011, for the sums, T. Tieleman and G.
    Hinton, Lecture 6.5, 2012, for the average; the test is our own.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = ("lr_too_small", "plateau", "underfitting", "batch_too_small")

    def judge(self, case: Case) -> Finding | None:
        """Try a rate that stays up."""
        if case.record.outcome.failed or not case.method.has_lr:
            return None
        if isinstance(case.method, AdaGrad):
            return self._by_sums(case, case.method)
        rates = np.abs(np.asarray(case.history.get("lr", ()), np.float64))
        if not len(rates) or not rates.max() > 0:
            return None
        gone = int(np.flatnonzero(rates > GONE * rates.max())[-1]) + 2
        return self._by_schedule(case, rates, gone) if case.taken + 1 - gone >= IDLE * case.taken else None

    def _by_schedule(self, case: Case, rates: Array, gone: int) -> Finding | None:
        peak = float(f"{rates.max():.2g}")
        again = [with_method(case.spec, case.method.with_lr(float(f"{part * peak:.2g}"))) for part in PUT_BACK]
        tried = lowest([attempt(case, spec, "end") for spec in again])
        share = better_by(case, tried.level)
        if share < FALLS_AGAIN or standing(case).mean - tried.level.mean < DONE * knowing_nothing(case):
            return None
        whole = with_method(case.spec, case.method.with_lr(Cosine(peak, steps=float(case.taken))))
        message = (
            f"From step {gone} of {case.taken:,} on the rate is below {GONE:.0%} of its peak {peak:g}, and the loss "
            f"stays at {standing(case).mean:.3g}; {len(tried.losses)} more steps at {rate_of(tried.spec):g} bring it "
            f"to {tried.level.mean:.3g}."
        )
        advice = f"Let the rate last as long as the run: cosine({peak:g}, steps={case.taken})."
        picture = Exhibit("The rate over the run", ("step", "learning rate"), paths({"rate": rates}), since=float(gone))
        return self._finding(case, tried, share, message, gone, whole, advice, picture)

    def _by_sums(self, case: Case, method: AdaGrad) -> Finding | None:
        case.enough(100, "Whether AdaGrad's rate has decayed away")
        forgetful = with_method(case.spec, RMSProp(lr=method.lr, eps=method.eps, eps_form=method.eps_form))
        tried = attempt(case, forgetful, "start")
        share = better_by(case, tried.level)
        if share < LOWER:
            return None
        sums = np.sqrt(np.cumsum(np.square(np.asarray(case.history["grad_norm"], np.float64))))
        effective = np.divide(sums[0], sums, out=np.ones_like(sums), where=sums > 0)
        gone = np.flatnonzero(effective < LITTLE)
        since = int(gone[0]) + 1 if len(gone) else None
        message = (
            f"AdaGrad's sums of squared gradients only grow: its steps are down to {effective[-1]:.2%} of what the "
            f"same gradient got at first, and the loss is at {standing(case).mean:.3g} after {case.taken:,} steps; "
            f"RMSProp, which forgets, comes to {tried.level.mean:.3g} in {len(tried.losses)}."
        )
        advice = "Take RMSProp or Adam, whose averages forget."
        picture = Exhibit(
            "What AdaGrad's sums leave of the rate", ("step", "share of the first"), paths({"lr / √Σ‖g‖²": effective})
        )
        return self._finding(case, tried, share, message, since, forgetful, advice, picture)

    def _finding(
        self,
        case: Case,
        tried: Attempt,
        share: float,
        message: str,
        since: int | None,
        remedy: Spec,
        advice: str,
        picture: Exhibit,
    ) -> Finding:
        loss = float(standing(case).mean)
        return Finding(
            cause=self.name(),
            message=message,
            since=since,
            evidence={
                "loss": loss,
                "loss_tried": tried.level.mean,
                "lower_by": share,
                "steps_tried": len(tried.losses),
            },
            confidence=0.75 + 0.15 * min((share - LOWER) / (1 - LOWER), 1),
            remedy=remedy,
            advice=advice,
            exhibit=picture,
        )
