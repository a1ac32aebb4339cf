"""Animations of a scene: the ways as they grow."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from os import PathLike
from pathlib import Path

import numpy as np
from PIL import Image

from fallline.core.errors import InvalidValue
from fallline.figures.film import FORMATS, Frame
from fallline.figures.png import pixels, png
from fallline.figures.scene import Scene
from fallline.figures.view import panels
from fallline.figures.view.draw import stage
from fallline.figures.view.stage import Stage
from fallline.record.atomic import write_bytes

FPS = 15.0
"""Frames a second: as many as a file of a few megabytes holds."""

SCALE = 1.0
"""Pixels of a frame for each of the figure: sharp enough to read, and small enough to send."""

_PAUSE = 0.2
"""The share of the time for which the last frame stays."""

_THINNING = 1.6
"""By this power of time the steps grow: the first are seen one by one, the last, which differ little, in leaps."""


def save(
    path: str | PathLike[str],
    scene: Scene | Sequence[Scene],
    kind: str | None = None,
    show: Sequence[str] = (),
    seconds: float = 8.0,
    fps: float = FPS,
) -> Path:
    """Write an animation that starts again after a pause at its end.

    Args:
        path: a file that ends in `.gif`, `.webp` or `.mp4`.
        scene: the ground and the ways; of several, their pictures go side by side.
        kind: as for `draw`.
        show: as for `draw`.
        seconds: how long it takes, the pause of a fifth of it included, above 0.
        fps: frames a second at most, above 0 and at most 50; where the ways have more steps than that makes frames,
            steps are left out, the fewest at the start.

    Raises:
        InvalidValue: for another ending, a time or a rate outside its range, and what `draw` refuses.
        RunError: when the file cannot be written, a machine without fonts, or MP4 without the package that makes it.
    """
    path = Path(path)
    encode = FORMATS.get(path.suffix.lower())
    if encode is None:
        known = ", ".join(FORMATS)
        raise InvalidValue(f"{path}: animations are written as {known}; choose a name that ends so.")
    if not 0 < seconds <= 600:
        raise InvalidValue(f"seconds={seconds}: an animation takes above 0 and at most 600 seconds.")
    if not 0 < fps <= 50:
        raise InvalidValue(f"fps={fps}: give above 0 and at most 50 frames a second.")
    drawn = stage(scene, kind, show) if isinstance(scene, Scene) else panels.stage(scene, kind, show)
    write_bytes(path, encode(list(frames(drawn, seconds, fps))))
    return path


def frames(drawn: Stage, seconds: float, fps: float = FPS) -> Iterator[Frame]:
    """Yield the frames, the first at step 0, the last at the last step: what stays is drawn once, under all of them."""
    backdrop = _picture(png(drawn.backdrop, SCALE))
    shown = moments(drawn.steps, max(round(seconds * (1 - _PAUSE) * fps), 1))
    for step, stays in zip(shown, _stays(len(shown), round(1000 * seconds)), strict=True):
        yield Frame(Image.alpha_composite(backdrop, _picture(pixels(drawn.overlay(step), SCALE))).convert("RGB"), stays)


def moments(steps: int, most: int) -> list[int]:
    """Return the steps that are shown, ascending from 0 to the last: all of them, or `most` and one at the start.

    >>> moments(3, 10), moments(1000, 6)
    ([0, 1, 2, 3], [0, 57, 172, 330, 523, 747, 1000])
    """
    if steps <= most:
        return list(range(steps + 1))
    wanted = steps * np.linspace(0, 1, most + 1) ** _THINNING
    # No step twice: the first frames show the first steps one by one.
    return [int(step) for step in np.maximum(np.round(wanted), np.arange(most + 1))]


def _stays(count: int, milliseconds: int) -> list[int]:
    """Return how long each of some frames stays; hundredths of a second, for GIF knows no shorter time."""
    pause = milliseconds * _PAUSE if count > 1 else milliseconds
    ends = np.append(np.linspace(0, milliseconds - pause, count), milliseconds)
    return [max(10 * int(hundredths), 10) for hundredths in np.diff(np.round(ends / 10))]


def _picture(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("RGBA")
