"""`fallline train` and what follows it: folders, JSON, exit statuses, predictions, resuming."""

from __future__ import annotations

import contextlib
import csv
import inspect
import json
import os
import shlex
import signal
import subprocess
import sys

import numpy as np
import pytest

import fallline as fl
from fallline.cli import options
from fallline.core.spec import Spec
from fallline.report.command import command

TINY = ["--model", "mlp(8)", "--epochs", "2", "--batch", "128"]

LINE = """
import jax.numpy as jnp
import fallline as fl

x = jnp.linspace(-1, 1, 64)[:, None]
line = fl.Problem(
    init=lambda key: {"w": jnp.zeros(1)},
    loss=lambda p, batch: (batch.x @ p["w"] - batch.y) ** 2,
    data=(x, 3 * x[:, 0]),
    name="line",
)
"""


@pytest.fixture(scope="module")
def process(tmp_path_factory):
    """One real process, with standard output and error apart."""
    place = tmp_path_factory.mktemp("process")
    words = [sys.executable, "-m", "fallline", "train", "digits", *TINY, "--json"]
    environment = {**os.environ, "XDG_CACHE_HOME": str(place / "caches")}
    return place, subprocess.run(words, cwd=place, env=environment, capture_output=True, text=True)


def test_json_is_all_that_standard_output_holds(process):
    place, ran = process
    assert ran.returncode == 0
    told = json.loads(ran.stdout)
    assert set(told) == {"path", "outcome", "why", "test", "epochs", "steps", "seconds", "findings"}
    assert (told["path"], told["outcome"], told["epochs"]) == ("runs/digits-adam-1", "finished", 2)
    record = fl.load(place / told["path"])
    assert told["test"] == record.test
    assert told["steps"] == record.history["step"][-1]


def test_the_words_for_people_go_to_standard_error(process):
    _, ran = process
    said = ran.stderr.splitlines()
    assert said[0].startswith("data: digits, 1,797 rows of 8×8 (")
    assert said[1] == "task: classification, as 'digit' has 10 distinct values"
    assert "model: mlp(8), 610 parameters" in said  # 64·8 + 8 + 8·10 + 10
    assert said[-1] == "results: runs/digits-adam-1"
    assert "\r" not in ran.stderr
    assert "\x1b" not in ran.stderr


def test_compiled_programs_are_kept(process):
    place, _ = process
    assert list((place / "caches" / "fallline" / "compile").glob("*/*-cache"))


def test_each_run_gets_the_next_folder(fallline, workplace):
    for n in (1, 2):
        ran = fallline("train", "iris", "--method", "sgd", "--epochs", "1")
        assert ran.status == 0
        assert ran.out.splitlines()[-1] == f"results: runs/iris-sgd-{n}"
    assert sorted(path.name for path in (workplace / "runs").iterdir()) == ["iris-sgd-1", "iris-sgd-2"]


def test_a_run_that_blows_up_is_status_1(fallline):
    ran = fallline("train", "diabetes", "--method", "sgd", "--lr", "1e4", "--epochs", "3", "--json")
    assert ran.status == 1
    told = json.loads(ran.out, parse_constant=pytest.fail)  # NaN and Infinity are not JSON
    assert told["outcome"] in ("diverged", "nonfinite")


