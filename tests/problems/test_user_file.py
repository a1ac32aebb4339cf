"""Problems written in a user's own file."""

import sys

import pytest

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.problem import Problem
from fallline.problems import from_file, rebuild

SOURCE = """
from __future__ import annotations

import dataclasses

import beside
from fallline.core.problem import Problem

@dataclasses.dataclass
class Start:
    at: float

bowl = Problem(init=lambda key: Start(2.0).at, loss=lambda w, batch: beside.square(w), name="bowl")

def make_bowl():
    return bowl

def with_size(size):
    return bowl

def make_number():
    return 3

steps = 10
"""


@pytest.fixture
def file(tmp_path):
    (tmp_path / "beside.py").write_text("def square(w):\n    return w * w\n")
    path = tmp_path / "mine.py"
    path.write_text(SOURCE)
    return path


@pytest.mark.parametrize("name", ["bowl", "make_bowl"])
def test_a_problem_or_a_function_that_makes_one(file, name, monkeypatch):
    monkeypatch.chdir(file.parent)
    problem = from_file(f"mine.py:{name}")
    assert isinstance(problem, Problem)
    assert problem.loss(3.0, None) == 9
    assert problem.name == "bowl"
    assert problem.recipe == {"file": f"{file}:{name}"}
    monkeypatch.chdir("/")
    assert rebuild(problem.recipe).loss(3.0, None) == 9


def test_the_file_leaves_no_trace_on_the_import_path(file):
    before = list(sys.path)
    from_file(f"{file}:bowl")
    assert sys.path == before


def test_files_of_one_name_do_not_meet(file, tmp_path):
    other = tmp_path / "other"
    other.mkdir()
    (other / "mine.py").write_text(SOURCE.replace("import beside\n", "").replace("beside.square(w)", "7.0"))
    assert [from_file(f"{path}:bowl").loss(3.0, None) for path in (file, other / "mine.py")] == [9, 7]


@pytest.mark.parametrize(
    ("address", "error", "message"),
    [
        ("mine.py", InvalidValue, "write a file and a name in it"),
        ("mine.txt:bowl", InvalidValue, "write a file and a name in it"),
        (3, InvalidValue, "write a file and a name in it"),
        ("mien.py:bowl", InvalidValue, r"no file .*mien\.py'\. Did you mean 'mine\.py'"),
        ("mine.py:bowll", InvalidValue, r"defines no 'bowll'\. Did you mean 'bowl'"),
        ("mine.py:steps", InvalidType, r"steps is a int; it must be a fl\.Problem"),
        ("mine.py:make_number", InvalidType, "make_number is a int"),
        ("mine.py:with_size", InvalidType, "with_size is called without arguments: .*'size'"),
    ],
)
def test_what_is_no_problem_is_refused(file, address, error, message, monkeypatch):
    monkeypatch.chdir(file.parent)
    with pytest.raises(error, match=message):
        from_file(address)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("\n1 / 0\n", "line 2: ZeroDivisionError: division by zero"),
        ("raise ValueError", "line 1: ValueError"),
        ("import beside\n\nbeside.square(None)", "line 3: TypeError: unsupported operand"),
        ("import nowhere_to_be_found", "line 1: ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("x = 1\nx = = 2\n", "line 2: SyntaxError: invalid syntax"),
        ("raise SystemExit('enough')", "line 1: SystemExit: enough"),
        ("def bowl():\n    return inner()\n\ndef inner():\n    raise KeyError('k')\n", "line 5: KeyError: 'k'"),
        ("from fallline.core.errors import DataError\nraise DataError('no rows')", "line 2: DataError: no rows"),
    ],
)
def test_an_error_of_the_users_own_is_placed(file, text, said, monkeypatch):
    monkeypatch.chdir(file.parent)
    file.write_text(text)
    with pytest.raises(InvalidValue) as caught:
        from_file("mine.py:bowl")
    assert str(caught.value).startswith(f"mine.py, {said}")
    assert type(caught.value.__cause__).__name__ in said


def test_ctrl_c_in_the_users_file_is_no_error_of_theirs(file):
    file.write_text("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        from_file(f"{file}:bowl")
