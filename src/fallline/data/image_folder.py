"""A folder of PNG and JPEG images, one folder a class."""

from __future__ import annotations

import inspect
import math
import os
import re
import warnings
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np

from fallline.core.errors import DataError, InvalidType, InvalidValue
from fallline.core.grammar import parse
from fallline.data import raw_array
from fallline.data.arrays import as_column
from fallline.data.file import absolute, has_suffix, is_call, is_folder
from fallline.data.idx_file import pairs
from fallline.data.picture import decode
from fallline.data.source import Source
from fallline.data.table import Array, Column, Table

Broken = Literal["error", "skip"]

_SUFFIXES = (".png", ".jpg", ".jpeg")
_PARTS = {
    "training": re.compile(r"train(ing)?", re.IGNORECASE),
    "test": re.compile(r"test(ing)?", re.IGNORECASE),
    "validation": re.compile(r"val(id(ation)?)?", re.IGNORECASE),
}
_GROUP = 64
"""Images that are handed to the threads at once: so many may wait, decoded, for one before them."""
_NAMED = 5
"""Files that a warning names."""


def images(folder: str | os.PathLike[str], size: tuple[int, int] | None = None, broken: Broken = "error") -> Table:
    """Read the PNG and JPEG images of a folder whose folders are the classes.

    Grey images stay (N, H, W); with colour among them all are (N, H, W, 3), red, green, blue. Palettes and CMYK become
    colour, transparent pixels are laid on white, the camera's orientation is applied. Images of 16 bits a channel are
    refused.

    Args:
        folder: holds one folder of images a class; or folders called train and test (or val), which hold the classes;
            or images alone, for prediction.
        size: (height, width) in pixels, to which every image is scaled, not keeping its proportions; if not given, all
            images must have one size.
        broken: what to do about an image that cannot be read: `"error"`, or `"skip"` it and warn.

    Returns:
        A table of the columns "image", uint8, and "label", the names of the folders, with its own test part where the
        folder has one. Classes and images are in the order of their names.

    Raises:
        DataError: for images that cannot be read, differ in size, or take too much memory together.
        InvalidValue: for a size or a choice that there is not.

    Example:
        >>> import pathlib, tempfile
        >>> from PIL import Image
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> for name, level in {"day": 255, "night": 0}.items():
        ...     (folder / name).mkdir()
        ...     Image.new("L", (8, 6), level).save(folder / name / "1.png")
        >>> images(folder).columns["image"].shape, images(folder, size=(4, 4)).columns["image"].shape
        ((2, 6, 8), (2, 4, 4))
    """
    _check(folder, size, broken)
    root = absolute(folder)
    if not root.is_dir():
        raise DataError(f"{root} is no folder of images; images are read from a folder whose folders are the classes.")
    train, test = _parts(root)
    if not train:
        raise DataError(f"{root} holds no PNG or JPEG images.")
    if size:
        _refuse_size(root, len(train) + len(test), size)
    _warn_of_others(root, [*train, *test])
    stack, kept = _stack(root, [*train, *test], size, broken)
    trained = [path for path in train if path in kept]
    tested = [path for path in test if path in kept]
    for part, paths in (("training", trained), ("test", tested)):
        if not paths and (part == "training" or test):
            raise DataError(f"{root}: every image of the {part} part is broken.")
    labelled = train[0].parent != root
    test_table = _table(root.name, stack[len(trained) :], tested, labelled) if tested else None
    return _table(root.name, stack[: len(trained)], trained, labelled, test_table, _call(root, size, broken))


def _table(
    name: str, stack: Array, paths: Sequence[Path], labelled: bool, test: Table | None = None, source: str | None = None
) -> Table:
    columns: dict[str, Column] = {"image": stack}
    if labelled:
        columns["label"] = as_column("label", [path.parent.name for path in paths])
    return Table(name, columns, "label" if labelled else None, test, source)


