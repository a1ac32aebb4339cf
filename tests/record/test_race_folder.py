from __future__ import annotations

import dataclasses
import itertools
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import ml_dtypes
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.core.errors import RunError
from fallline.core.outcome import Outcome
from fallline.core.race_spec import RaceSpec
from fallline.core.spec import Spec
from fallline.record.folder import RunFolder
from fallline.record.load import load
from fallline.record.race_folder import RaceFolder, find_unfinished, is_race, load_race
from fallline.record.record import Record
from fallline.record.summary import runs

SPEC = RaceSpec(
    ("adam", "sgd"),
    lr=(0.01, 0.1),
    axes={"b1": (0.9, 0.99)},
    budget="60s",
    target=0.25,
    run=Spec("", {"data": "digits", "split": (0.8, 0.2)}, epochs=2, checkpoint_seconds=math.inf),
)
ORIGIN = {"fallline": "1", "jax": "0.9", "device": "cpu", "float64": False, "data": "abc", "problem": "digits"}


def document(path: Path) -> dict:
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads((path / "race.json").read_text(), parse_constant=refuse)


def number_record(number: int) -> Record:
    """Return a record whose every array says which run it is of."""
    history = {"step": np.arange(1, 4), "loss": np.full(3, number, np.float32)}
    return Record(Spec(f"sgd(lr={number})"), Outcome.FINISHED, "done", history, {"train_loss": np.full(2, number)})


def check_same(found: Record, record: Record) -> None:
    for name in ("history", "epochs", "tables", "arrays", "model_arrays"):
        mine, other = getattr(found, name), getattr(record, name)
        assert list(mine) == list(other)
        for key, array in other.items():
            assert (mine[key].dtype, mine[key].shape) == (array.dtype, array.shape)
            assert mine[key].tobytes() == array.tobytes()
    assert found.spec == record.spec
    assert (found.outcome, found.why) == (record.outcome, record.why)
    # NaN is not equal to itself: the texts are compared.
    assert repr((found.test, found.provenance)) == repr((record.test, record.provenance))
    assert found.preparation == record.preparation


def test_create_writes_a_versioned_race_without_an_outcome(tmp_path):
    with RaceFolder.create(tmp_path / "deep" / "race", SPEC, ORIGIN, {"scale": [math.inf]}) as folder:
        found = document(folder.path)
        assert folder.finished() == {}
    assert found["format"] == 2
    assert found["outcome"] is None
    assert found["spec"]["methods"] == ["adam", "sgd"]
    assert found["provenance"].items() > ORIGIN.items()
    assert found["provenance"]["started"].endswith("+00:00")
    assert found["preparation"] == {"scale": [{"$float": "inf"}]}
    assert is_race(folder.path)


def test_records_come_back_bit_for_bit(tmp_path, make_record):
    bits = np.array([0x7FC00001, 0x80000000, 0x7F800000], np.uint32).view(np.float32)
    records = {
        "adam|lr=0.001|seed=3": make_record(),
        "sgd(β=½)/…": make_record(arrays={}, history={"loss": bits, "a/b/c": np.zeros((0, 3))}),
        "": make_record(
            outcome=Outcome.NONFINITE,
            preparation=None,
            tables={"confusion": np.eye(3, dtype=np.int64)},
            model_arrays={"m": np.array(2, ml_dtypes.bfloat16)},
        ),
        "none": make_record(history={}, epochs={}, test={}, arrays={}, preparation={"other": 1}),
    }
    with RaceFolder.create(tmp_path, SPEC, ORIGIN, make_record().preparation) as folder:
        folder.add(records)
        found = folder.finished()
    assert list(found) == list(records)
    for key, record in records.items():
        check_same(found[key], record)
    assert not found[""].tables["confusion"].flags.writeable


@settings(max_examples=30)
@given(st.lists(st.dictionaries(st.text(max_size=8), st.integers(0, 1000), max_size=4), max_size=4))
def test_what_was_added_last_under_a_key_counts(tmp_path_factory, bundles):
    expected = {key: number for bundle in bundles for key, number in bundle.items()}
    path = tmp_path_factory.mktemp("race")
    for bundle in bundles:  # reopened each time: later bundles still come later
        with RaceFolder.open(path) if is_race(path) else RaceFolder.create(path, SPEC) as folder:
            folder.add({key: number_record(number) for key, number in bundle.items()})
    if bundles:
        assert {key: record.history["loss"][0] for key, record in load_race(path)[2].items()} == expected


