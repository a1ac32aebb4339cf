"""What is shown at the current points, if asked for: the slope, the step to come, what a method remembers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from fallline.figures.keys import Key
from fallline.figures.scene import Scene, Way
from fallline.figures.view import arrow
from fallline.figures.view.memory import memory

SHOWN = ("gradient", "step", "memory")
"""What can be shown."""

LENGTHS = (
    "An arrow twice as long as another of its kind stands for a number 16 times as large, "
    "so that small ones are seen too."
)


class Vectors(NamedTuple):
    """The vectors of one kind along the ways.

    Args:
        name: the legend's.
        along: of each way's label the vectors, shape (k, d), in data units.
        largest: the length of the longest within the window.
    """

    name: str
    along: Mapping[str, np.ndarray]
    largest: float


class Internals(NamedTuple):
    """What is shown at the current points.

    Args:
        arrows: the vectors of each kind.
        squares: of each way's label the squared gradients that its method has gathered, shape (n + 1, d).
        gathered: what the slots of these are called.
    """

    arrows: Mapping[str, Vectors]
    squares: Mapping[str, np.ndarray]
    gathered: str

    def at(self, way: Way, step: int) -> Shown:
        """Return what is shown of a way at a step."""
        vectors = {
            kind: (some.along[way.label][step], some.largest)
            for kind, some in self.arrows.items()
            if step < len(some.along.get(way.label, ()))
        }
        squares = self.squares[way.label][step] if way.label in self.squares else None
        return Shown(vectors, squares if squares is not None and squares.any() else None)


class Shown(NamedTuple):
    """What is shown at one point.

    Args:
        vectors: of each kind the vector, shape (d,), and the length of the longest of its kind.
        squares: the squared gradients gathered, shape (d,); `None` without, and while they are 0.
    """

    vectors: Mapping[str, tuple[np.ndarray, float]]
    squares: np.ndarray | None


def internals(scene: Scene, show: Sequence[str]) -> Internals:
    """Return what is shown of a scene; `show` names some of `SHOWN`."""
    held = {way.label: memory(way) for way in scene.ways} if "memory" in show else {}
    pushes = {label: some.direction for label, some in held.items() if some.direction}
    squares = {label: some.squares for label, some in held.items() if some.squares and some.squares[1].shape[1] == 2}
    every = {
        "gradient": ("downhill (−gradient)", {way.label: -way.gradient for way in scene.ways}),
        "step": ("the step to come", {way.label: way.update for way in scene.ways}),
        "memory": (f"memory of slopes ({_names(pushes)})", {label: some[1] for label, some in pushes.items()}),
    }
    kinds = {kind: Vectors(name, along, _largest(scene, along)) for kind, (name, along) in every.items()}
    return Internals(
        {kind: some for kind, some in kinds.items() if kind in show and some.along},
        {label: some[1] for label, some in squares.items()},
        _names(squares),
    )


def keys(scene: Scene, show: Sequence[str]) -> list[Key]:
    """Return the legend's entries for what is shown."""
    found = internals(scene, show)
    samples = {kind: arrow.drawn((0.0, 0.0), (20.0, 0.0), kind, "muted") for kind in found.arrows}
    entries = [Key(some.name, samples[kind]) for kind, some in found.arrows.items()]
    if found.squares:
        words = f"memory of squares: as wide as 1/√{found.gathered}"
        entries.append(Key(words, arrow.ellipse((10.0, 0.0), np.array([9.0, 0.0]), np.array([0.0, 4.5]), "muted")))
    return entries


def _largest(scene: Scene, along: Mapping[str, np.ndarray]) -> float:
    within = (length(along[way.label][: way.leaves]) for way in scene.ways if way.label in along)
    sizes = np.concatenate([np.zeros(1), *within])
    return float(sizes[np.isfinite(sizes)].max())


def length(vectors: np.ndarray) -> np.ndarray:
    """Return the lengths of vectors, from shape (..., d) to (...), where their squares would overflow too.

    >>> length(np.array([[3e200, 4e200]])).tolist()
    [5e+200]
    """
    return np.asarray(np.hypot(vectors[..., 0], vectors[..., 1]) if vectors.shape[-1] == 2 else np.abs(vectors[..., 0]))


def _names(held: Mapping[str, tuple[str, np.ndarray]]) -> str:
    return ", ".join(sorted({name for name, _ in held.values()}))
