"""A run that came to rest on flat ground."""

from __future__ import annotations

from typing import ClassVar

from fallline.findings.attempt import beginning, losses_a_row, standing, withheld
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.path import beyond
from fallline.findings.remedy import with_method
from fallline.findings.rest import is_stationary, way_out
from fallline.record.finding import Exhibit, Finding


class Plateau(Cause):
    """A run on ground so flat that its steps lead nowhere, high above what can be reached.

    How it is told: the loss no longer falls, and Adam, whose steps do not shrink with the gradient, leads on from
    there, to gradients many times as large; no stationary point is near, else it is a `saddle_point`.
    What mends it: Adam; or first weights, targets or a loss for which errors keep their slope.

    Source: our own test.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = ("underfitting",)

    def judge(self, case: Case) -> Finding | None:
        """Look for a way out."""
        if case.record.outcome.failed:
            return None
        case.enough(20, "Whether a run rests on a plateau")
        out = way_out(case)
        if out is None or is_stationary(case):
            return None
        stands, grown = standing(case).mean, float(max(out.grad_norms)) / case.end.grad_norm
        evidence = {"loss": stands, "loss_tried": out.level.mean, "loss_at_first": beginning(case)}
        evidence |= {"grad_norm": case.end.grad_norm, "grad_norm_grows": grown}
        return Finding(
            cause=self.name(),
            message=(
                f"The run rests on a plateau: the loss stays at {stands:.3g} where the gradient is "
                f"{case.end.grad_norm:.2g}. Adam crosses it and comes to {out.level.mean:.3g} in "
                f"{len(out.losses)} more steps, by gradients up to {grown:.0f} times as large."
            ),
            since=None,
            evidence=evidence,
            confidence=0.7 + 0.2 * min(withheld(case, out.level), 1),
            remedy=with_method(case.spec, out.method),
            advice="Take Adam, whose steps do not shrink with the gradient; look at the scale of targets and first "
            "weights, and for a loss that stays flat where errors are large.",
            exhibit=Exhibit(
                "The loss of the run, and of Adam from its end on",
                ("step", "training loss"),
                beyond(losses_a_row(case), out.losses, "the run", "Adam"),
                since=float(case.taken),
            ),
        )
