"""Checkpoints of a single run: everything the next step needs, and everything measured so far."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from fallline.core.errors import RunError
from fallline.core.spec import Spec
from fallline.engine.log import Log
from fallline.engine.mark import Mark, Reported
from fallline.engine.named import named, unnamed
from fallline.record import checkpoint

_METHOD, _STATE, _BEST, _STEPS, _VALIDATIONS = "method/", "state/", "best/", "steps/", "validations/"


class Saved(NamedTuple):
    """Everything that a run goes on from.

    `at` is where it stands, `best` what the best epoch so far answers with, where that is kept, `log` what has been
    measured, and `seconds` what the clock shows.
    """

    at: Mark
    best: Reported | None
    log: Log
    seconds: float


class Keeper:
    """Writes a checkpoint when one is due; a run without a folder keeps none.

    Args:
        folder: the run's folder.
        spec: says how often.
        step: where the run starts.
    """

    def __init__(self, folder: Path | None, spec: Spec, step: int) -> None:
        self.folder, self.spec = folder, spec
        self.last_step, self.last_time = step, time.monotonic()

    def __call__(self, saved: Saved) -> None:
        """Save if a checkpoint is due."""
        every = self.spec.checkpoint_steps
        if every is not None:
            due = saved.at.step // every > self.last_step // every
        else:
            due = time.monotonic() - self.last_time >= self.spec.checkpoint_seconds
        if due:
            self.save(saved)

    def save(self, saved: Saved) -> None:
        """Write where the run stands."""
        if self.folder is None:
            return
        arrays = _under(_METHOD, named(saved.at.method, "/")) | _under(_STATE, named(saved.at.state, "/"))
        if saved.best is not None:
            arrays |= _under(_BEST, named(saved.best, "/"))
        arrays |= _under(_STEPS, saved.log.steps()) | _under(_VALIDATIONS, saved.log.validations())
        self.last_step, self.last_time = saved.at.step, time.monotonic()
        checkpoint.save(self.folder, self.last_step, arrays, {"seconds": saved.seconds})


def restore(folder: Path, start: Mark) -> Saved:
    """Return where the newest good checkpoint stands, or the start where there is none."""
    found = checkpoint.latest(folder)
    if found is None:
        return Saved(start, None, Log(), 0.0)
    arrays, meta = found
    state = unnamed(start.state, _from(_STATE, arrays), "/")
    method = unnamed(start.method, _from(_METHOD, arrays), "/")
    best = _from(_BEST, arrays)
    log = Log(_from(_STEPS, arrays), _from(_VALIDATIONS, arrays))
    if log.length != int(state.step):
        raise RunError(f"{folder}: the checkpoint's history has {log.length} steps, its state {int(state.step)}.")
    kept = unnamed(Reported(start.state.params, start.state.model), best, "/") if best else None
    return Saved(jax.device_put(Mark(method, state)), jax.device_put(kept), log, float(meta["seconds"]))


def _under(prefix: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {prefix + name: array for name, array in arrays.items()}


def _from(prefix: str, arrays: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
