"""A feature that gives the target away."""

from __future__ import annotations

from typing import Any, ClassVar, NamedTuple

import numpy as np

from fallline.core.errors import CannotTell
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.course import points
from fallline.findings.table import classes, column_name, columns
from fallline.record.finding import Exhibit, Finding

ROWS = 2048
"""Rows of each part that are looked at, drawn at random."""

LEAST = 30
"""Rows that must be foretold, below which one column in hundreds does it by chance."""

PERFECT = 0.999
"""Share of the rows' classes, or of the targets' variance, that one column foretells; the best honest column of the
bundled tables has 0.96 (iris, breast_cancer, wine and digits: 0.96, 0.92, 0.79, 0.35; diabetes 0.34)."""

WITHIN = 0.001
"""Share of a column's variance within the classes: such a column is the class itself, written another way."""

NEXT = 0.95
"""Where the next best column is as good as this, the task is easy, and no column stands out; copies do not count."""

COPY = 0.999
"""|correlation| from which a column is a copy of another."""

COLUMNS = 3
"""Columns that a table has at least: of one or two, one may well be all there is to know."""


class Leak(NamedTuple):
    """A column that foretells the target: its place, how well, how well the next does, and whether it is a copy."""

    place: int
    foretold: float
    next_best: float
    is_copy: bool


class LeakingFeature(Cause):
    """A feature that gives the target away: a copy of it, a code for it, or what is known only afterwards.

    How it is told: one column alone foretells the class of rows that were held out by its nearest value, or goes with
    the values (correlation, of ranks too), all but perfectly; and no other column comes near, unless this one is the
    class itself in other numbers. Honest tables have columns that tell one class apart, none that tell all.
    What mends it: the column left out, if it is not known yet when predictions are to be made.

    Source: S. Kaufman et al., Leakage in data mining: formulation, detection, and avoidance (2012).
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = ("unscaled_features", "outliers")

    def judge(self, case: Case) -> Finding | None:
        """Foretell the target from each column alone."""
        x, y, held_x, held_y = _parts(case)
        if x.shape[1] < COLUMNS or len(held_y) < LEAST:
            return None
        ids = classes(np.concatenate([y, held_y]))
        known, held = (y, held_y) if ids is None else (ids[: len(y)], ids[len(y) :])
        leak = (of_values if ids is None else of_classes)(x, known, held_x, held)
        if leak is None:
            return None
        name = column_name(case.problem, case.train.x, leak.place)
        told, code = (
            ("the class of", " (it is the class, in other numbers)") if ids is not None else ("the targets of", "")
        )
        return Finding(
            cause=self.name(),
            message=f"The feature {name!r} alone foretells {told} rows that were held out to {leak.foretold:.1%}"
            f"{code * leak.is_copy}, the next best feature to {leak.next_best:.0%}. It may be known only once the "
            f"target is: then the model is of no use where it counts.",
            since=None,
            evidence={"feature": name, "place": leak.place, "foretold": leak.foretold, "next_best": leak.next_best},
            confidence=0.9 if leak.is_copy else 0.75,
            remedy=None,
            advice=f"Leave {name!r} out, unless it is known when predictions are to be made.",
            exhibit=_exhibit(x[:, leak.place], y, name),
        )


def of_classes(x: Any, y: Any, held_x: Any, held_y: Any) -> Leak | None:
    """Return the column that gives classes away, if one does.

    Args:
        x: columns of some rows, (N, F).
        y: their class ids, (N,).
        held_x, held_y: the same of other rows.
    """
    commonest = float(np.bincount(held_y).max() / len(held_y))
    if commonest > 1 - 1 / LEAST:  # so few others that nothing can be told by foretelling them
        return None
    foretold = np.array([float(np.mean(by_nearest(x[:, i], y, held_x[:, i]) == held_y)) for i in range(x.shape[1])])
    best = int(foretold.argmax())
    if foretold[best] < PERFECT:
        return None
    together, ids = np.concatenate([x[:, best], held_x[:, best]]), np.concatenate([y, held_y])
    means = np.bincount(ids, together) / np.maximum(np.bincount(ids), 1)
    is_class = float(np.mean((together - means[ids]) ** 2)) <= WITHIN * float(np.var(together))
    next_best = _next_best(x, foretold, best)
    return Leak(best, float(foretold[best]), next_best, is_class) if is_class or next_best < NEXT else None


def of_values(x: Any, y: Any, held_x: Any, held_y: Any) -> Leak | None:
    """Return the column that gives values away, if one does; see `of_classes`."""
    together, values = np.concatenate([x, held_x]), np.concatenate([y, held_y])
    goes_with = np.maximum(
        _correlations(together, values), _correlations(_ranks(together), _ranks(values[:, None])[:, 0])
    )
    foretold = goes_with**2
    best = int(foretold.argmax())
    next_best = _next_best(x, foretold, best)
    if foretold[best] < PERFECT or next_best >= NEXT:
        return None
    return Leak(best, float(foretold[best]), next_best, bool(foretold[best] > 1 - 1e-6))


def by_nearest(column: Any, y: Any, held: Any) -> Any:
    """Return the class that each held-out number has by the known number nearest to it, of ties the commonest.

    >>> by_nearest(np.array([0.0, 1.0, 1.0]), np.array([2, 5, 5]), np.array([0.1, 9.0])).tolist()
    [2, 5]
    """
    values, group = np.unique(column, return_inverse=True)
    tally = np.zeros((len(values), int(y.max()) + 1), np.int32)
    np.add.at(tally, (group, y), 1)
    right = np.clip(np.searchsorted(values, held), 1, max(len(values) - 1, 1))
    right = np.minimum(right, len(values) - 1)
    left = np.maximum(right - 1, 0)
    nearest = np.where(np.abs(held - values[left]) <= np.abs(values[right] - held), left, right)
    return tally.argmax(axis=1)[nearest]


def _next_best(x: Any, foretold: Any, best: int) -> float:
    """Return how well the best column does that is no copy of the best of all."""
    others = _correlations(x, x[:, best]) < COPY
    return float(foretold[others].max(initial=0.0))


def _correlations(x: Any, y: Any) -> Any:
    """Return |correlation| of each column with y, 0 for a constant one."""
    x, y = x - x.mean(axis=0), y - y.mean()
    lengths = np.linalg.norm(x, axis=0) * np.linalg.norm(y)
    return np.abs(np.divide(y @ x, lengths, out=np.zeros(x.shape[1]), where=lengths > 0))


def _ranks(x: Any) -> Any:
    """Return each column's numbers by their place in ascending order."""
    return np.argsort(np.argsort(x, axis=0, kind="stable"), axis=0).astype(np.float64)


