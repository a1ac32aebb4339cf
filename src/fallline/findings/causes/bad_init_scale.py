"""Weights that start too large, too small, or all alike."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.guessing import guessing
from fallline.findings.model_text import with_model
from fallline.findings.weights import relative_size, weights
from fallline.record.finding import Exhibit, Finding

Array = np.ndarray[Any, Any]

LARGE = 4.0
"""Root mean square of the weights times √fan_in: 1 to 1.42 in every usual initialisation, 0.58 in PyTorch's."""

SMALL = 0.75
"""The same over what keeps a signal's size, √2 with relu and 1 without, in the geometric mean over layers: with
√(1/fan_in) before relu, which is 0.71, half of a signal's square is lost in every layer."""

SATURATED = 0.3
"""Share of a layer's outputs at a limit, at the start; 0 to 0.01 in healthy networks."""

FAR = 4.0
"""First losses above so many times that of guessing; 0.9 to 1.5 in healthy networks."""

FADED = 0.06
"""Standard deviation of the outputs of a layer, at the start: 0.3 to 0.9 in networks of relu and tanh of the usual
size, 0.08 to 0.2 of sigmoid."""

BLOCKS = 20
"""Parts of the run over which its loss is averaged, to see how long it stayed that of guessing."""

STUCK = 0.2
"""Share of the run in which the loss stayed that of guessing."""

FALLEN = 0.9
"""A mean loss below this share of that of guessing is no longer that of guessing."""


class BadInitScale(Cause):
    """Weights that start far too large, far too small, or all alike.

    How it is told: root mean square of a layer's weights times √fan_in, where every usual initialisation has 1 to √2,
    and what comes of it: a first loss far above that of guessing or saturated units; signals that fade from layer to
    layer while the loss stays that of guessing; units with the same weights at the start and at the end, for they get
    the same gradient and never part.
    What mends it: normal weights of variance 2 / fan_in before ReLU, 1 / fan_in elsewhere, biases at zero.

    Source: X. Glorot and Y. Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010;
    He, Zhang, Ren and Sun, arXiv:1502.01852, §2.2.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = (
        "lr_too_large",
        "lr_too_small",
        "batch_too_small",
        "batch_too_large",
        "saturated_activations",
        "dead_relu",
        "vanishing_gradient",
        "exploding_gradient",
        "nonfinite",
        "plateau",
        "saddle_point",
        "underfitting",
    )

    def judge(self, case: Case) -> Finding | None:
        """Look at the first weights, and at what comes of them."""
        first = weights(case.start.arrays)
        if not first:
            return None
        return self._alike(case, first) or self._large(case, first) or self._small(case, first)

    def _alike(self, case: Case, first: dict[str, Array]) -> Finding | None:
        """Return layers whose units start the same and end the same; one layer alone is told apart by its targets."""
        last, gradient = weights(case.end.arrays), weights(case.start.gradient)
        found = {
            name: axis
            for name, own in first.items()
            for axis in (0, -1)
            if _same(own, axis) and _same(last[name], axis) and _same(gradient[name], axis)
        }
        if not found.keys() - {list(first)[-1]}:
            return None
        units = {name: first[name].shape[axis] for name, axis in found.items()}
        zero = all(not first[name].any() for name in found)
        told = "are all zero" if zero else "are the same for all units"
        return Finding(
            cause=self.name(),
            message=f"The first weights of {', '.join(found)} {told}: the units get the same gradient and never part, "
            f"so that {max(units.values()):,} of them do what one does.",
            since=None,
            evidence={"units by array": units, "all zero": zero},
            confidence=0.95,
            remedy=with_model(case.spec, init="auto"),
            advice="Draw the weights at random, with standard deviation √(2 / fan_in) before relu and 1 / √fan_in "
            "elsewhere; only biases may start at zero.",
            exhibit=Exhibit("Units that are all alike", ("weights", "units"), units, kind="bars"),
        )

    def _large(self, case: Case, first: dict[str, Array]) -> Finding | None:
        sizes = {name: relative_size(own) for name, own in first.items()}
        name = max(sizes, key=lambda array: sizes[array])
        if sizes[name] < LARGE:
            return None
        loss, guess = case.start.loss, guessing(case)
        full = max((a.saturated for a in case.start.activations), default=0.0)
        if loss < FAR * guess and full < SATURATED:
            return None
        signs = [f"the first loss is {loss:.3g}, and guessing has {guess:.3g}"] * (not loss < FAR * guess)
        signs += [f"{full:.0%} of a layer's outputs stand at a limit"] * (full >= SATURATED)
        return self._finding(
            case,
            f"The first weights are too large: those of {name} are {sizes[name]:,.3g} / √fan_in in size, where 1 to "
            f"1.4 is usual. From the start {' and '.join(signs)}.",
            sizes,
            {"first loss": loss, "loss of guessing": guess, "saturated at the start": full},
            0.9,
        )

    def _small(self, case: Case, first: dict[str, Array]) -> Finding | None:
        sizes = {name: relative_size(own) for name, own in first.items() if own.any()}
        spread = {a.name: a.std for a in case.start.activations}
        if len(sizes) < 2 or not spread or min(spread.values()) > FADED:
            return None
        usual = 2**0.5 if any(a.kind == "relu" for a in case.start.activations) else 1.0
        if float(np.exp(np.mean(np.log(list(sizes.values()))))) > SMALL * usual:
            return None
        case.enough(BLOCKS, "Whether weights start too small")
        stuck = stuck_share(case.losses)
        if stuck < STUCK:
            return None
        name = min(sizes, key=lambda array: sizes[array])
        return self._finding(
            case,
            f"The first weights are too small: those of {name} are {sizes[name]:.2g} / √fan_in in size, where 1 to 1.4 "
            f"is usual. Signals fade from layer to layer, and for {stuck:.0%} of the run the loss stays that of "
            f"guessing.",
            sizes,
            {"stuck for": stuck, "outputs' standard deviation at the start": spread},
            0.9 if stuck > 0.5 else 0.8,
        )

    def _finding(
        self, case: Case, message: str, sizes: dict[str, float], evidence: dict[str, Any], sure: float
    ) -> Finding:
        return Finding(
            cause=self.name(),
            message=message,
            since=None,
            evidence={"size times √fan_in": sizes, **evidence},
            confidence=sure,
            remedy=with_model(case.spec, init="auto"),
            advice="Draw weights with standard deviation √(2 / fan_in) before relu and 1 / √fan_in elsewhere; ready "
            "models do with init=auto.",
            exhibit=Exhibit(
                "The size of the first weights, by layer",
                ("weights", "root mean square times √fan_in"),
                sizes,
                kind="bars",
                levels={"keeps a signal's size: 1": 1.0, "keeps it through relu: √2": 2**0.5},
            ),
        )


def stuck_share(losses: Array) -> float:
    """Return for what share of a run, from its start, the loss did not fall clearly.

    >>> stuck_share(np.repeat([2.0, 1.0], 100))
    0.5
    """
    means = np.array([block.mean() for block in np.array_split(losses, BLOCKS)])
    fallen = means < FALLEN * losses[: max(len(losses) // BLOCKS, 1)].mean()
    return float(np.argmax(fallen) / BLOCKS) if fallen.any() else 1.0


def _same(array: Array, axis: int) -> bool:
    """Return whether all units along an axis have the same numbers; one alone has none to be the same as."""
    units = np.moveaxis(array, axis, 0)
    return len(units) > 1 and bool(np.isclose(units, units[:1], rtol=1e-5, atol=0.0).all())
