from __future__ import annotations

import json
import shlex

import pytest

from fallline.core.errors import RunError
from fallline.core.spec import Spec
from fallline.record.folder import RunFolder
from fallline.record.load import load


@pytest.fixture
def run(tmp_path, record):
    return record.save(tmp_path / "digits-adam-1")


def change(run, **values):
    document = json.loads((run / "run.json").read_text()) | {"sha256": None}
    (run / "run.json").write_text(json.dumps(document | values))


def test_a_missing_run_names_the_nearest(run):
    with pytest.raises(RunError, match=r"there is no run .*Did you mean 'digits-adam-1'\?"):
        load(run.with_name("digit-adam-1"))


def test_a_folder_that_is_not_a_run_says_what_is_missing(run):
    run.with_name("digits-adam-2").mkdir()
    with pytest.raises(RunError, match=r"is not a run: it has no run\.json\. Did you mean 'digits-adam-1'\?"):
        load(run.with_name("digits-adam-2"))


def test_a_file_is_not_a_run(tmp_path):
    (tmp_path / "a.csv").touch()
    with pytest.raises(RunError, match=r"a\.csv is not a run"):
        load(tmp_path / "a.csv")


def test_a_folder_of_runs_lists_them(run):
    with pytest.raises(RunError, match="is not a run but holds runs: digits-adam-1"):
        load(run.parent)


def test_an_unfinished_run_says_how_to_go_on(tmp_path):
    path = tmp_path / "my run"
    RunFolder.create(path, Spec("sgd")).close()
    with pytest.raises(RunError, match="has not finished") as caught:
        load(path)
    assert f"`fallline resume {shlex.quote(str(path))}`" in str(caught.value)


def test_a_newer_format_is_refused_clearly(run):
    change(run, format=3)
    with pytest.raises(RunError, match="written by a newer Fallline: its format is 3, this one reads up to 2"):
        load(run)


@pytest.mark.parametrize(
    "values",
    [
        {"format": "1"},
        {"format": True},
        {"format": 0},
        {"format": None},
        {"outcome": "won"},
        {"outcome": 3},
        {"spec": []},
        {"spec": {"method": "sgd", "colour": "red"}},
        {"spec": {"method": "sgd", "epochs": -1}},
        {"test": {"loss": "low"}},
        {"test": [1]},
        {"why": None},
        {"provenance": "here"},
        {"preparation": 1},
        {"digests": None},
    ],
)
def test_a_document_that_is_not_a_runs_is_refused_by_its_path(run, values):
    change(run, **values)
    with pytest.raises(RunError, match=r"run\.json does not describe a run"):
        load(run)


@pytest.mark.parametrize("text", ["", "{", "[]", "null", "3", "[" * 100_000, '{"format": 1}', "\0"])
def test_a_damaged_document_is_refused(run, text):
    (run / "run.json").write_text(text)
    with pytest.raises(RunError, match=r"run\.json (is damaged|does not describe a run)"):
        load(run)


@pytest.mark.parametrize("name", ["history.safetensors", "epochs.safetensors", "params.safetensors"])
def test_a_missing_file_is_named(run, name):
    (run / name).unlink()
    with pytest.raises(RunError, match=f"is not whole: {name} is missing"):
        load(run)


@pytest.mark.parametrize("name", ["history.safetensors", "epochs.safetensors", "params.safetensors"])
def test_a_flipped_bit_is_never_loaded(run, name):
    data = bytearray((run / name).read_bytes())
    data[-1] ^= 4
    (run / name).write_bytes(data)
    with pytest.raises(RunError, match=f"{name} is damaged"):
        load(run)


def test_a_problem_comes_along(run):
    problem = object()
    assert load(run, problem).problem is problem  # type: ignore[arg-type]