def _parts(case: Case) -> tuple[Any, Any, Any, Any]:
    """Return columns and targets of some training rows, and of others: of validation, or without it of training."""
    y = getattr(case.train, "y", None)
    if y is None or np.ndim(y) != 1:
        raise CannotTell("whether a feature gives the target away is told for data (x, y) with one target a row.")
    rows = np.random.default_rng(0).permutation(case.rows)[: 2 * ROWS]
    held = case.validation
    if held is None or len(held.y) < LEAST:
        cut = len(rows) // 2
        parts = (case.train, rows[:cut]), (case.train, rows[cut:])
    else:
        parts = (case.train, rows[:ROWS]), (held, np.random.default_rng(1).permutation(len(held.y))[:ROWS])
    (x, y), (held_x, held_y) = ((_picked(part.x, which), np.asarray(part.y)[which]) for part, which in parts)
    if x is None or held_x is None:
        raise CannotTell("the features are no table of numbers: x is not one array.")
    return x, y, held_x, held_y


def _picked(x: Any, rows: Any) -> Any:
    import jax

    return columns(jax.tree.map(lambda array: np.asarray(array)[rows], x))


def _exhibit(column: Any, y: Any, name: str) -> Exhibit:
    return Exhibit(
        title=f"The target against the feature {name}",
        names=(name, "target"),
        series={"training rows": points(column, y)},
        kind="dots",
    )