def _check(folder: object, size: object, broken: object) -> None:
    if not isinstance(folder, str | os.PathLike):
        raise InvalidType(f"images({folder!r}): a folder is given by its path, not as {type(folder).__name__}.")
    if broken not in Broken.__args__:  # type: ignore[attr-defined]  # a Literal has its choices there
        raise InvalidValue(f"broken={broken!r}: broken must be 'error' or 'skip'.")
    if size is not None and not (
        isinstance(size, tuple) and len(size) == 2 and all(type(side) is int and side > 0 for side in size)
    ):
        raise InvalidValue(f"size={size!r}: a size is a height and a width in pixels, as in size=(32, 32).")


def _call(root: Path, size: tuple[int, int] | None, broken: Broken) -> str:
    """Return what `load` reads the same way again: the path, or a call with the choices that were made."""
    choices = {"size": size} if size else {}
    chosen: dict[str, Any] = {**choices, **({"broken": broken} if broken != "error" else {})}
    if not chosen:
        return str(root)
    return f"images({str(root)!r}, {', '.join(f'{name}={value!r}' for name, value in chosen.items())})"


def _parts(root: Path) -> tuple[list[Path], list[Path]]:
    """Return the files for training and for testing; the second are none where the folder is not divided."""
    folders = _folders(root)
    found = {part: [f for f in folders if name.fullmatch(f.name)] for part, name in _PARTS.items()}
    divided = bool(found["training"] and _folders(found["training"][0]))
    if not divided:
        return (_classes(root) if folders else _files(root)), []
    (train, *twice), tests = found["training"], [*found["test"], *found["validation"]]
    others = [f for f in folders if f != train and f not in tests]
    if twice or len(tests) > 1 or others:
        names = ", ".join(f.name for f in folders)
        raise DataError(
            f"{root} holds the folders {names}. Beside train it may hold test or val, one of them, and nothing else; "
            f"the validation part is drawn from the training part. Put the images of the two into one, or give the "
            f"parts as fl.Problem(data=fl.Data(train=, validation=, test=))."
        )
    return _classes(train), [path for test in tests for path in _classes(test)]


def _classes(folder: Path) -> list[Path]:
    """Return the files of all class folders, those of one class together."""
    loose = _files(folder)
    if loose:
        raise DataError(f"{loose[0]} lies beside the class folders; each image lies in the folder of its class.")
    found: list[Path] = []
    for inner in _folders(folder):
        deeper = next((path for deep in _folders(inner) for path in _files(deep)), None)
        if deeper:
            raise DataError(
                f"{deeper} lies too deep: the folders of {folder} are the classes and hold their images themselves. "
                f"Give the folder whose folders are the classes."
            )
        found += _files(inner)
    if not found:
        raise DataError(f"{folder} holds no class folders with PNG or JPEG images.")
    return found


def _stack(root: Path, paths: Sequence[Path], size: tuple[int, int] | None, broken: Broken) -> tuple[Array, set[Path]]:
    """Decode the images into one array, and return it with the paths of those that could be."""
    stack: Array | None = None
    kept: list[Path] = []
    errors: list[DataError] = []
    with _large_refused(), ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, pixels in _decoded(pool, paths, size):
            if isinstance(pixels, DataError):
                if broken == "error":
                    raise DataError(f"{pixels} Repair or remove it, or pass broken='skip' to leave such images out.")
                errors.append(pixels)
                continue
            if stack is None:
                stack = _room(root, len(paths), pixels.shape)
            elif stack.shape[1:3] != pixels.shape[:2]:
                raise _sizes_differ(path, pixels.shape, kept[0], stack.shape[1:])
            if stack.ndim < pixels.ndim + 1:  # the first image in colour
                grey, stack = stack, _room(root, len(paths), pixels.shape)
                stack[: len(kept)] = grey[: len(kept), :, :, None]
            stack[len(kept)] = pixels if stack.ndim == pixels.ndim + 1 else pixels[:, :, None]
            kept.append(path)
    if stack is None:
        raise DataError(f"{root}: none of its {len(paths):,} images can be read. {errors[0]}")
    if errors:
        _warn(f"{root}: {len(errors):,} of {len(paths):,} images are left out.", [str(error) for error in errors])
    return stack[: len(kept)], set(kept)


