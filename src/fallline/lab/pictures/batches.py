"""How many rows a step sees."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

import numpy as np

from fallline.core.errors import InvalidValue, RunError
from fallline.core.node import Scalar, hyper, option
from fallline.core.probe import Probe, StepView
from fallline.core.spec import LARGEST_SEED
from fallline.lab.picture import Picture, shown
from fallline.problems.surfaces.least_squares import LeastSquares

if TYPE_CHECKING:
    from fallline.record.record import Record

FEATURES, TARGET = ("bmi", "s5"), "progression"
START = (-0.6, 0.9)
POINTS = 60
"""Points of a curve at most, at ratios of each other; each is the mean since the one before."""

SOONEST = 1e-6
"""Seconds: of a clock that says 0, no ratio can be taken."""

MOST = 10_000_000
"""Rows, and updates of a run, at most."""


class Way(NamedTuple):
    """A run: n steps, n + 1 points.

    Args:
        weights: shape (n + 1, 2).
        gap: how far the loss over all rows lies above the lowest, shape (n + 1,).
        samples: rows seen after each step, shape (n,).
        seconds: the time taken by then, compilation left out, shape (n,).
    """

    weights: np.ndarray
    gap: np.ndarray
    samples: np.ndarray
    seconds: np.ndarray

    @property
    def left(self) -> float:
        """The mean gap over the last tenth of the updates."""
        return float(self.gap[-max(len(self.gap) // 10, 1) :].mean())


class Batches(Picture):
    """How many rows a step sees: all, a few, or one.

    Least squares on real data: the progression of diabetes from two measurements, standardised; its 442 rows are drawn
    again and again, with replacement, until they are as many as a data set of today has. Three real runs of plain
    descent from one start, at one rate. The lowest loss f* is known in closed form, so that the gap f − f* over all
    rows can be shown: after equally many updates on the map, then over the rows seen, then over time.

    Source: H. Robbins and S. Monro, A Stochastic Approximation Method, 1951; data of B. Efron and others, Least Angle
    Regression, 2004.

    Example:
        >>> Batches(batch=64).sizes
        {'full batch': 'full', 'mini-batch': 64, 'single row': 1}
    """

    rows: int = option(200_000, help="rows of the data set")
    batch: int = option(32, help="rows of a mini-batch")
    updates: Any = hyper(
        (60, 6_000, 100_000),
        range="[2, 1e7]",
        units="updates",
        help="of the full batch, mini-batches, single rows",
        many=True,
    )
    lr: Scalar = hyper(0.05, range="(0, inf)", help="the rate of all three")
    seed: int = option(0, help="of the rows that are drawn, and of their order")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_counts(rows=(2, MOST), batch=(2, MOST), seed=(0, LARGEST_SEED))
        if len(self.updates) != 3 or any(count != int(count) for count in self.updates):
            raise InvalidValue(f"batches(updates={list(self.updates)}): updates are three whole numbers, one a run.")

    @property
    def sizes(self) -> Mapping[str, Any]:
        """The rows that a step of each run sees."""
        return {"full batch": "full", "mini-batch": self.batch, "single row": 1}

    @functools.cached_property
    def surface(self) -> LeastSquares:
        """The loss over all rows as a function of the two weights."""
        from fallline.data.load import load

        columns = load("diabetes").columns
        known = np.stack([np.asarray(columns[name]) for name in (*FEATURES, TARGET)], axis=1)
        rows = known[np.random.default_rng(self.seed).integers(len(known), size=self.rows)]
        rows = (rows - rows.mean(axis=0)) / rows.std(axis=0)
        return LeastSquares(rows[:, :2], rows[:, 2])

    @functools.cached_property
    def ways(self) -> Mapping[str, Way]:
        """The three runs, made when first asked for."""
        counts = dict(zip(self.sizes, self.updates, strict=True))
        return {name: self._run(size, int(counts[name])) for name, size in self.sizes.items()}

    def _run(self, size: Any, steps: int) -> Way:
        from fallline.core.problem import Problem
        from fallline.engine.train import train
        from fallline.methods.sgd import SGD

        problem = Problem(
            init=lambda key: np.array(START, np.float32),
            loss=lambda w, rows: (rows.x @ w - rows.y) ** 2,
            data=(np.float32(self.surface.a), np.float32(self.surface.b)),
        )

        def run(count: int) -> Record:
            method = SGD(lr=self.lr)
            return train(problem, method, batch_size=size, steps=count, seed=self.seed, probes=(_Weights(),))

        run(2)  # what a first run waits for, the clock of the second does not see
        record = run(steps)
        if record.outcome.failed:
            raise RunError(f"batches(lr={float(self.lr):g}): a run {record.outcome}, batch {size}. Take a lower rate.")
        before = np.stack([record.history[f"{_Weights.COLUMN}/{i}"] for i in range(2)], axis=1)
        weights = np.concatenate([before, np.asarray(record.params)[None]]).astype(np.float64)
        return Way(weights, self._gap(weights), record.history["samples"], record.history["seconds"])

    def _gap(self, weights: np.ndarray) -> np.ndarray:
        """Return f − f* at many weights, shape (k, 2): a quadratic form, so that a million rows are read once."""
        a = self.surface.a
        away = weights - np.array(self.surface.minima[0])
        return np.asarray(np.einsum("ki,ij,kj->k", away, a.T @ a / len(a), away))

    def figure(self) -> str:
        from fallline.figures.bands import Band, bands
        from fallline.figures.emblems import Emblem
        from fallline.figures.named_colours import looks
        from fallline.figures.sheet import sheet

        seen = {name: Emblem(*look, i) for i, (name, look) in enumerate(looks(self.ways).items())}

        def over(column: str, name: str) -> str:
            curves = {}
            for label, way in self.ways.items():
                x = getattr(way, column)
                ends = point_ends(x)
                starts = np.append(0, ends[:-1])
                mean = np.add.reduceat(way.gap[1:], starts) / (ends - starts)
                curves[label] = Band.bare(x[ends - 1], mean)
            return bands(curves, (name, "f − f*"), f"What is left, by {name}", seen=seen, scale="ratios")

        charts = [[over("samples", "rows seen")], [over("seconds", "seconds")]]
        return sheet([[self._map()], *charts], "How many rows a step sees")

    def _map(self) -> str:
        from fallline.figures.descent import descent
        from fallline.figures.ground import Ground

        count = min(len(way.samples) for way in self.ways.values())
        paths = {name: way.weights[: count + 1] for name, way in reversed(list(self.ways.items()))}
        points = np.concatenate(list(paths.values()))
        low, high = points.min(axis=0), points.max(axis=0)
        x, y = (np.linspace(a - 0.1 * (b - a), b + 0.1 * (b - a), 121) for a, b in zip(low, high, strict=True))
        grid = np.stack(np.meshgrid(x, y), axis=-1)
        heights = self.surface.lowest + self._gap(grid.reshape(-1, 2)).reshape(grid.shape[:2])
        names = (f"weight of {FEATURES[0]}", f"weight of {FEATURES[1]}")
        ground = Ground(x, y, heights, self.surface.lowest, self.surface.minima, names=names)
        return descent(ground, paths, f"The first {count} updates of each, at the rate {float(self.lr):g}")

    def words(self) -> Sequence[str]:
        count = min(len(way.samples) for way in self.ways.values())
        return tuple(
            f"{name}: its first {count} updates see {way.samples[count - 1]:,} rows, go a way of "
            f"{shown(travelled(way.weights[: count + 1]))} and leave f − f* = {shown(way.gap[count])}; all its "
            f"{len(way.samples):,} see {way.samples[-1]:,} rows in {shown(way.seconds[-1])} s, and the last tenth "
            f"of them leaves {shown(way.left)} on average."
            for name, way in self.ways.items()
        )


def point_ends(x: np.ndarray) -> np.ndarray:
    """Return after how many updates the points of a curve over `x` end: at even ratios of x, however updates crowd.

    >>> point_ends(np.array([0.1, 0.1, 0.1, 0.4])).tolist()
    [3, 4]
    """
    wanted = np.geomspace(max(x[0], SOONEST), max(x[-1], SOONEST), POINTS)
    return np.unique(np.searchsorted(x, wanted, side="right"))


def travelled(points: np.ndarray) -> float:
    """Return the length of a path of points, shape (k, 2)."""
    return float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum())


class _Weights(Probe):
    """The two weights, where the step's gradient was taken."""

    COLUMN: ClassVar[str] = "weight"
    UNITS: ClassVar[str] = "parameter"
    COST: ClassVar[str] = "nothing"

    def measure(self, xp: Any, view: StepView) -> Any:
        return {"0": view.params[0], "1": view.params[1]}
