"""Checkpoints of a single run: everything the next step needs, and everything measured so far."""

from __future__ import annotations

import time
from pathlib import Path

import jax
import numpy as np

from fallline.core.errors import RunError
from fallline.core.spec import Spec
from fallline.engine.log import Log
from fallline.engine.named import named, unnamed
from fallline.engine.step import State
from fallline.record import checkpoint

_STATE, _STEPS, _VALIDATIONS = "state/", "steps/", "validations/"


class Keeper:
    """Writes a checkpoint when one is due; a run without a folder keeps none.

    Args:
        folder: the run's folder.
        spec: says how often.
        log: what the run measures.
        step: where the run starts.
    """

    def __init__(self, folder: Path | None, spec: Spec, log: Log, step: int) -> None:
        self.folder, self.spec, self.log = folder, spec, log
        self.last_step, self.last_time = step, time.monotonic()

    def __call__(self, state: State, seconds: float) -> None:
        """Save if a checkpoint is due."""
        if self.folder is None:
            return
        every = self.spec.checkpoint_steps
        if every is not None:
            due = int(state.step) // every > self.last_step // every
        else:
            due = time.monotonic() - self.last_time >= self.spec.checkpoint_seconds
        if due:
            self.save(state, seconds)

    def save(self, state: State, seconds: float) -> None:
        """Write the state and the log."""
        if self.folder is None:
            return
        arrays = {_STATE + name: array for name, array in named(state, "/").items()}
        arrays |= {_STEPS + name: column for name, column in self.log.steps().items()}
        arrays |= {_VALIDATIONS + name: column for name, column in self.log.validations().items()}
        self.last_step, self.last_time = int(state.step), time.monotonic()
        checkpoint.save(self.folder, self.last_step, arrays, {"seconds": seconds})


def restore(folder: Path, start: State) -> tuple[State, Log, float]:
    """Return the state, log and clock of the newest good checkpoint, or the start's where there is none."""
    found = checkpoint.latest(folder)
    if found is None:
        return start, Log(), 0.0
    arrays, meta = found

    def under(prefix: str) -> dict[str, np.ndarray]:
        return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}

    state = unnamed(start, under(_STATE), "/")
    log = Log(under(_STEPS), under(_VALIDATIONS))
    if log.length != int(state.step):
        raise RunError(f"{folder}: the checkpoint's history has {log.length} steps, its state {int(state.step)}.")
    return jax.device_put(state), log, float(meta["seconds"])
