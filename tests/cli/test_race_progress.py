"""How a race stands while it runs: plain lines now and then in a file, a table kept up to date on a terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console

from fallline.cli import race_progress
from fallline.lab.race_progress import RaceProgress

HALF_WAY = RaceProgress(
    phase="screening", done=120, runs=1200, share=0.25, seconds=10.0,
    rows=(("adam", 0.0031623, 0.123456), ("rprop", None, 0.2), ("sgd", 0.1, float("inf"))),
)  # fmt: skip


def written(terminal, progresses, monkeypatch):
    clock = iter(i * 0.05 for i in range(1000))
    monkeypatch.setattr("fallline.cli.progress.time", SimpleNamespace(monotonic=lambda: next(clock)))
    file = io.StringIO()
    console = Console(file=file, force_terminal=terminal, width=100, soft_wrap=True, highlight=False)
    with race_progress.shown(console, "validation loss") as show:
        for progress in progresses:
            show(progress)
    return file.getvalue()


def test_a_line_says_how_far_it_is_and_who_leads():
    assert race_progress.line(HALF_WAY, "validation loss") == (
        "screening  120 of 1,200 runs  25 %  10 s gone  30 s left  "
        "best so far: adam, validation loss 0.1235 at rate 0.00316"
    )


def test_a_line_before_anything_is_known():
    nothing = replace(HALF_WAY, done=0, share=0.0, rows=(("adam", 0.1, float("inf")),))
    assert race_progress.line(nothing, "validation loss") == "screening  0 of 1,200 runs  0 %  10 s gone"


def test_a_method_without_a_rate():
    assert race_progress.line(replace(HALF_WAY, rows=HALF_WAY.rows[1:]), "accuracy").endswith("rprop, accuracy 0.2")


@pytest.mark.parametrize("terminal", [False, True])
def test_progress_is_rationed(monkeypatch, terminal):
    said = written(terminal, [HALF_WAY] * 100, monkeypatch)
    if terminal:
        assert 40 <= said.count("screening") <= 50
    else:
        assert said.count("\n") == said.count("screening") == 2
        assert "\r" not in said
        assert "\x1b" not in said


def test_a_terminal_shows_a_row_a_method(monkeypatch):
    said = written(True, [HALF_WAY] * 3, monkeypatch)
    lines = [line.split() for line in said.splitlines()]
    assert ["1", "adam", "0.1235", "0.00316"] in lines
    assert ["2", "rprop", "0.2"] in lines
    assert ["3", "sgd"] in lines
    assert "30 s left" in said
