from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from fallline.cli.main import main


class Ran(NamedTuple):
    status: int
    out: str
    err: str


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder; commands run in this process leave JAX's settings alone.

    They look neither for a learning rate nor for the reason of a bad end.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("fallline.cli.compile_cache.enable", lambda: None)
    monkeypatch.setattr("fallline.cli.rate.found", lambda problem, method, choices, console: method)
    monkeypatch.setattr("fallline.cli.ending.examined", lambda record, people: record)
    return tmp_path


@pytest.fixture
def fallline(workplace: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Ran]:
    """Run the command in this process: `fallline("methods", "adam")`."""

    def run(*words: object) -> Ran:
        status = main([str(word) for word in words])
        return Ran(status, *capsys.readouterr())

    return run
