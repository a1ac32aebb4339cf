"""ReLUs that are zero for every row."""

from __future__ import annotations

from typing import ClassVar

from fallline.core.spec import Spec
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.guessing import left
from fallline.findings.model_text import with_model
from fallline.findings.remedy import with_own_rates, with_rate
from fallline.record.finding import Exhibit, Finding

DEAD, MOST = 0.5, 0.75
"""Shares of a layer's units. Networks of up to 8 layers of 16 to 64 units had up to 0.44 at the start and learned;
Adam with a rate of 0.03 killed 0.85 of a layer of 256, and the rest learned all the same."""

LEFT = 0.5
"""Of the loss of guessing, so much is left where the units are missed."""

SLOWER = 0.1
"""What a rate that killed units is multiplied by."""


class DeadRelu(Cause):
    """ReLU units that give 0 for every row: no gradient passes them, and they never come back.

    How it is told: the share of a layer's units that are 0 for all rows of the sample, at the first parameters (biases
    or weights that start far below zero) and at the last (steps so large that they threw units over the edge).
    What mends it: biases that start at zero; a smaller rate; an activation that is not flat below zero.

    Source: A. Maas, A. Hannun and A. Ng, Rectifier Nonlinearities Improve Neural Network Acoustic Models, 2013, §2.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = ("vanishing_gradient", "plateau", "saddle_point", "underfitting")

    def judge(self, case: Case) -> Finding | None:
        """Count the dead units of every layer, at the start and at the end."""
        before = {a.name: a.dead for a in case.start.activations if a.kind == "relu"}
        after = {a.name: a.dead for a in case.end.activations if a.kind == "relu"}
        if not after:
            return None
        name = max(after, key=lambda layer: after[layer])
        missed, born = left(case) >= LEFT, before.get(name, 0.0) >= 0.5 * after[name]
        if after[name] < DEAD or not (missed or min(before.get(name, 0.0), after[name]) >= MOST):
            return None
        units = {a.name: a.units for a in case.end.activations}[name]
        dead = round(after[name] * units)
        layer = f"{dead:,} of the {units:,} units of {name} are 0 for every row"
        message = (
            f"{layer}, {before[name]:.0%} from the start: nothing passes them, and no gradient reaches them."
            if born
            else f"{layer} at the end, {before.get(name, 0.0):.0%} at the start: training threw them where no "
            f"gradient reaches them."
        )
        return Finding(
            cause=self.name(),
            message=message,
            since=None if born else self._since(case, name),
            evidence={"dead at the start": before, "dead at the end": after},
            confidence=(0.9 if missed else 0.65) if born else 0.8,
            remedy=self._remedy(case, born, lost=after[name] == 1),
            advice="Let biases start at 0, or use an activation that is not flat below zero: leaky_relu, elu."
            if born
            else "Take a smaller rate, or an activation that is not flat below zero: leaky_relu, elu.",
            exhibit=Exhibit(
                f"Dead units by layer, {'at the start' if born else 'at the end'}",
                ("layer", "share of its units that are 0 for every row"),
                before if born else after,
                kind="bars",
                levels={f"reported from {DEAD:g} on": DEAD},
            ),
        )

    def _remedy(self, case: Case, born: bool, lost: bool) -> Spec | None:
        """Return a smaller rate where training killed them, else a ready model with another activation.

        Where some of the layer live, a method with a rate for every parameter can move the others' inputs.
        """
        if not born and case.method.has_lr and isinstance(case.method.peak, int | float):
            return with_rate(case.spec, case.method, SLOWER * float(case.method.peak))
        mended = with_model(case.spec, activation="leaky_relu", init="auto")
        return mended or (None if lost else with_own_rates(case.spec, case.method))

    def _since(self, case: Case, name: str) -> int | None:
        """Return the first step at which a probe saw them."""
        series = case.by_name("dead").get(name)
        if series is None or not (series.values >= DEAD).any():
            return None
        return int(series.steps[(series.values >= DEAD).argmax()])
