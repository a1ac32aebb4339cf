"""A run layer by layer: how large its gradients are, how its weights spread, how far each step moves them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

from fallline.core.choice import one_of, whole
from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.core.problem import Problem
from fallline.figures.histograms import Histogram
from fallline.lab.trail import Trail, steps_taken, trail
from fallline.probes.grad_norms import GradNorms
from fallline.record.record import Record

if TYPE_CHECKING:
    from fallline.engine.progress import Report
    from fallline.figures.figure import Figure

Of = Literal["gradients", "weights", "updates"]

BINS = 61
"""Of a histogram."""

_COLUMN = f"{GradNorms.COLUMN}/"


@dataclass(frozen=True, eq=False, repr=False)
class Layers:
    """What a run did to each parameter array.

    Args:
        names: the arrays' paths, in the order of the model.
        steps: the steps whose gradient was measured, shape (n,).
        gradients: the gradients' lengths, shape (len(names), n).
        moments: the steps taken before each look at the weights, shape (k,).
        weights: histograms of the numbers at the moments, of every array of two dimensions or more, or of all arrays
            where there is none.
        updates: histograms of what the next step added to them.
        ratios: the length of that step over the length of the array, shape (len(names), k); nan where the array is 0.
        title: what the run is called.
        notes: what must be said beside it, in sentences.
    """

    names: tuple[str, ...]
    steps: np.ndarray
    gradients: np.ndarray
    moments: np.ndarray
    weights: Mapping[str, Histogram]
    updates: Mapping[str, Histogram]
    ratios: np.ndarray
    title: str
    notes: tuple[str, ...] = ()

    def plot(self, of: Of = "gradients") -> Figure:
        """Return a heat map of the gradients' lengths, or histograms of the `"weights"` or the `"updates"`.

        The pictures show arrays of two dimensions or more, where there are any: weights, not biases.

        Raises:
            InvalidValue: for anything else.
        """
        from fallline.figures.figure import Figure
        from fallline.figures.heat import heat
        from fallline.figures.histograms import histograms

        one_of("of", of, Of)
        shown, moments = tuple(self.weights), self.moments.tolist()
        if of == "gradients":
            rows = [self.names.index(name) for name in shown]
            title = f"Gradients of {self.title}, layer by layer"
            return Figure(heat(shown, self.steps, self.gradients[rows], "gradient norm", title))
        if of == "weights":
            return Figure(histograms(self.weights, moments, "weight", f"Weights of {self.title}"))
        panels = {f"{name}: {self._shares(name)}": panel for name, panel in self.updates.items()}
        title = f"Updates of {self.title} in one step, and their length in percent of the weights'"
        return Figure(histograms(panels, moments, "update", title))

    def _shares(self, name: str) -> str:
        """Return how long the first and the last step looked at were, in percent of the weights' length."""
        first, last = (f"{100 * ratio:.2g}%" for ratio in self.ratios[self.names.index(name)][[0, -1]].tolist())
        return f"{first} to {last}"

    def save(self, path: str | PathLike[str], of: Of = "gradients") -> Path:
        """Write one of the pictures, an SVG or a PNG."""
        return self.plot(of).save(path)

    def __repr__(self) -> str:
        return f"<Layers of {self.title}: {len(self.names)} arrays, gradients of {len(self.steps):,} steps>"

    def _repr_html_(self) -> str:
        from fallline.figures.svg import escape

        return "".join([f"<div>{self.plot().svg}", *(f"<p>{escape(note)}</p>" for note in self.notes), "</div>"])


