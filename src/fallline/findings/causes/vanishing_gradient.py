"""A gradient that fades on its way back to the first layers."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from fallline.core.spec import Spec
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.guessing import guessing, left
from fallline.findings.model_text import with_model
from fallline.findings.remedy import with_own_rates
from fallline.findings.weights import rms, signal, weights
from fallline.record.finding import Exhibit, Finding

FADED = 1 / 20
"""The first layer's gradient over the last's. At the start of networks of 2 to 16 layers of 8 to 64 units for digits,
wine and diabetes it was 0.09 or more with relu and tanh; with sigmoid 0.1 at two hidden layers, 0.03 at three, 0.007 at
four."""


class VanishingGradient(Cause):
    """Early layers that do not learn: layer by layer a factor below 1 is left of the gradient on its way back.

    How it is told: ‖∂L/∂W‖ / √fan_in, which a good initialisation keeps the same in all layers, of the first layer
    against the last, at the first parameters, in a run whose loss is still near that of guessing. A sigmoid's
    derivative is at most 1/4.
    What mends it: ReLU with its own initialisation, normalisation, shortcuts.

    Source: S. Hochreiter, Untersuchungen zu dynamischen neuronalen Netzen, 1991; X. Glorot and Y. Bengio, Understanding
    the difficulty of training deep feedforward neural networks, 2010.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = (
        "plateau",
        "saddle_point",
        "lr_too_small",
        "batch_too_small",
        "batch_too_large",
        "underfitting",
    )

    def judge(self, case: Case) -> Finding | None:
        """Compare the layers' gradients."""
        sizes = {name: signal(gradient) for name, gradient in weights(case.start.gradient).items()}
        if len(sizes) < 3 or not all(map(np.isfinite, sizes.values())):
            return None
        first, *_, last = sizes
        if not 0 < sizes[first] < FADED * sizes[last] or left(case) < 0.5:
            return None
        fade = sizes[last] / sizes[first]
        moved = self._moved(case)
        remedy, advice = self._remedy(case)
        return Finding(
            cause=self.name(),
            message=f"The gradient fades on its way back: at the start it is {fade:,.3g} times as large in {last} as "
            f"in {first}, and the whole training changed {first} by {moved[first]:.2g} of its length, {last} by "
            f"{moved[last]:.2g}. The loss is {case.end.loss:.3g}; guessing has {guessing(case):.3g}.",
            since=None,
            evidence={"gradient by array": sizes, "last over first": fade, "change by array": moved},
            confidence=float(np.clip(0.7 + 0.1 * np.log10(fade * FADED), 0.7, 0.9)),
            remedy=remedy,
            advice=advice,
            exhibit=Exhibit(
                "The gradient by layer, at the start",
                ("weights", "gradient, ‖∂L/∂W‖ / √fan_in"),
                sizes,
                kind="bars",
            ),
        )

    def _moved(self, case: Case) -> dict[str, float]:
        """Return how far training took every layer's weights, as a share of their length."""
        before, after = weights(case.start.arrays), weights(case.end.arrays)
        return {name: rms(after[name] - own) / rms(own) if rms(own) else float("inf") for name, own in before.items()}

    def _remedy(self, case: Case) -> tuple[Spec | None, str]:
        """Return a ready model with ReLU, else a method whose steps do not shrink with the gradient."""
        mended = with_model(case.spec, activation="relu", init="auto")
        if mended is not None and mended.problem != case.spec.problem:
            return mended, "Use relu with its own initialisation instead, which keeps the gradient's size."
        return with_own_rates(case.spec, case.method), (
            "Use relu with weights of variance 2 / fan_in, fewer layers, shortcuts or normalisation; a method with a "
            "rate for every parameter helps the early layers."
        )
