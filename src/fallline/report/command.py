"""The command that repeats a run."""

from __future__ import annotations

import dataclasses
import shlex
from collections.abc import Mapping
from typing import Any

from fallline.core.grammar import parse
from fallline.core.spec import Spec

_RENAMED = {"batch_size": "batch"}
_WITHOUT_OPTION = ("micro_batch",)
_DEFAULTS = {field.name: field.default for field in dataclasses.fields(Spec) if field.name not in ("method", "problem")}


def command(spec: Spec) -> str | None:
    r"""Return the command line that asks for the same run, one option a line; `None` where none can.

    What it was trained on is written out, defaults too, so that it means the same when defaults have changed.

    Example:
        >>> print(command(Spec("sgd(lr=0.1)", {"data": "my data.csv", "model": "linear"}, epochs=3)))
        fallline train 'my data.csv' \
          --model linear \
          --method 'sgd(lr=0.1)' \
          --epochs 3
    """
    found = arguments(spec)
    if found is None:
        return None
    source, options = found
    lines = [f"fallline train {shlex.quote(source)}", *(option(name, value) for name, value in options.items())]
    return " \\\n  ".join(lines)


def arguments(spec: Spec) -> tuple[str, dict[str, Any]] | None:
    """Return the DATA and the options, by the library's names, that ask for the same run; `None` where none can."""
    source = spec.problem.get("data") or spec.problem.get("file")
    chosen = {name: getattr(spec, name) for name, default in _DEFAULTS.items() if getattr(spec, name) != default}
    classes = spec.problem.get("class_weight")
    inseparable = isinstance(classes, Mapping) and any("," in label for label in classes)
    if not isinstance(source, str) or inseparable or chosen.keys() & set(_WITHOUT_OPTION):
        return None
    ready = {name: value for name, value in spec.problem.items() if name not in ("data", "file") and value is not None}
    folder, images = _images(source)
    return folder, {**images, **ready, "method": spec.method, **chosen}


def option(name: str, value: Any) -> str:
    """Return a choice as an option of a command."""
    name = _RENAMED.get(name, name).replace("_", "-")
    if isinstance(value, bool):
        return f"--{name}" if value else f"--no-{name}"
    return f"--{name} {shlex.quote(_words(value))}"


def _images(source: str) -> tuple[str, dict[str, Any]]:
    """Return a source as DATA and the options about its images.

    >>> _images("images('photos', size=(32, 48), broken='skip')")
    ('photos', {'image_size': '32x48', 'broken_images': 'skip'})
    """
    if not source.startswith("images("):
        return source, {}
    call = parse(source)
    height_width = {"image_size": "x".join(map(str, call.kwargs["size"]))} if "size" in call.kwargs else {}
    return call.args[0], height_width | ({"broken_images": call.kwargs["broken"]} if "broken" in call.kwargs else {})


def _words(value: Any) -> str:
    if isinstance(value, Mapping):
        return ",".join(f"{name}={number}" for name, number in value.items())
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
