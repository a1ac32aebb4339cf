"""The command that repeats a run."""

from __future__ import annotations

import dataclasses
import shlex
from typing import Any

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
    source = spec.problem.get("data") or spec.problem.get("file")
    chosen = {name: getattr(spec, name) for name, default in _DEFAULTS.items() if getattr(spec, name) != default}
    if not isinstance(source, str) or chosen.keys() & set(_WITHOUT_OPTION):
        return None
    ready = {name: value for name, value in spec.problem.items() if name not in ("data", "file") and value is not None}
    options = {**ready, "method": spec.method, **chosen}
    lines = [f"fallline train {shlex.quote(source)}"]
    lines += [f"--{_RENAMED.get(n, n).replace('_', '-')} {shlex.quote(_words(value))}" for n, value in options.items()]
    return " \\\n  ".join(lines)


def _words(value: Any) -> str:
    return ",".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
