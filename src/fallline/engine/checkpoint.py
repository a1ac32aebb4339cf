"""Checkpoints of a single run: everything the next step needs, and everything measured so far."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import jax
import numpy as np

from fallline.core.errors import RunError
from fallline.core.spec import Spec
from fallline.engine.log import Log
from fallline.engine.mark import Mark, Reported
from fallline.engine.named import named, unnamed
from fallline.engine.world import world
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
    """Writes checkpoints in a thread of its own, one at a time; a run without a folder keeps none.

    JAX's arrays never change, and no step takes over their memory: the thread itself brings them home while the steps
    go on. What is wrong with a write is raised from here at the next call.

    Args:
        folder: the run's folder.
        spec: says how often, and how many stay.
        step: where the run starts.
        run: what identifies the run.
    """

    def __init__(self, folder: Path | None, spec: Spec, step: int, run: str | None = None) -> None:
        self.folder, self.spec, self.run, self.world = folder, spec, run, world()
        self.last_step, self.last_time = step, time.monotonic()
        self.kept = step
        """The step that the newest checkpoint stands at."""
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="fallline-checkpoint")
        self._writing: Future[int] | None = None

    def __call__(self, saved: Saved) -> None:
        """Begin a checkpoint if one is due."""
        due = self.due(saved)
        if self.world.decided(due) if self.spec.shard_params else due:
            self.begin(saved)

    def due(self, saved: Saved) -> bool:
        """Return whether it is time for a checkpoint; where seconds say so and the disk is slower, it comes later."""
        writing = self._writing is not None and not self._writing.done()
        if not writing:
            self.wait()
        if self.folder is None or saved.at.step <= self.last_step:
            return False
        every = self.spec.checkpoint_steps
        if every is not None:
            return saved.at.step // every > self.last_step // every
        return not writing and time.monotonic() - self.last_time >= self.spec.checkpoint_seconds

    def begin(self, saved: Saved) -> None:
        """Begin to write where the run stands, once what is being written is; the rest goes on meanwhile."""
        self.wait()
        saved = self.world.home(saved)
        if self.folder is None:
            return
        self.last_step, self.last_time = saved.at.step, time.monotonic()
        unchanging = saved._replace(log=saved.log.upto(self.last_step))
        self._writing = self._thread.submit(self._write, self.folder, self.last_step, unchanging)

    def save(self, saved: Saved) -> None:
        """Write where the run stands."""
        self.begin(saved)
        self.wait()

    def close(self) -> None:
        """Wait for what is being written, and write no more."""
        self._thread.shutdown()
        self.wait()

    def wait(self) -> None:
        """Wait for what is being written, and raise what is wrong with it, once."""
        writing, self._writing = self._writing, None
        if writing is not None:
            self.kept = writing.result()

    def _write(self, folder: Path, step: int, saved: Saved) -> int:
        meta = {"seconds": saved.seconds}
        checkpoint.save(folder, step, arrays_of(saved), meta, self.run, self.spec.keep_checkpoints)
        return step


def restore(folder: Path, start: Mark, run: str | None = None) -> Saved:
    """Return where the newest good checkpoint stands, or the start where there is none.

    Args:
        folder: the run's folder.
        start: where the run began, for its shapes.
        run: what identifies the run.

    Raises:
        RunError: for a checkpoint of another model, or of a newer format.
    """
    found = checkpoint.latest(folder, run)
    if found is None:
        return Saved(start, None, Log(), 0.0)
    arrays, meta = found
    try:
        seconds = meta.get("seconds")
        if not isinstance(seconds, int | float):
            raise RunError(f"the checkpoint's clock shows {seconds!r:.40}, which is no number of seconds.")
        return saved_from(arrays, float(seconds), start)
    except RunError as error:
        raise RunError(f"{folder}: {error}") from None


def arrays_of(saved: Saved) -> dict[str, np.ndarray[Any, Any]]:
    """Return everything but the clock as named arrays on the host."""
    arrays = _under(_METHOD, named(saved.at.method, "/")) | _under(_STATE, named(saved.at.state, "/"))
    if saved.best is not None:
        arrays |= _under(_BEST, named(saved.best, "/"))
    return arrays | _under(_STEPS, saved.log.steps()) | _under(_VALIDATIONS, saved.log.validations())


def saved_from(arrays: Mapping[str, np.ndarray[Any, Any]], seconds: float, start: Mark) -> Saved:
    """Return what `arrays_of` made arrays of, on the device.

    Args:
        arrays: by name.
        seconds: what the clock showed.
        start: where the run began, for its shapes.

    Raises:
        RunError: for the arrays of another model.
    """
    state = unnamed(start.state, _from(_STATE, arrays), "/")
    method = unnamed(start.method, _from(_METHOD, arrays), "/")
    best = _from(_BEST, arrays)
    log = Log(_from(_STEPS, arrays), _from(_VALIDATIONS, arrays))
    if log.length != int(state.step):
        raise RunError(f"the checkpoint's history has {log.length} steps, its state {int(state.step)}.")
    kept = unnamed(Reported(start.state.params, start.state.model), best, "/") if best else None
    return Saved(jax.device_put(Mark(method, state)), jax.device_put(kept), log, seconds)


def _under(prefix: str, arrays: Mapping[str, Any]) -> dict[str, Any]:
    return {prefix + name: array for name, array in arrays.items()}


def _from(prefix: str, arrays: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
