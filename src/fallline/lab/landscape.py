"""The loss around a trained model, as numbers with their picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from fallline.figures.figure import Figure

Kind = Literal["random", "pca", "line"]


@dataclass(frozen=True, eq=False, repr=False)
class Landscape:
    """The loss on a plane or a line through the parameters of a model.

    Args:
        plane: `"random"`, `"pca"` or `"line"`.
        x: where the columns are, shape (n,): shares of the filters' own lengths, distances, or the share t of a line.
        y: where the rows are, shape (m,); empty for a line.
        loss: the mean training loss over the sample of rows, shape (m, n), or (n,) for a line; without penalties.
        validation: the same of the whole validation part, for a line, where there is one.
        rows: how many training rows each loss is the mean of.
        directions: the change of parameters for one unit of each axis, by path.
        way: where the run's looks lie in the plane, shape (k, 2); none where it was not asked for.
        steps: the steps taken before each of them.
        within: the share of the way's squared distances from the model that lies in the plane.
        explained: the share of the way's spread along each axis of a PCA plane: of its squared distances from its mean.
        names: what the runs are called.
        seconds: how long the losses took.
        notes: what must be said beside it, in sentences.
    """

    plane: Kind
    x: np.ndarray
    y: np.ndarray
    loss: np.ndarray
    rows: int
    directions: tuple[Mapping[str, np.ndarray], ...]
    validation: np.ndarray | None = None
    way: np.ndarray | None = None
    steps: np.ndarray | None = None
    within: float | None = None
    explained: tuple[float, float] | None = None
    names: tuple[str, ...] = ()
    seconds: float = 0.0
    notes: tuple[str, ...] = ()

    def plot(self) -> Figure:
        """Return contours of the loss with the run's way, or the loss along the line."""
        from fallline.figures.figure import Figure
        from fallline.figures.landscape import landscape as drawn
        from fallline.figures.section import section

        if self.plane == "line":
            curves = {"training": self.loss} | ({} if self.validation is None else {"validation": self.validation})
            return Figure(section(self.x, curves, (self.names[0], self.names[1]), _title(self)))
        return Figure(drawn(self.x, self.y, self.loss, self.way, self._axes(), _title(self), self.within))

    @property
    def at_model(self) -> float:
        """The loss at the model itself, which is one of the points."""
        row = () if self.plane == "line" else (int(np.flatnonzero(self.y == 0)[0]),)
        return float(self.loss[(*row, int(np.flatnonzero(self.x == 0)[0]))])

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the picture, an SVG or a PNG."""
        return self.plot().save(path)

    def _axes(self) -> tuple[str, str]:
        if self.explained is None:
            return "first random direction, in filter lengths", "second random direction, in filter lengths"
        first, second = (f"{share:.1%}" for share in self.explained)
        return f"distance along the first direction: {first} of the way's spread", f"along the second: {second}"

    def __repr__(self) -> str:
        shape = " × ".join(map(str, reversed(self.loss.shape)))
        return f"<Landscape {self.plane}: {shape} points, {self.rows:,} rows each, {self.seconds:.2g} s>"

    def _repr_html_(self) -> str:
        from fallline.figures.svg import escape

        return "".join([f"<div>{self.plot().svg}", *(f"<p>{escape(note)}</p>" for note in self.notes), "</div>"])


def _title(found: Landscape) -> str:
    words = {"random": "The loss around", "pca": "The loss on the way of", "line": "The loss from"}[found.plane]
    return f"{words} {' to '.join(found.names)}"
