from __future__ import annotations

import re
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from fallline.core.errors import RunError
from fallline.core.spec import Spec
from fallline.record.names import data_name, next_run_path, safe_name

DEVICES = ["con", "PRN", "aux", "nul", "COM1", "lpt9", "con.txt", "NUL.tar.gz"]


@settings(deadline=None)
@given(st.text(), st.integers(8, 64))
def test_every_name_is_safe(text, longest):
    name = safe_name(text, longest)
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", name)
    assert len(name) <= longest
    assert not name.endswith(".")


@settings(deadline=None)
@given(st.from_regex(r"[A-Za-z0-9]{1,9}([._-][A-Za-z0-9]{1,9}){0,4}", fullmatch=True))
def test_a_safe_name_stays(text):
    assume(not re.match(r"(con|prn|aux|nul|com[1-9]|lpt[1-9])(\.|$)", text, re.IGNORECASE))
    assert safe_name(text) == text


@pytest.mark.parametrize("text", DEVICES)
def test_device_names_are_no_folders(text):
    assert safe_name(text) == f"run-{text}"


@pytest.mark.parametrize("text", ["", "..", "///", "数字", ".-_"])
def test_nothing_left_is_called_run(text):
    assert safe_name(text) == "run"


def test_numbers_go_on_after_the_highest(tmp_path):
    for name in ("digits-adam-2", "digits-adam-9", "digits-adam-x", "digits-sgd-40", "digits-adam-07"):
        (tmp_path / "runs" / name).mkdir(parents=True)
    assert next_run_path(tmp_path / "runs", "digits-adam") == tmp_path / "runs" / "digits-adam-10"
    assert next_run_path(tmp_path / "runs", "digits-adam") == tmp_path / "runs" / "digits-adam-11"
    assert next_run_path(tmp_path / "runs", "digits-sgd").name == "digits-sgd-41"


def test_the_first_one_makes_the_folder_of_runs(tmp_path):
    path = next_run_path(tmp_path / "a" / "runs", "prix/été <b>")
    assert path == tmp_path / "a" / "runs" / "prix-ete-b-1"
    assert path.is_dir()


def test_a_long_stem_leaves_room_for_the_number(tmp_path):
    assert len(next_run_path(tmp_path, "x" * 500).name) <= 64


def test_a_folder_that_cannot_be_made_says_so(tmp_path):
    (tmp_path / "runs").touch()
    with pytest.raises(RunError, match="cannot make a folder in"):
        next_run_path(tmp_path / "runs", "a")


def test_runs_that_start_together_get_different_folders(tmp_path):
    together = threading.Barrier(8, timeout=20)

    def start(_):
        together.wait()
        return next_run_path(tmp_path, "a").name

    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(start, range(80)))
    assert sorted(names) == sorted(f"a-{n}" for n in range(1, 81))


@pytest.mark.parametrize(
    ("problem", "name"),
    [
        ({"data": "digits"}, "digits"),
        ({"data": "/home/me/a b.csv"}, "a b.csv"),
        ({"data": "images('/home/me/cats (all)', size=(8, 8))"}, "cats (all)"),
        ({"file": "mine.py:two"}, "mine.py:two"),
    ],
)
def test_the_data_have_a_short_name(problem, name):
    assert data_name(Spec("sgd", problem), {"problem": "other"}) == name


def test_a_problem_of_ones_own_has_its_name():
    assert data_name(Spec("sgd"), {"problem": "line"}) == "line"
    assert data_name(Spec("sgd"), {}) == ""
