"""Frames as one file that moves: GIF, WebP, MP4."""

from __future__ import annotations

import io
import tempfile
import warnings
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from fallline.core.errors import RunError
from fallline.figures.figure import MOVING
from fallline.figures.style import LIGHT

_COLOURS = 255
"""Colours of a GIF: its table has room for so many, and one that is clear."""

_ALIKE = 8
"""The greatest difference of red, green or blue at which Pillow may take one colour for another."""

_RATE = 25
"""Frames a second of an MP4."""


class Frame(NamedTuple):
    """A picture and how long it stays, in milliseconds."""

    picture: Image.Image
    stays: int


def gif(frames: Sequence[Frame]) -> bytes:
    """Return a GIF in one table of colours: ours, and those that the last frame has most of."""
    table = Image.new("P", (1, 1))
    table.putpalette(_table(frames[-1].picture).tobytes())
    return _encoded("GIF", frames, [f.picture.quantize(palette=table, dither=Image.Dither.NONE) for f in frames])


def _table(picture: Image.Image) -> np.ndarray:
    """Return colours, shape (k, 3): those of our style exactly, for the few pixels of a way count for little.

    What is hardly different from one of ours is left out: Pillow would take it instead.
    """
    ours = np.array([list(bytes.fromhex(colour[1:])) for colour in dict.fromkeys(LIGHT.values())])
    most = picture.quantize(_COLOURS - len(ours), dither=Image.Dither.NONE).getpalette() or []
    others = np.array(most).reshape(-1, 3)
    apart = np.abs(others[:, None] - ours).max(axis=2).min(axis=1) > _ALIKE
    return np.concatenate([ours, others[apart]]).astype(np.uint8)


def webp(frames: Sequence[Frame]) -> bytes:
    """Return a WebP."""
    return _encoded("WEBP", frames, [frame.picture for frame in frames], quality=80, method=2)


def mp4(frames: Sequence[Frame]) -> bytes:
    """Return an MP4, each picture in as many of its frames as it stays for.

    Raises:
        RunError: when the package that makes it is not installed.
    """
    try:
        import imageio_ffmpeg
    except ImportError as error:
        raise RunError(
            "MP4 needs a package that is not installed: pip install 'fallline[mp4]'. GIF and WebP need none."
        ) from error
    # The format knows even sizes only.
    width, height = (length - length % 2 for length in frames[0].picture.size)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "frames.mp4"
        video = imageio_ffmpeg.write_frames(str(file), (width, height), fps=_RATE, macro_block_size=2)
        with warnings.catch_warnings():
            # JAX warns of forks; this one becomes another program at once.
            warnings.filterwarnings("ignore", r"os\.fork", RuntimeWarning)
            video.send(None)
        shown, time = 0, 0
        for frame in frames:
            time += frame.stays
            picture = frame.picture.crop((0, 0, width, height)).tobytes()
            while shown < round(time * _RATE / 1000):
                video.send(picture)
                shown += 1
        video.close()
        return file.read_bytes()


FORMATS: Mapping[str, Callable[[Sequence[Frame]], bytes]] = dict(zip(MOVING, (gif, webp, mp4), strict=True))
"""By the ending of a file's name."""


def _encoded(name: str, frames: Sequence[Frame], pictures: Sequence[Image.Image], **options: int) -> bytes:
    """Return a file that starts over and over again."""
    file = io.BytesIO()
    stays = [frame.stays for frame in frames]
    pictures[0].save(file, name, save_all=True, append_images=list(pictures[1:]), duration=stays, loop=0, **options)
    return file.getvalue()
