"""A gradient that explodes on its way back."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from fallline.compose.chain import chain
from fallline.compose.clip_norm import ClipNorm
from fallline.findings.alternatives import lowest
from fallline.findings.attempt import CLEARLY, Attempt, attempt, little_to_gain, standing, withheld
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.path import paths
from fallline.findings.remedy import with_method
from fallline.findings.rest import length
from fallline.record.finding import Exhibit, Finding

STEEP = 100.0
"""‖∇L‖ ‖w‖ / L, the percent by which the loss may change when the weights change by 1 %: 2 to 25 for dense networks of
up to five layers at their first weights, whatever the scale of data and weights; 200 and more where layers multiply."""

BURSTS = 20.0
"""The longest gradient over the median one; below 10 for healthy trainings."""

CLIPS = (1.0, 0.1)
"""Lengths to clip at, as parts of the usual one."""


class ExplodingGradient(Cause):
    """A gradient that grows from layer to layer, or from time step to time step, until single steps undo the rest.

    How it is told: already at the first parameters the loss is so steep that a change of the weights by 1 % may double
    it; and the training fails, or stays high while its gradient comes in bursts.
    What mends it: clipping the gradient's length, where a short training shows that it does; else smaller first
    weights, normalisation, or gates.

    Source: R. Pascanu, T. Mikolov and Y. Bengio, On the difficulty of training recurrent neural networks, 2012,
    arXiv:1211.5063.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = ("lr_too_large", "nonfinite")

    def judge(self, case: Case) -> Finding | None:
        """Measure how steep the loss is, then try with a clip."""
        norms = np.asarray(case.history["grad_norm"], np.float64)
        norms = norms[np.isfinite(norms)]
        failed = case.record.outcome.failed
        if len(norms) < 2 or (not failed and norms.max() < BURSTS * np.median(norms)):
            return None
        if not failed and little_to_gain(case, CLEARLY):
            return None
        start = case.start
        steep = start.grad_norm * length(start.arrays) / max(abs(start.loss), np.finfo(np.float64).tiny)
        if not steep > STEEP:
            return None
        best, limit = _clipped(case, min(float(np.median(norms)), start.grad_norm))
        mends = withheld(case, best.level) >= CLEARLY
        tried = f" Clipped at {limit:.2g}, {len(best.losses)} steps come to {best.level.mean:.3g}." if mends else ""
        bursts = float(norms.max() / np.median(norms))
        stands = "the run failed" if failed else f"the loss stays at {standing(case).mean:.3g}"
        return Finding(
            cause=self.name(),
            message=(
                f"The gradient explodes: where the run began it is {start.grad_norm:.3g} long, so that a change of the "
                f"weights by 1 % may change the loss by {steep:.0f} %, its bursts are {bursts:.0f} times as long as is "
                f"usual, and {stands}.{tried}"
            ),
            since=int(np.argmax(norms)) + 1,
            evidence={"steepness": steep, "grad_norm": start.grad_norm, "bursts": bursts},
            confidence=0.85 if mends else 0.65,
            remedy=with_method(case.spec, chain(ClipNorm(limit), case.method)) if mends else None,
            advice=f"Clip the gradient: fl.chain(fl.ClipNorm({limit:.2g}), …); or begin with smaller weights, put "
            f"normalisation or gates between the layers.",
            exhibit=Exhibit(
                "The length of the gradient", ("step", "gradient norm"), paths({"‖gradient‖": norms}, ceiling=math.inf)
            ),
        )


def _clipped(case: Case, usual: float) -> tuple[Attempt, float]:
    """Return the better of short trainings with the gradient clipped, and the length."""
    limits = [float(f"{part * usual:.2g}") for part in CLIPS]
    tried = [attempt(case, with_method(case.spec, chain(ClipNorm(limit), case.method)), "start") for limit in limits]
    best = lowest(tried)
    return best, limits[tried.index(best)]
