"""What stays while the steps go by, and what moves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from fallline.core.errors import InvalidValue
from fallline.figures import style


@dataclass(frozen=True)
class Stage:
    """A picture at every step.

    Args:
        width: of the picture, in pixels.
        height: of the picture, in pixels.
        steps: how many there are.
        title: what the picture is called.
        words: what it shows, for those who do not see it, at a step.
        below: SVG of the axes, the ground, the legend and the notes.
        above: SVG of the ways as far as a step, and of what is shown at their ends.
    """

    width: int
    height: int
    steps: int
    title: str
    words: Callable[[int], str]
    below: str
    above: Callable[[int], str]

    def page(self, step: int | None = None) -> str:
        """Return the whole SVG at a step, the last by default.

        Raises:
            InvalidValue: for a step that there is not.
        """
        step = self.steps if step is None else step
        if not 0 <= step <= self.steps:
            raise InvalidValue(f"step={step}: the longest way has {self.steps} steps; give a step from 0 to that.")
        return style.page(self.width, self.height, self.title, self.words(step), self.below, self.above(step))

    @property
    def backdrop(self) -> str:
        """The SVG of what stays."""
        return style.page(self.width, self.height, self.title, "", self.below)

    def overlay(self, step: int) -> str:
        """Return the SVG of what moves, to be laid over the backdrop."""
        return style.sheet(self.width, self.height, self.above(step))