def test_the_shared_preparation_is_written_once(tmp_path, make_record):
    preparation = {"labels": ["needle in a haystack"]}
    with RaceFolder.create(tmp_path, SPEC, None, preparation) as folder:
        for seed in range(3):
            folder.add({f"seed={seed}": make_record(preparation=preparation)})
        written = b"".join(file.read_bytes() for file in tmp_path.rglob("*") if file.is_file())
        assert written.count(b"needle") == 1
        assert {record.preparation["labels"][0] for record in folder.finished().values()} == {"needle in a haystack"}


def test_few_files_and_no_others(tmp_path):
    with RaceFolder.create(tmp_path, SPEC) as folder:
        folder.add({str(i): number_record(i) for i in range(40)})
        folder.add({})
        folder.add({"40": number_record(40)})
        assert len(folder.finished()) == 41
    files = sorted(file.relative_to(tmp_path).parts for file in tmp_path.rglob("*") if file.is_file())
    assert [parts[0] for parts in files] == [".lock", "race.json", "runs", "runs"]


def test_a_finished_race_reads_back(tmp_path):
    result = {"verdict": "It is a tie.", "winner": None, "table": [{"method": "adam", "mean": math.inf}]}
    with RaceFolder.create(tmp_path, SPEC, ORIGIN) as folder:
        folder.add({"a": number_record(1)})
        folder.finish(Outcome.FINISHED, "all 80 runs ended", result, seconds=1.5)
        assert folder.write_report("<!doctype html>é") == tmp_path / "report.html"
    spec, provenance, records = load_race(tmp_path)
    assert spec.to_dict() == SPEC.to_dict()
    assert provenance.items() > (ORIGIN | {"seconds": 1.5}).items()
    assert records["a"].history["loss"].tolist() == [1, 1, 1]
    assert (tmp_path / "report.html").read_text(encoding="utf-8") == "<!doctype html>é"
    written = document(tmp_path)
    assert (written["outcome"], written["why"]) == ("finished", "all 80 runs ended")
    assert written["result"]["table"] == [{"method": "adam", "mean": {"$float": "inf"}}]
    with RaceFolder.open(tmp_path) as folder:
        assert folder.document.result == result
        assert folder.document.outcome is Outcome.FINISHED


def test_a_race_is_never_overwritten(tmp_path, record):
    RaceFolder.create(tmp_path / "race", SPEC).close()
    record.save(tmp_path / "run")
    before = (tmp_path / "race" / "race.json").read_bytes()
    with pytest.raises(RunError, match="already holds a race, which is never overwritten"):
        RaceFolder.create(tmp_path / "race", SPEC)
    with pytest.raises(RunError, match="already holds a race, which is never overwritten"):
        RunFolder.create(tmp_path / "race", Spec("sgd"))
    with pytest.raises(RunError, match="already holds a run, which is never overwritten"):
        RaceFolder.create(tmp_path / "run", SPEC)
    assert (tmp_path / "race" / "race.json").read_bytes() == before


def test_a_folder_with_anything_else_is_refused_and_left_alone(tmp_path):
    (tmp_path / "thesis.tex").write_text("mine")
    with pytest.raises(RunError, match=r"is not empty \(it has 'thesis.tex'\)"):
        RaceFolder.create(tmp_path, SPEC)
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.tex"]


def test_what_is_not_a_race_is_explained(tmp_path, record):
    RaceFolder.create(tmp_path / "digits-race-1", SPEC).close()
    record.save(tmp_path / "run")
    for read in (load_race, RaceFolder.open):
        with pytest.raises(RunError, match=r"there is no race .*digits-race\. Did you mean 'digits-race-1'\?"):
            read(tmp_path / "digits-race")
        with pytest.raises(RunError, match=r"run is not a race: it has no race\.json"):
            read(tmp_path / "run")
    assert not (tmp_path / "digits-race").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[: len(text) // 2], "race.json is damaged"),
        (lambda text: text.replace('"format": 2', '"format": 3'), "written by a newer Fallline"),
        (lambda text: text.replace('"methods"', '"method"'), "does not describe a race: a race has no choice"),
        (lambda text: text.replace('"outcome": null', '"outcome": "won"'), "does not describe a race: 'won'"),
        (lambda text: text.replace('"result": {}', '"result": []'), "its result is a list, not a dict"),
    ],
)
def test_a_damaged_race_json_is_explained(tmp_path, change, message):
    path = tmp_path / "race"
    RaceFolder.create(path, SPEC).close()
    file = path / "race.json"
    file.write_text(change(re.sub(r',\s*"sha256": ".*"', "", file.read_text())))
    with pytest.raises(RunError, match=message):
        load_race(path)
    with pytest.raises(RunError, match=message):
        RaceFolder.open(path)
    assert find_unfinished(tmp_path, SPEC, {}) is None


