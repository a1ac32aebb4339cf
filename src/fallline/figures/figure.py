"""A picture as notebooks and files want it."""

from __future__ import annotations

from dataclasses import dataclass
from os import PathLike
from pathlib import Path

from fallline.core.errors import InvalidValue
from fallline.figures.png import png
from fallline.record.atomic import write_bytes

STILL = (".svg", ".png")
MOVING = (".gif", ".webp", ".mp4")
"""How the names of files end that pictures are written to: those that stand, and those that move."""


@dataclass(frozen=True, repr=False)
class Figure:
    """An SVG that notebooks show, and `save` writes as it is or as PNG.

    Args:
        svg: the whole picture.
    """

    svg: str

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the picture to `path`, which ends in `.svg` or `.png`.

        Raises:
            InvalidValue: for another ending.
            RunError: when the file cannot be written, or a PNG on a machine without fonts.
        """
        path = Path(path)
        if path.suffix.lower() not in STILL:
            raise InvalidValue(f"{path}: figures are written as SVG or PNG; choose a name that ends in .svg or .png.")
        write_bytes(path, self.svg.encode() if path.suffix.lower() == ".svg" else png(self.svg))
        return path

    def _repr_svg_(self) -> str:
        return self.svg

    def __repr__(self) -> str:
        return f"<Figure, {len(self.svg):,} characters of SVG>"