def _warn_of_others(root: Path, paths: Sequence[Path]) -> None:
    """Say which files lie among the images and are none by their names."""
    known = set(paths)
    folders = dict.fromkeys(path.parent for path in paths)
    others = [path for folder in folders for path in _entries(folder) if path not in known and path.is_file()]
    if others:
        _warn(
            f"{root}: files that are not called {', '.join(_SUFFIXES)} are left out.", [f"{path}." for path in others]
        )


def _warn(what: str, each: Sequence[str]) -> None:
    more = [f"And {len(each) - _NAMED:,} more."] if len(each) > _NAMED else []
    warnings.warn(" ".join([what, *each[:_NAMED], *more]), RuntimeWarning, stacklevel=4)


@contextmanager
def _large_refused() -> Iterator[None]:
    """Make an error of what Pillow only warns about: an image of 90 million pixels and more."""
    from PIL.Image import DecompressionBombWarning

    with warnings.catch_warnings():
        warnings.simplefilter("error", DecompressionBombWarning)
        yield


def _decoded(
    pool: ThreadPoolExecutor, paths: Sequence[Path], size: tuple[int, int] | None
) -> Iterator[tuple[Path, Array | DataError]]:
    """Yield each image, or why it has none, in order; the decoders let go of Python's lock and use every core."""
    for start in range(0, len(paths), _GROUP):
        group = paths[start : start + _GROUP]
        yield from zip(group, pool.map(lambda path: decode(path, size), group), strict=True)


def _room(root: Path, count: int, shape: tuple[int, ...]) -> Array:
    _refuse_size(root, count, shape)
    return np.empty((count, *shape), np.uint8)


def _refuse_size(root: Path, count: int, shape: tuple[int, ...]) -> None:
    needed = count * math.prod(shape)
    if needed > raw_array.LARGEST:
        raise DataError(
            f"{root}: {count:,} images of {_shown(shape)} pixels take {needed:,} bytes, and at most "
            f"{raw_array.LARGEST:,} are held. Pass a smaller size=, as in size=(64, 64), or give fewer images."
        )


def _sizes_differ(path: Path, shape: tuple[int, ...], first: Path, usual: tuple[int, ...]) -> DataError:
    return DataError(
        f"{path} has {_shown(shape)} pixels, and {first} has {_shown(usual)}; all images have one size. Pass "
        f"size=({usual[0]}, {usual[1]}), a height and a width, to scale every image to it."
    )


def _shown(shape: tuple[int, ...]) -> str:
    return f"{shape[0]:,} × {shape[1]:,}"


def _files(folder: Path) -> list[Path]:
    return [path for path in _entries(folder) if has_suffix(path, _SUFFIXES) and not path.is_dir()]


def _folders(folder: Path) -> list[Path]:
    """Return the folders in a folder, without those that an operating system or an archiver leaves behind."""
    return [path for path in _entries(folder) if path.is_dir() and path.name != "__MACOSX"]


def _entries(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if not path.name.startswith("."))
    except OSError as error:
        raise DataError(f"{folder} cannot be read: {error.strerror}.") from error


def _holds_images(folder: Path) -> bool:
    inner = _folders(folder)
    return any(_files(each) for each in (folder, *inner)) or any(_files(deep) for f in inner for deep in _folders(f))


def _accepts(source: Any) -> bool:
    if is_folder(source):
        return not pairs(absolute(source)) and _holds_images(absolute(source))
    return is_call(source) and source.startswith("images(")


def _read(source: Any) -> Table:
    if is_folder(source):
        return images(source)
    call = parse(source)
    try:
        asked = inspect.signature(images).bind(*call.args, **call.kwargs)
    except TypeError as error:
        raise InvalidValue(f"{source}: {error}; write images(FOLDER, size=(32, 32), broken='skip').") from None
    return images(*asked.args, **asked.kwargs)


SOURCE = Source("a folder of images (PNG, JPEG), by class folders", _accepts, _read)