def test_listings_of_runs_pass_over_a_race(tmp_path, record):
    record.save(tmp_path / "run")
    with RaceFolder.create(tmp_path / "race", SPEC) as folder:
        folder.add({"a": number_record(1)})
    assert [run.name for run in runs(tmp_path)] == ["run"]
    assert runs(tmp_path / "race") == []
    with pytest.raises(RunError, match="is a race, not a run"):
        load(tmp_path / "race")


# Damage


@pytest.mark.parametrize("damage", ["flip", "cut", "empty", "remove"])
def test_a_damaged_file_costs_its_own_runs_only(tmp_path, damage):
    with RaceFolder.create(tmp_path, SPEC) as folder:
        for i in range(3):
            folder.add({f"{i}": number_record(i), f"{i}b": number_record(i + 10)})
    file = sorted((tmp_path / "runs").iterdir())[1]
    data = bytearray(file.read_bytes())
    data[-5] ^= 1
    if damage == "remove":
        file.unlink()
    else:
        file.write_bytes({"flip": bytes(data), "cut": data[:-5], "empty": b""}[damage])
    with RaceFolder.open(tmp_path) as folder:
        if damage == "remove":
            assert list(folder.finished()) == ["0", "0b", "2", "2b"]
        else:
            with pytest.warns(UserWarning, match=rf"{file.name} are passed over: its bytes are not"):
                assert list(folder.finished()) == ["0", "0b", "2", "2b"]
        file.unlink(missing_ok=True)
        folder.add({"1": number_record(1)})
        assert folder.finished()["1"].history["loss"][0] == 1


def test_every_flipped_bit_is_seen(tmp_path):
    with RaceFolder.create(tmp_path, SPEC) as folder:
        folder.add({"a": number_record(1)})
    (file,) = (tmp_path / "runs").iterdir()
    data = file.read_bytes()
    for place in range(0, len(data), 37):
        file.write_bytes(data[:place] + bytes([data[place] ^ 4]) + data[place + 1 :])
        with pytest.warns(UserWarning, match="passed over"):
            assert load_race(tmp_path)[2] == {}


def test_strangers_in_the_folder_are_passed_over(tmp_path):
    with RaceFolder.create(tmp_path, SPEC) as folder:
        folder.add({"a": number_record(1)})
        (tmp_path / "runs" / "notes.txt").write_text("mine")
        (tmp_path / "runs" / "000002-abc.safetensors").write_text("mine")
        (tmp_path / "runs" / "000003-0123456789abcdef.safetensors").mkdir()
        with pytest.warns(UserWarning, match="passed over"):
            assert list(folder.finished()) == ["a"]


def test_an_array_that_cannot_be_stored_leaves_the_rest(tmp_path):
    with RaceFolder.create(tmp_path, SPEC) as folder:
        folder.add({"a": number_record(1)})
        with pytest.raises(RunError, match="cannot be stored"):
            folder.add({"b": dataclasses.replace(number_record(2), epochs={"when": np.array(["now"])})})
        folder.add({"c": number_record(3)})
        assert list(folder.finished()) == ["a", "c"]


# One writer


def test_one_writer_at_a_time(tmp_path):
    with RaceFolder.create(tmp_path, SPEC) as folder:
        with pytest.raises(RunError, match="already open"):
            RaceFolder.open(tmp_path)
        folder.add({"a": number_record(1)})
        assert list(load_race(tmp_path)[2]) == ["a"]  # anybody may read
    RaceFolder.open(tmp_path).close()


RACER = """
import sys
from test_race_folder import ORIGIN, SPEC, number_record
from fallline.record.race_folder import RaceFolder, is_race

path, begin = sys.argv[1], int(sys.argv[2])
folder = RaceFolder.open(path) if begin else RaceFolder.create(path, SPEC, ORIGIN)
for i in range(begin, 10**9):
    folder.add({f"{i}": number_record(i), f"{i}b": number_record(i + 10)})
    print(i, flush=True)
"""


def racer(path: Path, begin: int) -> subprocess.Popen[bytes]:
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    command = [sys.executable, "-c", RACER, str(path), str(begin)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, env=environment)


def test_kill_9_at_any_time_loses_no_run_that_was_saved(tmp_path):
    path, begin = tmp_path / "race", 0
    for wait in (0.0, 0.0013, 0.0041):
        with racer(path, begin) as process:
            assert process.stdout is not None
            process.stdout.readline()
            with pytest.raises(RunError, match=f"being written by another process .pid {process.pid}"):
                RaceFolder.open(path)
            assert find_unfinished(tmp_path, SPEC, ORIGIN) is None
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(wait)
            process.kill()
            told = [begin, *map(int, process.stdout.read().split())]
        assert find_unfinished(tmp_path, SPEC, ORIGIN) == path
        with RaceFolder.open(path) as folder:
            found = folder.finished()
        assert not list(path.rglob("*.tmp"))
        begin = len(found) // 2
        # What was said to be saved is there; the one being saved may be, both runs of it or neither.
        assert told[-1] + 1 <= begin <= told[-1] + 2
        assert list(found) == list(itertools.chain(*((f"{i}", f"{i}b") for i in range(begin))))
        assert [record.history["loss"][2] for record in found.values()][::2] == list(range(begin))


