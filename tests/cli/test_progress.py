"""Progress: plain lines now and then in a file, one line kept up to date on a terminal."""

from __future__ import annotations

import io
from dataclasses import replace
from types import SimpleNamespace

import pytest
from rich.console import Console

from fallline.cli import progress
from fallline.engine.progress import Progress

HALF_WAY = Progress(
    step=500, steps=1000, epoch=5, epochs=10, samples=64_000, seconds=2.0, loss=0.123456,
    validation={"loss": 0.2, "accuracy": 0.97531},
)  # fmt: skip


def test_a_line_says_where_the_run_stands():
    assert progress.line(HALF_WAY) == ("epoch 5/10  loss 0.1235  val accuracy 0.9753  2 s left  32,000 samples/s")


def test_a_line_before_the_first_validation():
    assert "accuracy" not in progress.line(replace(HALF_WAY, validation={}))


def test_a_run_within_one_epoch_counts_steps():
    assert progress.line(replace(HALF_WAY, epoch=0, epochs=1)).startswith("step 500/1,000  loss")


@pytest.mark.parametrize("terminal", [False, True])
def test_lines_are_rationed(monkeypatch, terminal):
    clock = iter(i * 0.05 for i in range(1000))
    monkeypatch.setattr("fallline.cli.progress.time", SimpleNamespace(monotonic=lambda: next(clock)))
    written = io.StringIO()
    console = Console(file=written, force_terminal=terminal, width=200, soft_wrap=True)
    with progress.shown(console) as show:
        for step in range(100):
            show(replace(HALF_WAY, step=step))
    said = written.getvalue()
    if terminal:
        assert 40 <= said.count("loss") <= 50
        assert said.count("\x1b[2K") >= said.count("loss")
    else:
        assert said.count("\n") == said.count("loss") == 2
        assert "\r" not in said
        assert "\x1b" not in said
