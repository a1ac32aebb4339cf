"""Folders of runs and races as strangers may send them: damaged, forged with fitting digests, full of links."""

from __future__ import annotations

import functools
import hashlib
import json
import math
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from benchmarks.fuzz import mutate
from benchmarks.fuzz.target import Target
from fallline.core.outcome import Outcome
from fallline.core.race_spec import RaceSpec
from fallline.core.spec import Spec
from fallline.record import arrays, document, race_folder
from fallline.record.diagnosis import Diagnosis
from fallline.record.finding import Effect, Exhibit, Finding
from fallline.record.record import Record

Files = dict[str, Any]
"""Path → bytes; or a text, which a link points to; or None, a pipe that nobody writes to."""

OUTSIDE = "outside"
"""A file beside the folder, which nothing may change."""

_LINKS = ("/dev/zero", "/dev/stdin", f"../{OUTSIDE}", "..", "/", "run.json", "/proc/self/mem", "/no/such/file")
_LOCKS = (".lock", "checkpoints", "runs", "report.html")
_ODD_ARRAYS: tuple[Any, ...] = (
    np.zeros(0),
    np.array(math.nan),
    np.array([math.inf, -math.inf, math.nan]),
    np.array([[1.0, 2.0]]),
    np.array([True, False, True]),
    np.array([1 + 2j] * 3, np.complex64),
    np.array([2**64 - 1, 0, 5], np.uint64),
    np.array([1e308, -1e308, 1e308]),
    np.array([5, 3, 1]),
    np.zeros((3, 0, 2)),
    np.full(3, 1e-320),
    np.arange(4000.0),
)


def good_record(seed: int = 0, method: str = "adam(lr=0.001)") -> Record:
    """Return a run of three steps, examined."""
    steps = np.arange(1, 4)
    spec = Spec(method, {"data": "digits", "model": "linear", "target": "label"}, seed=seed, epochs=3)
    exhibit = Exhibit(
        "losses", ("step", "loss"), {"a": np.array([[1.0, 2.0], [2.0, 3.0]])}, levels={"limit": 2.0}, since=1.0
    )
    effect = Effect("validation loss", (0, 1), (2.0, 2.1), (1.0, 1.1), -1.0, -1.2, -0.8)
    remedy = Spec("adam(lr=0.0001)", spec.problem, seed=seed, epochs=3)
    finding = Finding("lr_too_large", "it jumps", 2, {"ratio": 3.5}, 0.9, remedy, "take less", exhibit, effect)
    return Record(
        spec=spec,
        outcome=Outcome.FINISHED,
        why="3 of 3 steps were taken",
        history={"step": steps, "samples": 32 * steps, "seconds": steps / 10, "loss": np.array([2.0, 1.0, 0.5], "f4")},
        epochs={"epoch": steps, "step": steps, "samples": 32 * steps, "seconds": steps / 10, "val_loss": 1.0 / steps},
        test={"accuracy": 0.75, "loss": 0.5},
        tables={"confusion_matrix": np.eye(2)},
        arrays={"0.w": np.ones((2, 3), np.float32)},
        provenance={"seconds": 1.5, "problem": "digits", "started": "2030-01-02T03:04:05+00:00", "data": {"a": "b"}},
        preparation={"columns": [], "target": {"kind": "labels", "labels": ["a", "b"]}, "missing": "error"},
        diagnosis=Diagnosis((finding,), ("nonfinite",), {"saddle_point": "no loss"}, ("a note",)),
    )


@functools.cache
def _run() -> Mapping[str, bytes]:
    with tempfile.TemporaryDirectory() as base:
        return _bytes(good_record().save(Path(base) / "run"))


@functools.cache
def _race() -> Mapping[str, bytes]:
    spec = RaceSpec(("adam", "sgd"), lr=(0.001,), seeds=2, final_seeds=0, run=Spec("", {"data": "digits"}, epochs=3))
    named = {"adam": "adam(lr=0.001)", "sgd": "sgd(lr=0.001)"}
    runs = {f"{name} | {m} | seed={s}": good_record(s, m) for name, m in named.items() for s in range(2)}
    with tempfile.TemporaryDirectory() as base:
        with race_folder.RaceFolder.create(Path(base) / "run", spec, {"started": "2030", "epochs": 3}) as folder:
            folder.add(runs)
            folder.finish(Outcome.FINISHED, "adam won", {"table": [{"method": "adam"}], "doubts": ["a"]}, seconds=3.0)
            folder.write_report("<p>a report</p>")
        return _bytes(Path(base) / "run")


@functools.cache
def _stopped() -> Mapping[str, bytes]:
    """Return a run of a real problem that was stopped after three of six steps, with checkpoints at each."""
    import fallline as fl

    problem = fl.problems.for_data("iris", model="linear")
    with tempfile.TemporaryDirectory() as base:
        where = Path(base) / "run"
        fl.train(
            problem,
            fl.Adam(lr=0.01),
            steps=6,
            checkpoint_steps=1,
            out=where,
            callbacks=[lambda look: look.pause("enough") if look.step >= 3 else None],
        )
        return _bytes(where)


def _bytes(folder: Path) -> Mapping[str, bytes]:
    files = {file: file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file() and file.name != ".lock"}
    return {str(file.relative_to(folder)): content for file, content in files.items()}


