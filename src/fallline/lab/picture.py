"""The contract of a picture that people learn from: what is drawn, and what one sees in it."""

from __future__ import annotations

from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from fallline.core.errors import InvalidValue
from fallline.core.node import Node, option
from fallline.figures.figure import MOVING, STILL, Figure

if TYPE_CHECKING:
    from fallline.figures.scene import Scene


def shown(value: float) -> str:
    """Return a number as a sentence has it: three digits.

    >>> shown(-0.41667), shown(12226.0), shown(5.2e-5), shown(-0.0)
    ('−0.417', '12,226', '5.2e−05', '0')
    """
    value = float(value) + 0.0  # of −0, 0
    return (f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}").replace("-", "−")


class Picture(Node):
    """A picture that shows one thing about descent, drawn from numbers that are computed for it.

    A file in `lab/pictures` holds one class: fields for what may be changed, `figure` and `words`, both made from the
    same numbers.
    """

    STEPS: ClassVar[bool] = False

    ENDINGS: ClassVar[tuple[str, ...]] = STILL
    """The endings of the files that it can be written to."""

    def figure(self) -> str:
        """Return the picture as SVG."""
        raise NotImplementedError(f"{type(self).__name__} must define figure()")

    def words(self) -> Sequence[str]:
        """Return what one sees, in sentences, with the picture's own numbers."""
        raise NotImplementedError(f"{type(self).__name__} must define words()")

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the picture to `path`: SVG or PNG; where it moves, also a page to play it in (HTML), GIF, WebP or MP4.

        Raises:
            InvalidValue: for another ending, or one of a moving picture where nothing moves.
            RunError: when the file cannot be written.
        """
        return self.plot().save(self.checked(path))

    @classmethod
    def checked(cls, path: str | PathLike[str]) -> Path:
        """Return a file's name, if it ends as one that the picture can be written to."""
        path = Path(path)
        if path.suffix.lower() not in cls.ENDINGS:
            still = " Nothing moves in it." * (path.suffix.lower() in MovingPicture.ENDINGS)
            raise InvalidValue(
                f"{path}: the picture {cls.name()} is written as {', '.join(cls.ENDINGS)}; choose a name that ends so."
                f"{still}"
            )
        return path

    def check_counts(self, **limits: tuple[int, int]) -> None:
        """Raise `InvalidValue` unless each field named lies between its two limits."""
        for field, (least, most) in limits.items():
            value = getattr(self, field)
            if not least <= value <= most:
                raise InvalidValue(f"{self.name()}({field}={value}): {field} must be from {least:,} to {most:,}.")

    def plot(self) -> Figure:
        """Return the picture as notebooks show it."""
        return Figure(self.figure())

    def _repr_svg_(self) -> str:
        return self.figure()


class MovingPicture(Picture):
    """A picture of ways over a ground, which can be played."""

    ENDINGS: ClassVar[tuple[str, ...]] = (*STILL, ".html", *MOVING)

    steps: int = option(100, help="steps of each way")

    def __post_init__(self) -> None:
        from fallline.lab.scene import MOST_STEPS

        super().__post_init__()
        self.check_counts(steps=(1, MOST_STEPS))

    @property
    def scene(self) -> Scene:
        """All the ways over the one ground, as the page plays them."""
        raise NotImplementedError(f"{type(self).__name__} must define scene")

    def panels(self) -> Sequence[Scene]:
        """Return what stands side by side in the picture: by default the one scene."""
        return (self.scene,)

    def figure(self) -> str:
        from fallline.figures.view import panels

        return panels.draw(self.panels())

    def save(self, path: str | PathLike[str]) -> Path:
        path = self.checked(path)
        if path.suffix.lower() in STILL:
            return super().save(path)
        if path.suffix.lower() == ".html":
            from fallline.record.atomic import write_bytes
            from fallline.report.view_page import view_page

            write_bytes(path, view_page(self.scene).encode())
            return path
        from fallline.figures import animation

        return animation.save(path, self.panels())
