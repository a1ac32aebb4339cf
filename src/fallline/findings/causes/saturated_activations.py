"""Sigmoids or tanhs that stand at their limits."""

from __future__ import annotations

from typing import ClassVar

from fallline.core.spec import Spec
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.guessing import left
from fallline.findings.model_text import with_model
from fallline.findings.remedy import with_rate
from fallline.record.finding import Exhibit, Finding

SATURATED = 0.5
"""Share of a layer's numbers: 0 to 0.01 at the start of healthy networks, up to 0.4 after training at good rates."""

LEFT = 0.5
"""Of the loss of guessing, so much is left where saturation hurts: a layer that has learned may be saturated, too."""

SLOWER = 0.1
"""What a rate that drove them there is multiplied by."""


class SaturatedActivations(Cause):
    """Sigmoid or tanh units at their limits, where they are flat: hardly any gradient passes them.

    How it is told: the share of a layer's numbers that are beyond 0.99 of the way to a limit, at the first parameters
    (weights or inputs that are too large) and at the last (steps that were), in a run that has not learned.
    What mends it: weights and inputs of the usual size, a smaller rate, or ReLU.

    Source: X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural networks,
    2010, §3.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = ("vanishing_gradient", "plateau", "saddle_point", "underfitting")

    def judge(self, case: Case) -> Finding | None:
        """Measure every layer, at the start and at the end; one unit alone is an answer, which may be certain."""
        before, after = (
            {a.name: a.saturated for a in place.activations if a.kind in ("sigmoid", "tanh") and a.units > 1}
            for place in (case.start, case.end)
        )
        if not before or left(case) < LEFT:
            return None
        born = max(before.values()) >= SATURATED
        shown = before if born else after
        name = max(shown, key=lambda layer: shown[layer])
        if shown[name] < SATURATED:
            return None
        message = (
            f"At the start {before[name]:.0%} of the outputs of {name} stand at a limit, where the function is flat "
            f"and lets no gradient through: what comes in is too large."
            if born
            else f"Training drove {after[name]:.0%} of the outputs of {name} to a limit, {before[name]:.0%} at the "
            f"start: there the function is flat and lets no gradient through."
        )
        return Finding(
            cause=self.name(),
            message=message,
            since=None if born else self._since(case, name),
            evidence={"saturated at the start": before, "saturated at the end": after},
            confidence=0.8 if born else 0.75,
            remedy=self._remedy(case, born),
            advice="Start with smaller weights, of standard deviation 1/√fan_in, and inputs of size 1; or use relu."
            if born
            else "Take a smaller rate, or relu, which has no limit above.",
            exhibit=Exhibit(
                f"Saturated outputs by layer, {'at the start' if born else 'at the end'}",
                ("layer", "share of its outputs that stand at a limit"),
                shown,
                kind="bars",
                levels={f"reported from {SATURATED:g} on": SATURATED},
            ),
        )

    def _remedy(self, case: Case, born: bool) -> Spec | None:
        """Return a smaller rate where training drove them there, else a ready model's own way to start."""
        if not born and case.method.has_lr and isinstance(case.method.peak, int | float):
            return with_rate(case.spec, case.method, SLOWER * float(case.method.peak))
        return with_model(case.spec, init="auto")

    def _since(self, case: Case, name: str) -> int | None:
        """Return the first step at which a probe saw them."""
        series = case.by_name("saturated").get(name)
        if series is None or not (series.values >= SATURATED).any():
            return None
        return int(series.steps[(series.values >= SATURATED).argmax()])
