"""A model that cannot learn its own rows."""

from __future__ import annotations

import dataclasses
import math
from typing import Any, NamedTuple

import jax
import numpy as np

from fallline.core.errors import CannotTell
from fallline.core.grammar import Call, parse
from fallline.core.spec import Spec
from fallline.findings.answers import answers
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.kernel_ridge import held_out
from fallline.findings.model_text import with_model
from fallline.findings.table import seen, targets
from fallline.findings.weights import weights
from fallline.record.finding import Exhibit, Finding

STEPS = 60
"""Steps of a run that can be judged."""

FLAT = 0.25
"""Share of its loss that a run still gained from the middle third of its steps to the last, at most."""

DOWNHILL = 0.08
"""Share of the loss that a single step of any length down the gradient gains at the end, at most: a run that was only
too slow gains far more."""

WORSE = 0.1
"""How much more of the targets' variance the model leaves on its own rows than a fit leaves on rows it has not seen."""

NOTHING = 0.9
"""Where so much is left, nothing was learnt: that has other causes, too."""

SIGMAS = 4.0
"""And by how many standard errors of that difference, row by row."""

ROWS = 400
"""Rows of the comparison."""

PULL = 0.1
"""A penalty holds weights back where its pull along them is this share of the loss: λ₂ Σw² + λ₁ Σ|w|."""

DROPPED = 0.4
"""Share of dropped units from which dropout is what holds a model back; 0.5 was meant for wide layers alone."""

VANISHED = 1e-6
"""Σw² of weights that a penalty has taken away altogether."""

WIDER, LEAST_WIDTH = 4, 64
"""A wider model has so many times the width, and so much of it."""


class Mend(NamedTuple):
    """What is in the model's way, in a sentence, the run without it, and what to do in words."""

    why: str
    remedy: Spec | None
    advice: str


class Underfitting(Cause):
    """A model that cannot learn its own rows: the loss has come to rest far above what is within reach.

    How it is told: the training loss is nearly flat, and no step down the gradient gains much; the model has fewer
    numbers than there are rows, or a penalty or dropout holds it back; and on its own training
    rows the model leaves clearly more of the targets' variance unexplained than a kernel ridge regression leaves on
    rows that it has not seen. What is held against it is thus a bound from above: more may be within reach.
    What mends it: a penalty or dropout that holds the weights back, lowered; else a wider model.

    Source: I. Goodfellow, Y. Bengio and A. Courville, Deep Learning (2016), §5.2; that a network with more numbers than
    rows can learn them by heart, C. Zhang et al., 2017, arXiv:1611.03530; the yardstick is `findings.kernel_ridge`.
    """

    def judge(self, case: Case) -> Finding | None:
        """Compare the model on its own rows with a fit on rows that it has not seen."""
        if case.record.outcome.failed or case.problem.data is None:
            return None
        case.enough(STEPS, "Whether a model is too small")
        if not is_flat(case.losses):
            return None
        held = held_back(case)
        if held is None and sum(a.size for a in case.end.arrays.values()) >= case.rows:
            return None  # it could learn all rows by heart: what is wrong is not its size
        train, rows = case.train, case.end.indices[:ROWS]
        y = getattr(train, "y", None)
        wanted = None if y is None else targets(y, rows)
        part = None if wanted is None else jax.tree.map(lambda a: np.asarray(a)[rows], train.x)
        x = None if part is None else seen(case.problem, part)
        if x is None or wanted is None:
            raise CannotTell("how far a model could come is told for data (x, y) of numbers.")
        given = answers(case, part)
        if given is None:
            raise CannotTell("what the model answers is not known: give the problem predict=.")
        variance = float(np.sum((wanted - wanted.mean(axis=0)) ** 2)) / len(x)
        own = np.sum((wanted - given) ** 2, axis=1) / (variance or 1.0)
        # What is held back stands where the loss alone has a slope, by the force of what holds it.
        if own.mean() < WORSE or variance == 0 or (held is None and gained_downhill(case) > DOWNHILL):
            return None
        other = np.sum((wanted - held_out(x, wanted)) ** 2, axis=1) / variance
        worse = own - other
        if worse.mean() < max(WORSE, SIGMAS * float(worse.std()) / math.sqrt(len(worse))):
            return None
        return self._finding(case, float(own.mean()), float(other.mean()), held or outgrown(case))

    def _finding(self, case: Case, own: float, other: float, mend: Mend) -> Finding:
        losses = case.losses
        return Finding(
            cause=self.name(),
            message=f"The training loss has come to rest at {float(np.median(losses[-len(losses) // 5 :])):.4g}, and "
            f"the model leaves {own:.0%} of the targets' variance unexplained on its own training rows; a plain kernel "
            f"regression leaves {other:.0%} on rows it has not seen. {mend.why}",
            since=2 * len(losses) // 3,
            evidence={"unexplained": own, "within_reach": other},
            confidence=0.75 if own < NOTHING and own > 2 * other else 0.6,
            remedy=mend.remedy,
            advice=mend.advice,
            exhibit=Exhibit(
                title="Unexplained: by the model on its own rows, by a kernel regression on rows it has not seen",
                names=("", "share of the targets' variance"),
                series={"the model": own, "kernel regression": other},
                kind="bars",
            ),
        )


