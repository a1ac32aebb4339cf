"""Works that a process does in a folder of its own, where it can be killed at any moment and begun again.

Each is what a user types again after a crash: it begins, or goes on with what is there. A work's end is one digest over
everything that it found, clocks left out.
"""

from __future__ import annotations

import contextlib
import hashlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

import fallline as fl
from fallline.cli import compile_cache
from fallline.core.outcome import Outcome
from fallline.record import document, race_document
from fallline.record.race_document import RaceDocument
from fallline.record.race_folder import load_race
from fallline.record.unfinished import is_unfinished

Work = Callable[[Path], None]

FORKS = multiprocessing.get_context("forkserver")
"""Processes that begin with everything imported and no thread or device yet."""
FORKS.set_forkserver_preload(["fallline.engine.resume", "fallline.lab.raced", "sklearn.datasets", __name__])

POLL = 5e-4
CLOCKS = ("seconds", "seconds_to_target")
RACE = {"lr": [1e-3, 1e-2, 1e-1], "seeds": 3, "checkpoint_seconds": 0.2}


def resident(folder: Path) -> None:
    """Train on rows that lie on the device: dropout, a schedule, probes, patience with the best epoch kept."""
    problem = _digits("mlp(64, dropout=0.1)")
    method = fl.AdamW(lr=fl.Cosine(3e-3, steps=12_000, warmup=100))
    trained(folder, problem, method, epochs=300, patience=1000, probes="gradnorms", checkpoint_steps=400)


def streamed(folder: Path) -> None:
    """Train on rows that are read from a file as they are needed."""
    file = folder.parent / "rows.csv"
    with contextlib.suppress(FileExistsError), file.open("x") as rows:
        x = np.random.default_rng(0).normal(size=(6000, 4)).round(4)
        rows.write("a,b,c,d,y\n" + "".join(f"{','.join(map(str, row))},{row.sum():.4f}\n" for row in x))
    problem = fl.problems.for_data(file, target="y", model="mlp(32)", stream=True)
    trained(folder, problem, fl.Nesterov(lr=0.01), epochs=40, batch_size=16, checkpoint_steps=300)


def large(folder: Path) -> None:
    """Train 12 million numbers, method's state included, which are saved at every look: most of the time is writing."""
    trained(folder, _digits("mlp(1800,1800)"), fl.Adam(lr=1e-4), steps=60, checkpoint_steps=1)


def side_by_side(folder: Path) -> None:
    """Race small models, several in one program, with elimination and finals."""
    methods = [fl.SGD, fl.Momentum, fl.Adam]
    raced(folder, _digits("mlp(16)"), methods, lanes="vmap", elimination="halving", epochs=30, **RACE)


def one_by_one(folder: Path) -> None:
    """Race on threads, a run a core."""
    raced(folder, _digits("mlp(16)"), [fl.SGD, fl.RMSProp], lanes="threads", epochs=20, **RACE)


def trained(folder: Path, problem: fl.Problem, method: fl.Method, **choices: Any) -> None:
    """Train, or go on, unless that has ended."""
    if not ended(folder):
        fl.train(problem, method, out=folder, **choices)


def raced(folder: Path, problem: fl.Problem, methods: Sequence[type[fl.Method]], **choices: Any) -> None:
    """Race, or go on, unless that has ended."""
    if not ended(folder):
        fl.compare(problem, methods, out=folder, **choices)


def ended(folder: Path) -> bool:
    """Whether nothing is left to do in a folder."""
    if race_document.is_race(folder):
        return RaceDocument.read(folder).outcome == Outcome.FINISHED
    return document.is_run(folder) and not is_unfinished(folder)


def seconds(work: Work, folder: Path) -> float:
    """Do a work in a process of its own; return the seconds from its first file to its end."""
    with begun(work, folder) as child:
        began = time.perf_counter()
        child.join()
        if child.exitcode:
            raise RuntimeError(f"{work.__name__} in {folder} ended with status {child.exitcode}.")
    return time.perf_counter() - began


def killed(work: Work, folder: Path, when: Callable[[Path], None], by: signal.Signals = signal.SIGKILL) -> bool:
    """Do a work in a process of its own and stop it; return whether that ended it at once.

    Args:
        work: what it does.
        folder: where.
        when: comes back at the moment to stop it; asked once the work's first file is there.
        by: the signal; after another one than SIGKILL the process saves, and ends by itself.
    """
    with begun(work, folder) as child:
        when(folder)
        if child.is_alive():
            os.kill(child.pid, by)
        child.join()
    return child.exitcode == -by


@contextlib.contextmanager
def begun(work: Work, folder: Path) -> Iterator[Any]:
    """Yield a process that does a work, once the first file of the work is there, and end it in any case."""
    child = FORKS.Process(target=_at_work, args=(work, folder), daemon=True)
    child.start()
    try:
        while child.is_alive() and not described(folder):
            time.sleep(POLL)
        yield child
    finally:
        child.kill()
        child.join()


def described(folder: Path) -> bool:
    """Whether a work has begun in a folder."""
    return (folder / document.NAME).exists() or (folder / race_document.NAME).exists()


def half_written(folder: Path) -> list[Path]:
    """Return the temporary files in a work's folder: what a kill in the middle of writing leaves."""
    return list(folder.rglob(".*.tmp"))


def end(folder: Path) -> str:
    """Return a digest of everything that a work has found, clocks left out.

    Raises:
        RunError: when it has not ended, or a file of it is damaged.
    """
    sha = hashlib.sha256()
    if race_document.is_race(folder):
        sha.update(repr([_without_clocks(row) for row in RaceDocument.read(folder).result["table"]]).encode())
        for name, record in sorted(load_race(folder)[2].items()):
            sha.update(name.encode())
            _digest(sha, record)
    else:
        _digest(sha, fl.load(folder))
    return sha.hexdigest()


def _digits(model: str) -> fl.Problem:
    return fl.problems.for_data("digits", model=model)


def _at_work(work: Work, folder: Path) -> None:
    os.environ["XDG_CACHE_HOME"] = str(folder.parent / "cache")
    compile_cache.enable()
    work(folder)


def _digest(sha: Any, record: fl.Record) -> None:
    sha.update(repr((record.outcome, record.why, sorted(record.test.items()))).encode())
    for part in ("history", "epochs", "tables", "arrays", "model_arrays"):
        for name, array in sorted(_without_clocks(getattr(record, part)).items()):
            sha.update(f"{part} {name} {array.dtype} {array.shape}".encode())
            sha.update(np.ascontiguousarray(array).tobytes())


def _without_clocks(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if name not in CLOCKS}