DYING = """
import os, sys
from test_race_folder import ORIGIN, SPEC, number_record
from fallline.core.outcome import Outcome
from fallline.record import atomic
from fallline.record.race_folder import RaceFolder

real, writes = getattr(atomic, sys.argv[2]), iter(range(99))

def die(*arguments):
    if next(writes) == int(sys.argv[3]):
        os.kill(os.getpid(), 9)
    return real(*arguments)

setattr(atomic, sys.argv[2], die)
with RaceFolder.create(sys.argv[1], SPEC, ORIGIN) as folder:
    folder.add({"a": number_record(1)})
    folder.finish(Outcome.FINISHED, "done", {"winner": None})
    folder.write_report("<p>")
"""


@pytest.mark.parametrize("step", ["stage", "commit"])
@pytest.mark.parametrize(
    ("write", "runs_there", "ended"),
    [(0, None, False), (1, [], False), (2, ["a"], False), (3, ["a"], True)],
)
def test_kill_9_before_each_write_leaves_a_readable_folder(tmp_path, step, write, runs_there, ended):
    path = tmp_path / "race"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    ran = subprocess.run([sys.executable, "-c", DYING, str(path), step, str(write)], env=environment, check=False)
    assert ran.returncode == -9
    assert is_race(path) == (runs_there is not None)
    assert find_unfinished(tmp_path, SPEC, ORIGIN) == (None if runs_there is None or ended else path)
    if runs_there is not None:
        assert list(load_race(path)[2]) == runs_there
        with RaceFolder.open(path) as folder:
            folder.finish(Outcome.FINISHED, "done", {})
        assert not list(path.rglob("*.tmp"))


# Going on


def changed(**choices) -> RaceSpec:
    return dataclasses.replace(SPEC, **choices)


def test_the_same_command_finds_its_interrupted_race(tmp_path):
    assert find_unfinished(tmp_path / "nowhere", SPEC, ORIGIN) is None
    for name, started in (("b", "2030-01-02"), ("c", "2030-01-03"), ("a", "2030-01-01")):
        RaceFolder.create(tmp_path / name, SPEC, ORIGIN | {"started": started}).close()
    assert find_unfinished(tmp_path, SPEC, ORIGIN) == tmp_path / "c"
    read_again = RaceSpec.from_toml(SPEC.to_toml())
    assert find_unfinished(tmp_path, read_again, ORIGIN | {"started": "2031"}) == tmp_path / "c"
    with RaceFolder.open(tmp_path / "c") as folder:
        assert find_unfinished(tmp_path, SPEC, ORIGIN) == tmp_path / "b"  # somebody is at work in c
        folder.finish(Outcome.FINISHED, "done", {})
    with RaceFolder.open(tmp_path / "b") as folder:
        folder.finish(Outcome.INTERRUPTED, "ctrl-c", {})
    assert find_unfinished(tmp_path, SPEC, ORIGIN) == tmp_path / "b"


@pytest.mark.parametrize("name", [*ORIGIN, "parameters"])
def test_a_race_in_other_circumstances_is_not_gone_on_with(tmp_path, name):
    RaceFolder.create(tmp_path / "race", SPEC, ORIGIN).close()
    assert find_unfinished(tmp_path, SPEC, ORIGIN | {name: "other"}) is None


@pytest.mark.parametrize(
    "other",
    [
        changed(methods=("adam",)),
        changed(lr=(0.01,)),
        changed(axes={}),
        changed(seeds=6),
        changed(run=dataclasses.replace(SPEC.run, epochs=3)),
        changed(run=dataclasses.replace(SPEC.run, problem={"data": "wine"})),
    ],
)
def test_another_race_is_not_gone_on_with(tmp_path, other):
    RaceFolder.create(tmp_path / "race", SPEC, ORIGIN).close()
    assert find_unfinished(tmp_path, other, ORIGIN) is None


def test_a_users_own_problem_is_never_taken_for_the_same(tmp_path):
    own = changed(run=Spec("", epochs=2))
    RaceFolder.create(tmp_path / "race", own, ORIGIN).close()
    assert find_unfinished(tmp_path, own, ORIGIN) is None
