"""What was broken off goes on: by `fallline resume`, or by the same command again."""

from __future__ import annotations

import contextlib
import signal

import numpy as np
import pytest

import fallline as fl

COMMAND = ["train", "iris", "--model", "linear", "--method", "sgd(lr=0.1)", "--epochs", "9", "--checkpoint-steps", "4"]


@pytest.fixture
def stopping(monkeypatch):
    """Make the next command stop itself by a signal, after its first look at how it stands."""

    @contextlib.contextmanager
    def stopping(by):
        with monkeypatch.context() as patch:
            for shown in ("progress.shown", "race_progress.shown"):

                @contextlib.contextmanager
                def raising(console, *about):
                    yield lambda progress: signal.raise_signal(by)

                patch.setattr(f"fallline.cli.{shown}", raising)
            yield

    return stopping


def test_the_same_command_goes_on_with_what_a_signal_stopped(fallline, stopping):
    whole = fallline(*COMMAND, "--out", "whole")
    assert whole.status == 0, whole.err
    with stopping(by=signal.SIGHUP):
        ran = fallline(*COMMAND)
    assert ran.status == 129
    assert "SIGHUP stopped it at step" in ran.out
    assert ran.out.splitlines()[-2:] == ["to go on: fallline resume runs/iris-sgd-1", "results: runs/iris-sgd-1"]

    other = fallline(*COMMAND, "--seed", "1")  # another run
    assert other.out.splitlines()[-1] == "results: runs/iris-sgd-2"
    ran = fallline(*COMMAND)
    assert ran.status == 0, ran.err
    assert "going on with runs/iris-sgd-1, which was interrupted" in ran.out
    np.testing.assert_array_equal(fl.load("runs/iris-sgd-1").history["loss"], fl.load("whole").history["loss"])
    assert fallline(*COMMAND).out.splitlines()[-1] == "results: runs/iris-sgd-3"


def test_a_named_folder_goes_on_by_other_choices_only_where_that_is_allowed(fallline, stopping):
    with stopping(by=signal.SIGINT):
        assert fallline(*COMMAND, "--out", "run").status == 130
    longer = [*COMMAND, "--out", "run", "--epochs", "12"]
    ran = fallline(*longer)
    assert ran.status == 2
    assert "run: since the run began, this has changed: epochs: 9 → 12. It would not end" in ran.err
    assert ran.err.endswith("undo that, or go on all the same with --allow-changes.\n")
    ran = fallline(*longer, "--allow-changes", "--keep-checkpoints", "5")
    assert ran.status == 0, ran.err
    assert fl.load("run").epochs["epoch"][-1] == 12
    assert [(c["what"], c["then"], c["now"]) for c in fl.load("run").provenance["changes"]] == [("epochs", 9, 12)]


def test_a_race_is_resumed_by_its_folder(fallline, stopping):
    words = ["compare", "iris", "--methods", "sgd", "--lr", "0.01,0.1", "--seeds", "1", "--epochs", "3"]
    with stopping(by=signal.SIGTERM):
        assert fallline(*words).status == 143
    assert "leave out --lr" in fallline("resume", "runs/iris-race-1", "--lr", "0.1").err
    ran = fallline("resume", "runs/iris-race-1")
    assert ran.status == 0, ran.err
    assert ran.out.splitlines()[-1] == "results: runs/iris-race-1/report.html"
    assert "is finished" in fallline("resume", "runs/iris-race-1").err


def test_what_is_no_run_is_explained(fallline, workplace):
    ran = fallline("resume", "nothing")
    assert (ran.status, ran.err) == (2, "fallline: there is no run nothing.\n")
    (workplace / "folder").mkdir()
    assert "folder is not a run: it has no run.json." in fallline("resume", "folder").err
