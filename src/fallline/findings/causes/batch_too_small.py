"""A batch that is too small for its rate."""

from __future__ import annotations

from typing import ClassVar

from fallline.core.errors import CannotTell
from fallline.findings.alternatives import larger_batch, noise_is_to_blame
from fallline.findings.attempt import CLEARLY, Attempt, beginning, little_to_gain, losses_a_row, standing, withheld
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.path import paths
from fallline.findings.remedy import with_batch
from fallline.findings.rest import SLOWS, falls_no_more
from fallline.findings.trend import arrived
from fallline.record.finding import Exhibit, Finding


class BatchTooSmall(Cause):
    """A batch whose gradient is mostly noise, at a rate that carries the noise into the weights: the loss stays up.

    How it is told: a short training with 16 times the batch, at the same rate, comes down to where the run never got,
    and gains about what a smaller rate would gain. The gradient noise scale tr Σ / ‖G‖², the batch at which noise and
    signal are as large as each other, is far above the batch where such a run stands.
    What mends it: that batch; a smaller rate, or one that decays, does as well.

    Source: S. McCandlish et al., An Empirical Model of Large-Batch Training, 2018, arXiv:1812.06162, for the scale; the
    test is our own.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = ("plateau", "underfitting")

    def judge(self, case: Case) -> Finding | None:
        """Try a larger batch."""
        if case.problem.data is None or little_to_gain(case, CLEARLY) or not falls_no_more(case, SLOWS):
            return None
        case.enough(40, "Whether a batch is too small")
        best = larger_batch(case)
        share = 0.0 if best is None else withheld(case, best.level)
        if best is None or share < CLEARLY or not noise_is_to_blame(case):
            return None
        size, own = int(best.spec.batch_size), case.batch_size
        stands, first, scale = standing(case).mean, beginning(case), _noise_scale(case)
        since = arrived(losses_a_row(case), stands)
        evidence = {"batch_size": own, "batch_size_tried": size, "loss": stands, "loss_tried": best.level.mean}
        evidence |= {"loss_at_first": first, "withheld": share}
        words = "" if scale is None else f" The noise scale there is {scale:.3g} rows."
        return Finding(
            cause=self.name(),
            message=(
                f"Steps on {own} row{'s' * (own > 1)} are too noisy for the rate {_rate(case)}: from step {since} on "
                f"the loss stays at {stands:.3g}, and {len(best.losses)} steps on {size} rows at the same rate come to "
                f"{best.level.mean:.3g}.{words}"
            ),
            since=since,
            evidence=evidence if scale is None else {**evidence, "noise_scale": scale},
            confidence=0.7 + 0.2 * min((share - CLEARLY) / (1 - CLEARLY), 1),
            remedy=with_batch(case.spec, size, case.rows),
            advice=f"Take batches of {size} rows, or a rate that decays to 0.",
            exhibit=_exhibit(case, best, own, size),
        )


def _noise_scale(case: Case) -> float | None:
    try:
        return case.end.noise.scale
    except CannotTell:
        return None


def _rate(case: Case) -> str:
    return f"{case.method.peak:g}" if case.method.has_lr else "of this method"


def _exhibit(case: Case, best: Attempt, own: int, size: int) -> Exhibit:
    series = paths({f"{own} a step": losses_a_row(case), f"{size} a step": best.losses})
    return Exhibit(
        f"The loss with {own} row{'s' * (own > 1)} a step, and with {size}", ("step", "training loss"), series
    )
