from __future__ import annotations

import json
import math
import os
import subprocess
import sys
import xml.dom.minidom

import ml_dtypes
import numpy as np
import pytest

from fallline.core.errors import InvalidValue, RunError
from fallline.core.outcome import Outcome
from fallline.core.spec import Spec
from fallline.record.load import load

COLUMNS = ("history", "epochs", "arrays", "model_arrays")


def same_tables(a, b):
    for name in COLUMNS:
        mine, theirs = getattr(a, name), getattr(b, name)
        assert list(mine) == list(theirs)
        for key, array in mine.items():
            assert array.dtype == theirs[key].dtype
            assert array.shape == theirs[key].shape
            assert array.tobytes() == theirs[key].tobytes()


def test_a_saved_record_loads_bit_for_bit(tmp_path, make_record):
    record = make_record(model_arrays={"mean": np.arange(3.0, dtype=np.float16)})
    assert record.save(tmp_path / "a") == tmp_path / "a"
    found = load(tmp_path / "a")
    same_tables(record, found)
    assert found.spec == record.spec
    assert found.outcome is Outcome.FINISHED
    assert found.why == record.why
    assert found.test["accuracy"] == 0.75
    assert math.isnan(found.test["loss"])
    assert found.provenance == record.provenance
    assert found.preparation == record.preparation
    assert found.path == tmp_path / "a"


def test_a_record_without_anything_measured_round_trips(tmp_path, make_record):
    record = make_record(history={}, epochs={}, arrays={}, test={}, preparation=None)
    record.save(tmp_path / "a")
    found = load(tmp_path / "a")
    same_tables(record, found)
    assert found.preparation is None


def test_every_file_says_what_it_is(tmp_path, record):
    record.save(tmp_path / "a")
    found = ["epochs.safetensors", "history.safetensors", "params.safetensors", "run.json"]
    assert sorted(os.listdir(tmp_path / "a")) == found
    assert os.listdir(tmp_path) == ["a"]


def test_saving_the_same_record_there_again_does_nothing(tmp_path, record):
    record.save(tmp_path / "a")
    stamp = (tmp_path / "a" / "run.json").stat()
    record.save(tmp_path / "a")
    load(tmp_path / "a").save(tmp_path / "a")
    assert (tmp_path / "a" / "run.json").stat().st_mtime_ns == stamp.st_mtime_ns


def test_another_run_is_never_overwritten(tmp_path, make_record):
    make_record().save(tmp_path / "a")
    other = make_record(arrays={"0.w": np.zeros(1)})
    with pytest.raises(RunError, match=r"holds another run; nothing is ever overwritten"):
        other.save(tmp_path / "a")
    assert load(tmp_path / "a").arrays["0.w"].dtype == ml_dtypes.bfloat16


@pytest.mark.parametrize("content", ["{", "null", '{"format": 1}'])
def test_a_folder_with_something_else_is_left_alone(tmp_path, record, content):
    (tmp_path / "run.json").write_text(content)
    with pytest.raises(RunError, match="nothing is ever overwritten"):
        record.save(tmp_path)
    assert os.listdir(tmp_path) == ["run.json"]


def test_a_file_in_the_place_of_the_folder_is_left_alone(tmp_path, record):
    (tmp_path / "a").write_text("mine")
    with pytest.raises(RunError, match="is not a run"):
        record.save(tmp_path / "a")
    with pytest.raises(RunError, match="cannot make"):
        record.save(tmp_path / "a" / "b")
    assert (tmp_path / "a").read_text() == "mine"


def test_an_empty_folder_and_missing_parents_are_fine(tmp_path, record):
    (tmp_path / "empty").mkdir()
    record.save(tmp_path / "empty")
    record.save(tmp_path / "x" / "y")
    assert load(tmp_path / "empty").why == load(tmp_path / "x" / "y").why


def test_a_save_that_fails_leaves_nothing(tmp_path, make_record):
    with pytest.raises(RunError, match="cannot be stored"):
        make_record(arrays={"w": np.array(["text"])}).save(tmp_path / "a")
    assert not os.listdir(tmp_path)


def test_arrays_cannot_be_written_and_the_callers_can(make_record):
    mine = np.array([1.0, 2.0])
    record = make_record(history={"step": np.arange(2), "loss": mine})
    with pytest.raises(ValueError, match="read-only"):
        record.history["loss"][0] = 5
    mine[0] = 3.0


def test_fields_cannot_be_changed(record):
    with pytest.raises(AttributeError):
        record.outcome = Outcome.DIVERGED


def test_without_a_problem_the_parameters_are_arrays_by_path(record):
    assert list(record.params) == ["0.w", "0.b"]


def test_with_a_tree_the_parameters_are_the_users_own(make_record):
    tree = object()
    assert make_record(tree=tree).params is tree


def test_repr_is_one_line_with_what_matters(record):
    assert repr(record) == "<Record adam(lr=0.001): finished, 3 steps, test accuracy 0.75, test loss nan>"


def test_notebooks_see_a_card_that_is_escaped(make_record):
    record = make_record(
        spec=Spec("sgd", {"data": "</script><b>.csv"}), why="<img src=x>", test={"<i>": 0.5}, provenance={}
    )
    card = record._repr_html_()
    assert "&lt;img src=x&gt;" in card
    assert "&lt;i&gt; 0.5" in card
    assert "<b>" not in card
    assert card.count("<svg") == 1
    xml.dom.minidom.parseString(card.replace("<br>", "<br/>"))


def test_plot_shows_and_saves_the_curves(tmp_path, record):
    figure = record.plot()
    assert figure._repr_svg_().startswith("<svg")
    figure.save(tmp_path / "loss.svg")
    assert xml.dom.minidom.parse(str(tmp_path / "loss.svg")).documentElement.tagName == "svg"
    with pytest.raises(InvalidValue, match=r"ends in \.svg"):
        figure.save(tmp_path / "loss.jpg")


WITHOUT_JAX = """
import importlib, json, pathlib, pkgutil, sys
for name in ("jax", "jaxlib", "polars", "sklearn"):
    sys.modules[name] = None  # importing it now fails
import fallline.figures, fallline.record, fallline.report
for package in (fallline.record, fallline.figures, fallline.report):
    for module in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
        importlib.import_module(module.name)
from fallline.record.load import load
from fallline.record.summary import runs
from fallline.report.run_page import run_page
path = pathlib.Path(sys.argv[1])
record = load(path)
record.plot(), record._repr_html_(), run_page(record), record.save(path.parent / "copy")
print(json.dumps([str(record.params["0.w"].dtype), [run.name for run in runs(path.parent)]]))
"""


def test_a_finished_run_opens_on_a_machine_without_jax(tmp_path, record):
    record.save(tmp_path / "a")
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT_JAX, tmp_path / "a"], capture_output=True, text=True, check=False
    )
    assert ran.returncode == 0, ran.stderr
    assert json.loads(ran.stdout) == ["bfloat16", ["a", "copy"]]
