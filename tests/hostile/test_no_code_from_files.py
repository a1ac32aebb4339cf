"""Nothing that Fallline reads is run: no pickle, no eval, and one place alone that runs a file of the user's own."""

from __future__ import annotations

import ast
import functools
from pathlib import Path
from typing import NamedTuple

SOURCE = Path(__file__).parents[2] / "src" / "fallline"

UNPICKLERS = {
    *("pickle", "_pickle", "cPickle", "pickletools", "marshal", "shelve", "dbm", "dill", "cloudpickle", "joblib"),
    *("yaml", "jsonpickle", "code", "codeop", "runpy", "imp"),
}
RUN_CODE = {"eval", "exec", "compile", "__import__", "sympify", "parse_expr", "exec_module", "run_path", "run_module"}
LOADERS = {("np", "load"), ("numpy", "load"), ("jnp", "load"), ("torch", "load"), ("joblib", "load")}
STARTERS = {("os", name) for name in ("system", "popen", "fork", "execv", "execve", "execvp", "spawnv", "posix_spawn")}

MAY_RUN = {"problems/user_file.py": "a problem that the user wrote, named on the command line or by a run of it"}
MAY_START = {"cli/launch.py": "the processes of one training, each of them Fallline"}


class File(NamedTuple):
    """What a source file of the package imports, anywhere in it, and calls, by the last words of each name.

    `np.load` is ("np", "load").
    """

    name: str
    packages: set[str]
    calls: list[tuple[tuple[str, ...], ast.Call]]


@functools.cache
def files() -> list[File]:
    """Return every source file."""
    return [_read(file) for file in sorted(SOURCE.rglob("*.py"))]


def _read(file: Path) -> File:
    found = File(str(file.relative_to(SOURCE)), set(), [])
    for node in ast.walk(ast.parse(file.read_text())):
        match node:
            case ast.Import(names=names):
                found.packages.update(alias.name.partition(".")[0] for alias in names)
            case ast.ImportFrom(module=module):
                found.packages.add((module or "").partition(".")[0])
            case ast.Call(func=ast.Name(id=name)):
                found.calls.append(((name,), node))
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=name)):
                found.calls.append(((owner, name), node))
            case ast.Call(func=ast.Attribute(attr=name)):
                found.calls.append((("", name), node))
    return found


def test_nothing_is_unpickled() -> None:
    for file in files():
        assert not file.packages & UNPICKLERS, file.name
        for words, call in file.calls:
            place = f"{file.name}:{call.lineno}"
            assert words not in LOADERS, f"{place} loads what may be a pickle"
            assert "allow_pickle" not in [keyword.arg for keyword in call.keywords], place


def test_one_place_alone_runs_code() -> None:
    found = set()
    for file in files():
        for words, _ in file.calls:
            of_an_object = len(words) > 1 and words[-1] in ("compile", "eval")  # re.compile, and a program's
            if words[-1] in RUN_CODE and not of_an_object:
                found.add(file.name)
    assert found == MAY_RUN.keys()


def test_one_place_alone_starts_programs() -> None:
    starting = [file for file in files() if file.packages & {"subprocess", "pty"}]
    calling = [file for file in files() if any(words in STARTERS for words, _ in file.calls)]
    assert {file.name for file in (*starting, *calling)} == MAY_START.keys()