def test_every_choice_reaches_the_run_and_its_command_repeats_it(fallline, workplace):
    words = ["--model", "mlp(4, activation=tanh)", "--task", "classification", "--loss", "softmax_cross_entropy"]
    words += ["--split", ".6,.2,.2", "--split-seed", "3", "--missing", "drop", "--constant", "drop"]
    words += ["--method", "adam(b1=0.8)", "--lr", "exponential(0.01, 0.9)", "--batch", "full", "--steps", "5"]
    words += ["--seed", "7", "--sampling", "sequential", "--last-batch", "drop", "--reduction", "sum"]
    words += ["--target-loss", "1e-9", "--checkpoint-seconds", "5", "--checkpoint-steps", "2", "--target", "digit"]
    words += ["--patience", "3", "--min-improvement", "0.001", "--watch", "highest accuracy", "--keep", "last"]
    words += ["--max-time", "600", "--precision", "bfloat16", "--l1", "1e-6", "--l2", "1e-5"]
    words += ["--probes", "gradnorms, sharpness(every=3)", "--probe-budget", "90"]
    assert fallline("train", "digits", *words, "--out", "first").status == 0
    first = fl.load("first")
    chosen = first.spec.to_dict()
    problem = chosen.pop("problem")
    method = chosen.pop("method")
    assert method.startswith("adam(lr=exponential(peak=0.01, decay=0.9")
    assert "b1=0.8" in method
    usual = Spec("adam").to_dict()
    assert {name: value for name, value in chosen.items() if value != usual.get(name)} == {
        "batch_size": "full",
        "steps": 5,
        "seed": 7,
        "sampling": "sequential",
        "last_batch": "drop",
        "reduction": "sum",
        "target_loss": 1e-9,
        "patience": 3,
        "min_improvement": 0.001,
        "watch": "highest accuracy",
        "keep": "last",
        "max_time": 600.0,
        "precision": "bfloat16",
        "l1": 1e-6,
        "l2": 1e-5,
        "probes": ["gradnorms", "sharpness(every=3)"],
        "probe_budget": 90.0,
        "checkpoint_seconds": 5.0,
        "checkpoint_steps": 2,
    }
    assert problem["split"] == [0.6, 0.2, 0.2]
    assert (problem["split_seed"], problem["missing"], problem["constant"]) == (3, "drop", "drop")

    written = command(first.spec)
    assert written is not None
    name, *again = shlex.split(written.replace("\\\n", ""))
    assert name == "fallline"
    assert fallline(*again, "--out", "second").status == 0
    second = fl.load("second")
    assert second.spec == first.spec
    for path, array in first.arrays.items():
        np.testing.assert_array_equal(second.arrays[path], array)


def test_a_rate_given_apart_replaces_the_methods(fallline):
    assert fallline("train", "iris", "--method", "momentum(beta=0.5, lr=1)", "--lr", "0.02", "--out", "a").status == 0
    record = fl.load("a")
    assert record.spec.method.startswith("momentum(lr=0.02, beta=0.5")
    np.testing.assert_allclose(record.history["lr"], 0.02, rtol=1e-6)


def test_a_problem_of_your_own(fallline, workplace):
    (workplace / "mine.py").write_text(LINE)
    ran = fallline("train", "mine.py:line", "--method", "sgd", "--lr", "0.3", "--batch", "16", "--epochs", "50")
    assert ran.status == 0
    assert ran.out.splitlines()[-1] == "results: runs/line-sgd-1"
    np.testing.assert_allclose(fl.load("runs/line-sgd-1").arrays["w"], [3.0], rtol=1e-3)
    refused = fallline("predict", "runs/line-sgd-1", "iris")
    assert refused.status == 2
    assert "problem of your own" in refused.err


def test_a_ready_problem_in_a_file_of_your_own(fallline, workplace):
    (workplace / "mine.py").write_text('import fallline as fl\n\nflowers = fl.problems.for_data("iris", "linear")\n')
    assert fallline("train", "mine.py:flowers", "--epochs", "1", "--out", "a").status == 0
    assert fallline("predict", "a", "iris").out.splitlines()[1] in ("setosa", "versicolor", "virginica")


