"""Runs that ended badly are examined without being asked."""

from __future__ import annotations

import dataclasses
import warnings

import numpy as np

from fallline.core.errors import RunError
from fallline.core.outcome import Outcome
from fallline.record.record import Record

FALLEN = 0.8
"""A loss that ends above this share of where it began has learned next to nothing: ten classes at 2.4 begin above the
2.3 of guessing, and a fifth below is more than the luck of the first weights."""

LEAST = 20
"""Steps below which nobody expects a run to have learned anything."""

FIRST_ROWS = 32
"""Rows whose mean loss says where a run began; those of a single row say little."""

RISEN = 1.2
"""A last validation loss above this many times the lowest is no fluctuation; nobody wants the model of that epoch."""


def ended_badly(record: Record) -> bool:
    """Return whether a run failed, learned next to nothing, or unlearned: it deserves an examination.

    A run that was ended from outside is not judged.

    Example:
        >>> from fallline.core.spec import Spec
        >>> flat = {"step": np.arange(1, 41), "loss": np.full(40, 2.3)}
        >>> ended_badly(Record(Spec("adam(lr=1e-9)"), Outcome.FINISHED, "all 40 steps were taken", flat))
        True
    """
    losses = np.asarray(record.history.get("loss", ()), np.float64)
    if record.outcome in (Outcome.INTERRUPTED, Outcome.ELIMINATED) or not losses.size:
        return False
    if record.outcome.failed:
        return True
    if len(losses) < LEAST:
        return False
    tenth = max(len(losses) // 10, 1)
    size = record.spec.batch_size
    first, last = losses[: 1 if size == "full" else -(-FIRST_ROWS // int(size))].mean(), losses[-tenth:].mean()
    validation = np.asarray(record.epochs.get("val_loss", ()), np.float64)
    unlearned = validation.size > 0 and not record.spec.keeps_best and validation[-1] > RISEN * validation.min()
    return bool(last > FALLEN * first) or bool(unlearned)


def examined(record: Record) -> Record:
    """Return a run that ended badly with what is wrong with it, which its folder then holds, too; any other as it is.

    A folder that cannot be written costs the file, not the findings.
    """
    if not ended_badly(record):
        return record
    from fallline.findings.diagnose import diagnose  # with all causes, which a good end does not need

    found = diagnose(record)
    record = dataclasses.replace(record, diagnosis=found)
    if record.path is not None:
        try:
            found.save()
        except RunError as error:
            warnings.warn(f"the findings are not stored: {error}", stacklevel=2)
    return record
