"""A finished run: what was chosen, measured and learned."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fallline.core.errors import RunError
from fallline.core.outcome import Outcome
from fallline.core.problem import Problem
from fallline.core.spec import Spec
from fallline.record import atomic, document
from fallline.record.document import Document
from fallline.record.folder import RunFolder, digest, packed
from fallline.record.lock import NAME as LOCK

if TYPE_CHECKING:
    from fallline.figures.figure import Figure
    from fallline.record.diagnosis import Diagnosis

_ARRAYS = ("history", "epochs", "tables", "arrays", "model_arrays")


@dataclass(frozen=True, eq=False, repr=False)
class Record:
    """The immutable result of a run; its arrays cannot be written.

    Args:
        spec: every choice of the run.
        outcome: why it stopped.
        why: the same for this run, in a sentence.
        history: a column a quantity, shape (n,), one row a logged step: `step`, `samples`, `seconds`, `loss`, `lr`, …
        epochs: the same, one row an epoch: `epoch`, `step`, `samples`, `seconds`, `train_loss`, `val_loss`, …
        test: metrics on the test part, in the target's units.
        tables: metrics of the test part that are arrays, by name, such as `confusion_matrix` (C, C).
        arrays: the parameters by their path in the pytree: `"0.w"`.
        model_arrays: the model's state by path, for stateful problems.
        provenance: versions, device, data fingerprint, times.
        preparation: how raw rows become the model's.
        problem: the problem, where it is known.
        tree: the parameters as the user's pytree, where it is known.
        path: the run's folder, where it has one.
        diagnosis: what was found wrong with it, where it was examined and that was saved.
    """

    spec: Spec
    outcome: Outcome
    why: str
    history: dict[str, np.ndarray]
    epochs: dict[str, np.ndarray] = field(default_factory=dict)
    test: dict[str, float] = field(default_factory=dict)
    arrays: dict[str, np.ndarray] = field(default_factory=dict)
    model_arrays: dict[str, np.ndarray] = field(default_factory=dict)
    tables: dict[str, np.ndarray] = field(default_factory=dict)
    provenance: dict[str, Any] = field(default_factory=dict)
    preparation: dict[str, Any] | None = None
    problem: Problem | None = None
    tree: Any = None
    path: Path | None = None
    diagnosis: Diagnosis | None = None

    def __post_init__(self) -> None:
        for name in _ARRAYS:
            object.__setattr__(self, name, {key: _frozen(array) for key, array in getattr(self, name).items()})

    @cached_property
    def params(self) -> Any:
        """The parameters to predict with: the user's pytree where it is known, else path → array."""
        if self.tree is not None:
            return self.tree
        if self.problem is None:
            return self.arrays
        from fallline.engine.predict import restore

        return restore(self)

    def predict(self, x: Any) -> Any:
        """Return the model's answers for rows `x`: labels, or values in the target's own units."""
        from fallline.engine.predict import predict

        return predict(self, x)

    def save(self, path: str | PathLike[str]) -> Path:
        """Write the run to a new folder, all of it or nothing, and return its path.

        Saving the same record there again does nothing.

        Raises:
            RunError: when the folder holds another run or anything else, or cannot be written.
        """
        path = Path(path)
        if document.is_run(path) and self._is_in(path):
            return path
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            what = "holds another run" if document.is_run(path) else "is there already and is not a run"
            raise RunError(f"{path} {what}; nothing is ever overwritten. Choose another folder, or remove it.")
        staging = path.parent / f".{path.name}.{os.getpid()}.tmp"
        try:
            shutil.rmtree(staging, ignore_errors=True)
            with RunFolder.create(staging, self.spec, self.provenance, self.preparation) as folder:
                folder.finish(self)
            (staging / LOCK).unlink()
            os.replace(staging, path)
            atomic.sync_folder(path.parent)
        except OSError as error:
            raise atomic.cannot("write", path, error) from error
        finally:
            shutil.rmtree(staging, ignore_errors=True)
        return path

    def plot(self) -> Figure:
        """Return the loss curves, which notebooks show and `.save("loss.svg")` writes."""
        from fallline.figures.curves import loss_curves
        from fallline.figures.figure import Figure

        return Figure(loss_curves(self.history, self.epochs))

    def __repr__(self) -> str:
        test = "".join(f", test {name} {value:.4g}" for name, value in self.test.items())
        return f"<Record {self.spec.method}: {self.outcome}, {_steps(self.history)} steps{test}>"

    def _repr_html_(self) -> str:
        from fallline.report.card import card

        return card(self)

    def _is_in(self, folder: Path) -> bool:
        """Whether the folder holds this very run: the digests cover its measured seconds too."""
        try:
            there = Document.read(folder)
        except RunError:
            return False
        return there.spec == self.spec and there.digests == {name: digest(data) for name, data in packed(self).items()}


def _frozen(array: Any) -> np.ndarray:
    view = np.asarray(array).view()
    view.flags.writeable = False
    return view


def _steps(history: Mapping[str, np.ndarray]) -> int:
    steps = history.get("step")
    return int(steps[-1]) if steps is not None and len(steps) else 0