def is_flat(losses: Any) -> bool:
    """Return whether the last third of a run's steps gained little over the third before."""
    thirds = np.array_split(losses, 3)
    middle, last = float(np.mean(thirds[1])), float(np.mean(thirds[2]))
    return math.isfinite(last) and abs(middle - last) <= FLAT * abs(last)


def gained_downhill(case: Case) -> float:
    """Return the share of the loss that the best single step down the gradient gains where the run ended."""
    end = case.end
    length = math.sqrt(sum(float(np.sum(np.square(a, dtype=np.float64))) for a in end.arrays.values()))
    if not end.grad_norm > 0 or not end.loss:
        return 0.0
    rates = [2.0**power * length / end.grad_norm for power in range(-14, 2)]
    after = [end.loss_after({name: -rate * g for name, g in end.gradient.items()}) for rate in rates]
    return (end.loss - float(np.nanmin([end.loss, *after]))) / abs(end.loss)


def held_back(case: Case) -> Mend | None:
    """Return what holds the weights back, a penalty or dropout, and the run with little of it, or None."""
    spec = case.spec
    arrays = weights(case.end.arrays)
    squares = sum(float(np.sum(w**2)) for w in arrays.values())
    sizes = sum(float(np.sum(np.abs(w))) for w in arrays.values())
    pull, price = spec.l2 * squares + spec.l1 * sizes, spec.l2 * squares / 2 + spec.l1 * sizes
    gone = bool(spec.l1 or spec.l2) and squares < VANISHED  # then their pull is nothing either
    if gone or (pull and pull >= PULL * abs(case.end.loss - price)):
        said = " and ".join(f"{name}={value:g}" for name, value in (("l1", spec.l1), ("l2", spec.l2)) if value)
        remedy = dataclasses.replace(spec, l1=spec.l1 / 100, l2=spec.l2 / 100)
        return Mend(f"The penalty {said} holds its weights back.", remedy, "Lower the penalty to a hundredth.")
    dropped = float(_model(spec).kwargs.get("dropout", 0.0))
    if dropped < DROPPED:
        return None
    why = f"Dropout sets {dropped:.0%} of its units to 0 in every step."
    return Mend(why, with_model(spec, dropout=round(dropped / 5, 2)), "Drop fewer units.")


def outgrown(case: Case) -> Mend:
    """Return the run with a wider model."""
    larger = wider(_model(case.spec))
    remedy = None
    if larger is not None:
        remedy = dataclasses.replace(case.spec, problem={**case.spec.problem, "model": str(larger)})
    other = f", such as {larger}" if larger else ", or features from which the target is easier to tell"
    return Mend("The model is too small for what there is to learn.", remedy, f"Take a larger model{other}.")


def _model(spec: Spec) -> Call:
    """Return the text of a ready model, read; of another, a call of nothing."""
    text = spec.problem.get("model")
    return parse(text) if isinstance(text, str) else Call("")


def wider(call: Call) -> Call | None:
    """Return a model four times as wide, of 64 at least; None for one whose width has other words.

    >>> str(wider(parse("mlp(4, 32)"))), str(wider(parse("linear")))
    ('mlp(64, 128)', 'mlp(128, 64)')
    """
    if call.name.lower() == "linear":
        return Call("mlp", (128, 64), call.kwargs)
    if not call.args or not all(isinstance(width, int) for width in call.args):
        return None
    return Call(call.name, tuple(max(WIDER * width, LEAST_WIDTH) for width in call.args), call.kwargs)