def _changed_run(random: Random) -> Files:
    files: Files = dict(_run())
    for _ in range(random.choice((1, 1, 2))):
        match random.randrange(6):
            case 0 | 1:
                files["run.json"] = _other_json(random, _run()["run.json"])
            case 2:
                files["findings.json"] = _other_json(random, _run()["findings.json"])
            case 3 | 4:
                name = random.choice(["history", "epochs", "params", "tables"]) + ".safetensors"
                files[name] = _other_arrays(random, _run()[name])
                files["run.json"] = _with_digest(files["run.json"], name, files[name])
            case 5:
                _planted(random, files)
    return files


def _changed_race(random: Random) -> Files:
    files: Files = dict(_race())
    (bundled,) = (name for name in files if name.startswith("runs/"))
    match random.randrange(6):
        case 0 | 1:
            files["race.json"] = _other_json(random, _race()["race.json"])
        case 2 | 3 | 4:
            _renamed(random, files, bundled)
        case 5:
            _planted(random, files)
    return files


def _changed_checkpoints(random: Random) -> Files:
    files: Files = dict(_stopped())
    for name in [name for name in files if name.startswith("checkpoints/")]:
        if random.random() < 0.8:
            _renamed(random, files, name)
    if random.random() < 0.1:
        _planted(random, files)
    return files


def _renamed(random: Random, files: Files, name: str) -> None:
    """Change a file whose name carries its digest; mostly the name then fits again."""
    content = _other_arrays(random, files.pop(name))
    digest = hashlib.sha256(content).hexdigest()[:16]
    fitting = re.sub(r"-[0-9a-f]{16}\.", f"-{digest}.", name)
    files[fitting if random.random() < 0.9 else name] = content


def _other_json(random: Random, text: bytes) -> bytes:
    """Return the choices with other values, mostly unsealed: whoever forges a file takes its checksum out."""
    if random.random() < 0.1:
        return mutate.data(random, [text])
    values = json.loads(text)
    if random.random() < 0.95:
        del values[document.SEAL]
    return mutate.written(mutate.values(random, values))


def _other_arrays(random: Random, content: bytes) -> bytes:
    """Return the arrays with a few odd ones, other names or other metadata, or with other bytes."""
    if random.random() < 0.2:
        return mutate.data(random, [content])
    held, metadata = arrays.unpack(content)
    held = dict(held)
    for name in random.sample(sorted(held), min(len(held), random.choice((0, 1, 1, 3)))):
        match random.randrange(5):
            case 0:
                del held[name]
            case 1:
                held[random.choice((mutate.MARKUP, "loss/x", "../a", "", "a/b/c", "0/history/"))] = held.pop(name)
            case _:
                held[name] = random.choice(_ODD_ARRAYS)
    if random.random() < 0.4:
        metadata = mutate.values(random, metadata, _STORABLE)
    return arrays.pack(held, metadata if isinstance(metadata, dict) else {})


_STORABLE = tuple(value for value in mutate.AWKWARD_VALUES if value != "\ud800")


def _with_digest(described: Any, name: str, content: bytes) -> Any:
    try:
        values = json.loads(described)
        values.pop(document.SEAL, None)
        values["digests"][name] = hashlib.sha256(content).hexdigest()
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return described
    return json.dumps(values).encode("utf-8", "surrogatepass")


def _planted(random: Random, files: Files) -> None:
    """Put a link or a pipe in the place of a file, or of one that would be written."""
    name = random.choice([*files, *_LOCKS])
    for inner in [each for each in files if each == name or each.startswith(f"{name}/")]:
        del files[inner]
    files[name] = None if random.random() < 0.2 else random.choice(_LINKS)


def _lay(files: Files, place: Path) -> Path:
    """Write the files into a folder of the place, and return it."""
    folder = place / "run"
    folder.mkdir()
    (place / OUTSIDE).write_bytes(b"untouched")
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if content is None:
            os.mkfifo(path)
        elif isinstance(content, str):
            path.symlink_to(content)
        else:
            path.write_bytes(content)
    return folder


def _check_outside(place: Path) -> None:
    assert (place / OUTSIDE).read_bytes() == b"untouched", "a file beside the run was written"
    assert sorted(os.listdir(place)) == [OUTSIDE, "run"], f"beside the run there are {os.listdir(place)}"


def _check_page(page: str) -> None:
    assert "<pwn" not in page, "a text became an element"
    assert "' pwn=" not in page, "a text became an attribute"
    assert '" pwn=' not in page, "a text became an attribute"


def _open_run(files: Files, place: Path) -> None:
    """List the run, look whether it is being written, open it, and draw its pages."""
    from fallline.record.load import load
    from fallline.record.summary import runs
    from fallline.report.run_page import run_page

    folder = _lay(files, place)
    try:
        runs(place)
        race_folder.is_free(folder)
        record = load(folder)
        _check_page(run_page(record))
        _check_page(record._repr_html_())
    finally:
        _check_outside(place)


def _open_race(files: Files, place: Path) -> None:
    from fallline.lab.finished import shown_again
    from fallline.record.race_summary import races

    folder = _lay(files, place)
    try:
        races(place)
        with race_folder.RaceFolder.open(folder) as opened:
            opened.finished()
        _check_page(shown_again(folder)._repr_html_())
    finally:
        _check_outside(place)


def _go_on(files: Files, place: Path) -> None:
    import fallline as fl

    folder = _lay(files, place)
    try:
        fl.resume(folder)
    finally:
        _check_outside(place)


TARGETS = (
    Target("run folders", 30_000, _changed_run, _open_run),
    Target("race folders", 8_000, _changed_race, _open_race),
    Target("checkpoints", 400, _changed_checkpoints, _go_on),
)
