"""One PNG or JPEG file as an array of pixels."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from fallline.core.errors import DataError
from fallline.data import raw_array
from fallline.data.table import Array

if TYPE_CHECKING:
    from PIL import Image

_FORMATS = ("PNG", "JPEG")
_GREY = ("1", "L", "LA")


def decode(path: Path, size: tuple[int, int] | None = None) -> Array | DataError:
    """Return a file's pixels, (H, W) grey or (H, W, 3) colour, uint8; or the error, where it holds no image.

    Args:
        path: the file; whether it is PNG or JPEG is told by its content.
        size: (height, width) to scale to, linearly, averaging where it shrinks.

    Raises:
        DataError: for a file that cannot be opened: a broken image is returned, a broken disk is not.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        file = path.open("rb")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror}.") from error
    with file:
        try:
            with Image.open(file, formats=_FORMATS) as image:
                unpacked = image.width * image.height * len(image.getbands())
                raw_array.refuse_ratio(str(path), unpacked, os.fstat(file.fileno()).st_size)
                return _pixels(image, size)
        except DataError as error:
            return error
        except Exception as error:  # what a decoder meets in a damaged file may come out as any error
            reason = "it is neither PNG nor JPEG" if isinstance(error, UnidentifiedImageError) else error
            return DataError(f"{path} cannot be read as an image: {str(reason).rstrip('.')}.")


def _pixels(image: Image.Image, size: tuple[int, int] | None) -> Array:
    from PIL import Image, ImageOps

    _refuse_16_bits(image)
    ImageOps.exif_transpose(image, in_place=True)
    plain = _opaque(image)
    if size is not None:
        height, width = size
        plain = plain.resize((width, height), Image.Resampling.BILINEAR)
    return np.asarray(plain)


def _opaque(image: Image.Image) -> Image.Image:
    """Return grey as grey, anything else as red, green and blue; transparent pixels are laid on white."""
    from PIL import Image

    mode = "L" if image.mode in _GREY else "RGB"
    if not image.has_transparency_data:
        return image.convert(mode)
    white = Image.new("RGBA", image.size, "white")
    return Image.alpha_composite(white, image.convert("RGBA")).convert(mode)


def _refuse_16_bits(image: Image.Image) -> None:
    """Refuse what the decoder would cut to 8 bits, or to black where a camera uses few of the 16."""
    if any("16" in str(tile.args) for tile in getattr(image, "tile", ())):
        raise ValueError("it has 16 bits a channel, and pixels are kept in 8; convert it first")
