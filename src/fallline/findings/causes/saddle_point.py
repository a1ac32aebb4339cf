"""A run that came to rest at a saddle."""

from __future__ import annotations

from typing import ClassVar

from fallline.findings.attempt import beginning, losses_a_row, standing, withheld
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.path import beyond
from fallline.findings.remedy import with_method
from fallline.findings.rest import is_stationary, way_out
from fallline.record.finding import Exhibit, Finding

CLEARLY_DOWN = 0.1
"""The loss bends down along some direction by this share of what it bends up at most: well beyond a minimum's noise."""


class SaddlePoint(Cause):
    """A run at rest where the gradient vanishes and the loss still has a way down, one that the gradient does not see.

    How it is told: the loss no longer falls; the gradient is so small against the curvature that a stationary point is
    near; the lowest curvature λmin is clearly below 0; and Adam leads on from there, to gradients many times as large.
    What mends it: Adam, whose steps do not shrink with the gradient; or other first weights.

    Source: Y. Dauphin et al., Identifying and attacking the saddle point problem, 2014, arXiv:1406.2572.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = ("plateau", "underfitting")

    def judge(self, case: Case) -> Finding | None:
        """Look for a way out, then at the curvature."""
        if case.record.outcome.failed:
            return None
        case.enough(20, "Whether a run rests at a saddle")
        out = way_out(case)
        if out is None or not is_stationary(case):
            return None
        end, stands = case.end, standing(case).mean
        lowest, highest = end.lowest_curvature, end.sharpness
        if not lowest < -CLEARLY_DOWN * highest:
            return None
        evidence = {"loss": stands, "loss_tried": out.level.mean, "loss_at_first": beginning(case)}
        evidence |= {"grad_norm": end.grad_norm, "sharpness": highest, "lowest_curvature": lowest}
        return Finding(
            cause=self.name(),
            message=(
                f"The run rests at a saddle: the loss stays at {stands:.3g}, the gradient is down to "
                f"{end.grad_norm:.2g}, and the curvature goes from {lowest:.2g} to {highest:.2g}, so there is a way "
                f"down; Adam finds it and comes to {out.level.mean:.3g} in {len(out.losses)} more steps."
            ),
            since=None,
            evidence=evidence,
            confidence=0.75 + 0.15 * min(withheld(case, out.level), 1),
            remedy=with_method(case.spec, out.method),
            advice="Take Adam, whose steps do not shrink with the gradient, or other first weights, larger or random.",
            exhibit=Exhibit(
                "The loss of the run, and of Adam from its end on",
                ("step", "training loss"),
                beyond(losses_a_row(case), out.losses, "the run", "Adam"),
                since=float(case.taken),
            ),
        )