def test_labels_are_predicted_in_the_users_words(fallline, workplace):
    flowers = fl.data.load("iris")
    header = [name for name in flowers.columns if name != flowers.target]
    levels = flowers.columns["species"].levels
    species = [levels[code] for code in flowers.columns["species"].codes]
    with open(workplace / "flowers.csv", "w", newline="") as file:
        csv.writer(file).writerows([header, *zip(*(flowers.columns[name] for name in header), strict=True)])
    assert fallline("train", "iris", "--lr", "0.05", "--epochs", "30", "--out", "run").status == 0

    ran = fallline("predict", "run", "flowers.csv")
    assert (ran.status, ran.err) == (0, "")
    name, *predicted = ran.out.splitlines()
    assert name == "prediction"
    assert np.mean(np.array(predicted) == np.array(species)) > 0.9

    ran = fallline("predict", "run", "flowers.csv", "--out", "predicted.csv")
    assert ran.out.splitlines()[-1] == "150 predictions: predicted.csv"
    assert (workplace / "predicted.csv").read_text().splitlines() == ["prediction", *predicted]

    before = (workplace / "flowers.csv").read_bytes()
    for taken in ("flowers.csv", "predicted.csv", "run"):
        ran = fallline("predict", "run", "flowers.csv", "--out", taken)
        assert (ran.status, ran.out) == (2, "")
        assert ran.err == f"fallline: --out {taken}: it already exists. Name a new file, or remove that one.\n"
    assert (workplace / "flowers.csv").read_bytes() == before

    told = json.loads(fallline("predict", "run", "flowers.csv", "--json").out)
    assert told == {"path": None, "run": "run", "rows": 150, "predictions": {"prediction": predicted}}


def test_a_signal_saves_the_run_and_resume_goes_on(fallline, monkeypatch):
    @contextlib.contextmanager
    def interrupting(console):
        yield lambda progress: signal.raise_signal(signal.SIGTERM)

    words = ["train", "digits", "--model", "mlp(8)", "--epochs", "3"]
    assert fallline(*words, "--out", "whole").status == 0
    with monkeypatch.context() as patched:
        patched.setattr("fallline.cli.progress.shown", interrupting)
        ran = fallline(*words, "--out", "cut")
    assert ran.status == 128 + signal.SIGTERM
    assert ran.out.splitlines()[-2:] == ["to go on: fallline resume cut", "results: cut"]

    ran = fallline("resume", "cut", "--json")
    assert ran.status == 0
    assert json.loads(ran.out)["outcome"] == "finished"
    for path, array in fl.load("whole").arrays.items():
        np.testing.assert_array_equal(fl.load("cut").arrays[path], array)
    assert fallline("resume", "cut").status == 2


def test_runs_are_listed(fallline):
    fallline("train", "iris", "--epochs", "1")
    fallline("train", "iris", "--epochs", "1", "--method", "sgd")
    header, first, second, total = fallline("runs").out.splitlines()
    assert header.split()[:3] == ["run", "data", "outcome"]
    assert first.split()[:3] == ["iris-adam-1", "iris", "finished"]
    assert second.split()[0] == "iris-sgd-1"
    assert total == "2 runs in runs"
    told = json.loads(fallline("runs", "runs", "--json").out)
    assert [run["name"] for run in told["runs"]] == ["iris-adam-1", "iris-sgd-1"]


def test_the_defaults_in_the_help_are_the_librarys(fallline):
    defaults = {name: p.default for name, p in inspect.signature(fl.problems.for_data).parameters.items()}
    shown = {
        name: getattr(options, alias).__metadata__[0].show_default
        for name, alias in {
            "model": "Model",
            "missing": "Missing",
            "constant": "Constant",
            "split_seed": "SplitSeed",
        }.items()
    }
    assert shown == {name: str(defaults[name]) for name in shown}
    assert tuple(float(share) for share in options.Split.__metadata__[0].show_default.split(",")) == defaults["split"]


def test_one_of_a_thing_is_singular(fallline, workplace):
    (workplace / "mine.py").write_text(LINE)
    said = fallline("train", "mine.py:line", "--epochs", "1").out
    assert "model: your own, 1 parameter\n" in said
    assert "(1 epoch, " in said
