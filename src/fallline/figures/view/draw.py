"""The kinds of pictures of a scene."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Protocol

from fallline.core.errors import InvalidValue, did_you_mean
from fallline.figures.keys import Key
from fallline.figures.scene import Curve, Scene
from fallline.figures.view import curve, map, surface
from fallline.figures.view.internals import SHOWN
from fallline.figures.view.stage import Stage


class Kind(Protocol):
    """A module that draws scenes of one kind."""

    COORDINATES: int
    """How many the function has."""

    ROOM: tuple[float, float]
    """Pixels of the room within the axes at most, where a picture stands alone."""

    def keys(self, scene: Scene, show: Sequence[str]) -> list[Key]:
        """Return the entries of the legend."""

    def stage(self, scene: Scene, show: Sequence[str], keys: Sequence[Key], room: tuple[float, float]) -> Stage:
        """Return the picture with a legend, its room within the axes at most so many pixels wide and high."""


KINDS: Mapping[str, Kind] = {"curve": curve, "map": map, "surface": surface}


def draw(scene: Scene, kind: str | None = None, step: int | None = None, show: Sequence[str] = ()) -> str:
    """Return an SVG of a scene.

    Args:
        scene: the ground and the ways over it.
        kind: `curve` for a function of one coordinate; `map` (usual) or `surface` for one of two.
        step: as far as which the ways are drawn, from 0 to `scene.steps`; by default to their ends.
        show: of `gradient`, `step` and `memory`, those that are drawn at the current points.

    Raises:
        InvalidValue: for a kind that does not fit the ground, a step that there is not, another thing to show.

    Example:
        >>> import numpy as np
        >>> x = np.linspace(-1, 1, 21)
        >>> picture = draw(Scene("A bowl", Curve(x, x**2, lowest=0.0, minima=((0.0,),)), ()))
        >>> "<title>A bowl</title>" in picture
        True
    """
    return stage(scene, kind, show).page(step)


def stage(scene: Scene, kind: str | None = None, show: Sequence[str] = ()) -> Stage:
    """Return the picture of a scene at every step; the arguments are those of `draw`."""
    found, shown = kind_of(scene, kind), checked(show)
    return found.stage(scene, shown, found.keys(scene, shown), found.ROOM)


def kind_of(scene: Scene, kind: str | None) -> Kind:
    """Return the kind of picture that is asked for, or the usual one of the scene's ground."""
    return KINDS[checked_kind(kind, coordinates(scene))]


def coordinates(scene: Scene) -> int:
    """Return how many coordinates the function of a scene has."""
    return 1 if isinstance(scene.ground, Curve) else 2


def kinds(coordinates: int) -> tuple[str, ...]:
    """Return the names of the kinds that fit a function of so many coordinates, the usual one first.

    >>> kinds(2)
    ('map', 'surface')
    """
    return tuple(name for name, kind in KINDS.items() if coordinates == kind.COORDINATES)


def checked_kind(kind: str | None, coordinates: int) -> str:
    """Return the name of the kind that is asked for, or of the usual one, if it fits so many coordinates."""
    fitting = kinds(coordinates)
    if kind is None:
        return fitting[0]
    if kind not in tuple(KINDS):
        raise InvalidValue(f"kind={kind!r}: there is no such picture.{did_you_mean(str(kind), KINDS)}")
    if kind not in fitting:
        count = {1: "one coordinate", 2: "two coordinates"}[coordinates]
        names = " or ".join(repr(name) for name in fitting)
        raise InvalidValue(f"kind={kind!r}: the function has {count}, which is drawn as {names}.")
    return kind


def checked(show: Sequence[str]) -> tuple[str, ...]:
    """Return what is to be shown at the current points."""
    names = tuple(show) if isinstance(show, Iterable) and not isinstance(show, str) else (show,)
    for name in names:
        if name not in SHOWN:
            raise InvalidValue(f"show={name!r}: no such thing can be shown.{did_you_mean(str(name), SHOWN)}")
    return names
