"""A thousand random bits flipped, one at a time, in the files of two runs: what is read back then.

One run has ended and was examined, one was interrupted and has checkpoints. Each time a file is drawn, then a bit of
it; the run is loaded and its newest good checkpoint read. A flip is seen if the file is refused, or passed over with a
warning, and *silent* if anything comes back with another value than was saved. In `report.html`, which nothing reads,
none is tried.
"""

from __future__ import annotations

import collections
import random
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import fallline as fl
from benchmarks.measure import Row
from fallline.record import checkpoint
from fallline.record.document import Document
from fallline.record.folder import REPORT
from fallline.record.lock import NAME as LOCK

FLIPS = 1000
NOT_READ = {REPORT, LOCK}

Read = dict[str, str]
"""What a folder says, a text a part."""


def rows() -> list[Row]:
    """Flip the bits."""
    draw = random.Random(0)
    with tempfile.TemporaryDirectory() as place:
        runs = [(run, _files(run), _read(run), _checkpoints(run)) for run in _runs(Path(place))]
        found = collections.Counter(_flipped(draw, *run) for run in draw.choices(runs, k=FLIPS))
    parts = ", ".join(f"{count} {what}" for what, count in found.most_common())
    return [Row(f"{FLIPS:,} flipped bits: other values", f"{found['silent']}", "0", found["silent"] == 0, parts)]


def _runs(place: Path) -> list[Path]:
    """Return the folders of a run that has ended and was examined, and of one that was interrupted."""

    def pause(look: Any) -> None:
        if look.step >= 30:
            look.pause()

    problem, choices = fl.problems.for_data("iris", model="mlp(8)"), {"epochs": 12, "patience": 11}
    fl.diagnose(fl.train(problem, fl.SGD(lr=1e-4), **choices)).save(place / "ended")
    paused = place / "paused"
    fl.train(problem, fl.Adam(lr=0.01), **choices, checkpoint_steps=8, out=paused, callbacks=[pause])
    return [place / "ended", paused]


def _flipped(draw: random.Random, run: Path, files: list[Path], whole: Read, checkpoints: set[str]) -> str:
    """Flip one bit in one of a run's files, say what became of that, and flip it back."""
    file = draw.choice(files)
    before = file.read_bytes()
    place = draw.randrange(8 * len(before))
    damaged = bytearray(before)
    damaged[place // 8] ^= 1 << place % 8
    file.write_bytes(damaged)
    try:
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            read = _read(run)
    except fl.FalllineError:
        return "refused"
    finally:
        file.write_bytes(before)
    if read == whole:
        return "passed over with a warning" if seen else "without effect"
    without = {"findings": {_text(None)}, "checkpoint": checkpoints}
    others = [name for name, text in read.items() if text != whole[name] and text not in without.get(name, ())]
    return "silent" if others or not seen else "passed over with a warning"


def _files(run: Path) -> list[Path]:
    return [file for file in sorted(run.rglob("*")) if file.is_file() and file.name not in NOT_READ]


def _read(run: Path) -> Read:
    """Return what a run's folder says, with its newest good checkpoint."""
    record, about = fl.load(run), Document.read(run)
    parts = ("history", "epochs", "arrays", "model_arrays", "tables")
    found = None if record.diagnosis is None else record.diagnosis.to_dict()
    newest = checkpoint.latest(run, about.provenance.get("id"))
    return {name: _text(getattr(record, name)) for name in parts} | {
        "run": _text(vars(about)),
        "findings": _text(found),
        "checkpoint": _text(newest),
    }


def _checkpoints(run: Path) -> set[str]:
    """Return what each of a run's checkpoints says, and the text of having none."""
    arrays = checkpoint._files(run / checkpoint.FOLDER)
    return {_text(checkpoint._read(file)) for file in arrays} | {_text(None)}


def _text(value: Any) -> str:
    """Return every bit of some plain data and arrays as text."""
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{name}: {_text(each)}' for name, each in value.items())}}}"
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_text, value))}]"
    return f"{value.dtype}{value.shape}{value.tobytes().hex()}" if hasattr(value, "tobytes") else repr(value)