def layers(
    record: Record,
    *,
    moments: int = 6,
    problem: Problem | None = None,
    method: Method | None = None,
    progress: Report | None = None,
) -> Layers:
    """Return a run layer by layer, for which the run is repeated.

    Gradients are those that the run measured itself with `probes="gradnorms"`, else those of the repeated run.

    Args:
        record: the run.
        moments: how many looks at the weights, evenly spread from the first to the last step, 2 or more.
        problem: what the run minimised, where it was one of your own and the record was loaded.
        method: the same method, where its class is one of your own.
        progress: called while the run is repeated.

    Raises:
        RunError, InvalidValue: as in `fallline.lab.trail.trail`.

    Example:
        >>> import fallline as fl
        >>> record = fl.train(fl.problems.for_data("iris", model="mlp(4)"), fl.Adam(lr=0.01), epochs=2)
        >>> found = fl.layers(record)
        >>> found.names, found.gradients.shape
        (('0.b', '0.w', '1.b', '1.w'), (4, 8))
    """
    taken, whole_count = steps_taken(record), whole("moments", moments, least=2)
    before = sorted({round(step) for step in np.linspace(0, taken - 1, whole_count).tolist()})
    measured = any(name.startswith(_COLUMN) for name in record.history)
    way = trail(
        record,
        points=sorted({*before, *(step + 1 for step in before), taken}),
        problem=problem,
        method=method,
        probes=() if measured else (GradNorms(),),
        progress=progress,
    )
    pairs = _pairs(way, before)
    if not pairs:
        raise InvalidValue("the run failed in its first step: it moved nothing, and there is nothing to look at.")
    names = tuple(way.arrays)
    steps, gradients = _gradients(record.history if measured else way.history, names)
    shown = [name for name in names if way.arrays[name].ndim > 2] or list(names)
    at = {
        name: [(array[a].astype(np.float64), array[b] - array[a].astype(np.float64)) for a, b in pairs]
        for name, array in way.arrays.items()
    }
    return Layers(
        names=names,
        steps=steps,
        gradients=gradients,
        moments=way.steps[[a for a, _ in pairs]],
        weights={name: histogram([own for own, _ in at[name]]) for name in shown},
        updates={name: histogram([moved for _, moved in at[name]]) for name in shown},
        ratios=np.array([[_ratio(own, moved) for own, moved in at[name]] for name in names]),
        title=record.path.name if record.path is not None else record.spec.method.partition("(")[0],
        notes=way.notes,
    )


def histogram(arrays: list[np.ndarray]) -> Histogram:
    """Return how the finite numbers of each array spread over common bins, around 0 where they are on both sides.

    >>> histogram([np.array([-1.0, 1.0]), np.array([0.0, 0.0])]).counts.sum(axis=1).tolist()
    [2, 2]
    """
    every = np.concatenate([array.ravel() for array in arrays])
    every = every[np.isfinite(every)]
    low, high = (float(every.min()), float(every.max())) if every.size else (0.0, 0.0)
    if low < 0 < high:
        high = max(-low, high)
        low = -high
    if low == high:
        room = 0.5 * abs(low) or 1.0
        low, high = low - room, high + room
    edges = np.linspace(low, high, BINS + 1)
    counts = [np.histogram(array[np.isfinite(array)], edges)[0] for array in arrays]
    return Histogram(edges, np.array(counts))


def _pairs(way: Trail, before: list[int]) -> list[tuple[int, int]]:
    """Return the places of looks one step apart, of those that the run came to."""
    place = {int(step): i for i, step in enumerate(way.steps)}
    return [(place[step], place[step + 1]) for step in before if step in place and step + 1 in place]


def _gradients(history: Mapping[str, np.ndarray], names: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Return the steps at which the gradients' lengths were measured, and the lengths."""
    found = np.array([np.asarray(history[f"{_COLUMN}{name}"], np.float64) for name in names])
    # A probe may measure every so many steps only: the rest is not a number in all of its columns.
    kept = ~np.isnan(found).all(axis=0)
    return np.asarray(history["step"])[kept], found[:, kept]


def _ratio(own: np.ndarray, moved: np.ndarray) -> float:
    length = float(np.linalg.norm(own))
    return float(np.linalg.norm(moved)) / length if length else float("nan")
