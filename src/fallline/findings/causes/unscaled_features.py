"""Features on different scales."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np

from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.guessing import guessing, left
from fallline.findings.remedy import with_own_rates
from fallline.findings.table import column_name, columns
from fallline.findings.weights import relative_size, rms, weights
from fallline.record.finding import Exhibit, Finding

Array = np.ndarray[Any, Any]

APART = 30.0
"""How many times larger the largest feature is than a small one: the curvatures are apart by the square, 1,000. The
features that ready problems prepare are apart by 1 to 5, raw iris by 6, raw wine by 5,000 (see tests)."""

LARGE, SMALL = 10.0, 0.03
"""Typical size of the features, where every initialisation expects 1."""

FAR = 5.0
"""First losses or first outputs so many times the usual ones show that the network sees the features as they are."""

NINE_TENTHS = 1.645
"""Nine tenths of a normal quantity are within so many standard deviations."""

LEFT, STUCK = 0.05, 0.8
"""Of the loss of guessing: runs that have less left have coped; runs that have more have hardly begun."""

CERTAIN = 3 * APART
"""Features so far apart leave no doubt."""

MOST_SHOWN = 12
"""Features of a picture."""


class UnscaledFeatures(Cause):
    """Features that the model sees on different scales, or far from size 1.

    How it is told: the sizes of the columns of `x`, nine tenths of whose numbers are within; that the rows of the first
    layer's gradient are apart as they are, so that the loss does not scale them itself; and a run that has not learned.
    The largest feature's curvature, the square of its size, sets the rate that is still stable, and that rate is too
    small for all others.
    What mends it: standardising every feature (`fl.problems.for_data` does); a rate for every parameter helps.

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998, §4.3.
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
        """Compare the sizes of the features."""
        x = columns(getattr(case.train, "x", None))
        if x is None:
            return None
        sizes = feature_sizes(x[case.start.indices])
        if len(sizes) == 0 or left(case) < LEFT:
            return None
        typical, order = float(np.median(list(sizes.values()))), sorted(sizes, key=lambda place: sizes[place])
        low, high = order[(len(order) - 1) // 4], order[-1]
        apart = sizes[high] / sizes[low]
        differ = apart >= APART and self._seen(case, x.shape[1], order, apart)

        def about(place: int) -> str:
            return f"{column_name(case.problem, case.train.x, place)} is about {sizes[place]:.3g}"

        if differ:
            said = f"differ {apart:,.3g} times in size: {about(low)}, {about(high)}. A rate that is stable for the "
            said, sure = f"{said}largest is too small for the others", 0.85 if apart >= CERTAIN else 0.75
        elif typical >= LARGE and self._overwhelmed(case, x.shape[1], typical):
            said, sure = f"are about {typical:,.3g} in size, and every way to start a network expects 1", 0.85
        elif typical <= SMALL and left(case) > STUCK and not case.record.outcome.failed:
            said, sure = f"are about {typical:.3g} in size, and every way to start a network expects 1", 0.75
        else:
            return None
        ends = order if len(order) <= MOST_SHOWN else [*order[: MOST_SHOWN // 2], *order[-MOST_SHOWN // 2 :]]
        by_name = {column_name(case.problem, case.train.x, place): sizes[place] for place in ends}
        return Finding(
            cause=self.name(),
            message=f"The features {said}.",
            since=None,
            evidence={
                "largest over small": apart,
                "typical size": typical,
                "condition number of the inputs": condition_number(x[case.start.indices]),
                "sizes": by_name,
            },
            confidence=sure,
            remedy=with_own_rates(case.spec, case.method) if differ else None,
            advice="Standardise the features: subtract the training part's mean from each and divide by its standard "
            "deviation; fl.problems.for_data does.",
            exhibit=Exhibit(
                "Features by their size",
                ("feature", "size, within which nine tenths of its values are"),
                by_name,
                kind="bars",
                levels={"standardised": 1.0},
            ),
        )

    def _seen(self, case: Case, count: int, order: list[int], apart: float) -> bool:
        """Return whether the first array with a row or a column a feature has gradients that are apart as well."""
        for gradient in case.start.gradient.values():
            if gradient.ndim <= 2 and count in gradient.shape:
                rows = gradient if gradient.shape[0] == count else gradient.T
                by_feature = np.sqrt(np.mean(np.square(rows, dtype=np.float64).reshape(count, -1), axis=1))
                small = float(np.median(by_feature[order[: (len(order) + 3) // 4]]))
                return not np.isfinite(by_feature).all() or float(by_feature.max()) >= np.sqrt(apart) * small
        return bool(case.train.x.ndim == 2)

    def _overwhelmed(self, case: Case, count: int, typical: float) -> bool:
        """Return whether the network's outputs start far too large, or its training fails, and not by its weights."""
        if any(relative_size(own) >= FAR for own in weights(case.start.arrays).values()):
            return False
        outputs = case.start.activations
        if any(a.saturated >= 0.5 or a.std >= FAR for a in outputs) or not case.start.loss < FAR * guessing(case):
            return True
        return left(case) > 1 and self._enter(case, count, typical)

    def _enter(self, case: Case, count: int, typical: float) -> bool:
        """Return whether the first layer's weights have gradients as much larger than its biases' as features are."""
        gradient = case.start.gradient
        first = next((g for g in gradient.values() if g.ndim == 2 and len(g) == count), None)
        if first is None:
            return False
        biases = [rms(g) for g in gradient.values() if g.shape == first.shape[1:]]
        return bool(biases) and rms(first) >= 0.1 * typical * max(biases)


def feature_sizes(x: Array) -> dict[int, float]:
    """Return the size of every feature that is not the same in all rows: place → size.

    Nine tenths of its numbers that are not zero are within 1.645 sizes, the standard deviation of a normal quantity of
    mean zero: a few outliers do not count, nor how rare a feature is.

    Args:
        x: (N, F).

    >>> feature_sizes(np.array([[1.0, 0.0, 7.0], [-1.0, 1.645, 7.0]])).keys()
    dict_keys([0, 1])
    """
    changing = np.flatnonzero((x != x[:1]).any(axis=0) & np.isfinite(x).all(axis=0))
    own = {place: np.abs(x[:, place]) for place in changing.tolist()}
    return {place: float(np.quantile(a[a > 0], 0.9)) / NINE_TENTHS for place, a in own.items()}


def condition_number(x: Array) -> float:
    """Return the ratio of the largest to the smallest eigenvalue of the second moments of [x, 1], where it has one.

    It is how many times flatter than the steepest direction the flattest one of a linear model with squared error is.

    >>> condition_number(np.array([[10.0], [-10.0]]))
    100.0
    """
    with_ones = np.concatenate([x, np.ones((len(x), 1))], axis=1)
    values = np.linalg.svd(with_ones, compute_uv=False) ** 2
    return float(values[0] / values[values > 1e-14 * values[0]][-1])
