"""The command that repeats a race."""

from __future__ import annotations

import dataclasses
import shlex

from fallline.core.race_spec import RaceSpec
from fallline.report.command import arguments, option

_RENAMED = {"target": "target_value"}  # --target is a column of the data
_DEFAULTS = {field.name: field.default for field in dataclasses.fields(RaceSpec)}


def race_command(spec: RaceSpec) -> str | None:
    r"""Return the command line that asks for the same race, one option a line; `None` where none can.

    Example:
        >>> from fallline.core.spec import Spec
        >>> print(race_command(RaceSpec(("sgd", "adam"), lr=(0.01, 0.1), run=Spec("", {"data": "digits"}, epochs=5))))
        fallline compare digits \
          --methods 'sgd, adam' \
          --lr 0.01,0.1 \
          --epochs 5
    """
    found = arguments(dataclasses.replace(spec.run, method="sgd"))
    if found is None:
        return None
    source, of_runs = found
    own = {
        name: getattr(spec, name)
        for name, default in _DEFAULTS.items()
        if name not in ("methods", "axes", "run", "extend") and getattr(spec, name) != default
    }
    axes = [f"--vary {shlex.quote(f'{name}={_words(values)}')}" for name, values in spec.axes.items()]
    lines = [f"fallline compare {shlex.quote(source)}"]
    if spec.methods:
        lines.append(f"--methods {shlex.quote(', '.join(spec.methods))}")
    lines += [option(_RENAMED.get(name, name), value) for name, value in own.items()]
    if spec.extend != (spec.lr == "auto" and spec.elimination == "none" and not spec.trials and not spec.budget):
        lines.append("--extend" if spec.extend else "--no-extend")
    lines += [*axes, *(option(name, value) for name, value in of_runs.items() if name != "method")]
    return " \\\n  ".join(lines)


def _words(values: object) -> str:
    return values if isinstance(values, str) else ",".join(map(str, values))  # type: ignore[call-overload]
