"""`fallline compare`: a race and its folder, finished runs, a race that is shown again, and published problems."""

from __future__ import annotations

import contextlib
import csv
import dataclasses
import html
import inspect
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time

import pytest

import fallline as fl
from fallline.cli import options
from fallline.core.grid import log_grid
from fallline.lab.compare import EPOCHS
from fallline.problems import yardsticks
from fallline.record.lock import Lock
from fallline.record.race_document import RaceDocument
from fallline.report.race_command import race_command

TINY = ["iris", "--model", "linear", "--epochs", "1", "--methods", "sgd, adam", "--lanes", "threads"]


class Begun(Exception):
    """A race was about to begin."""


@pytest.fixture
def begun(fallline, monkeypatch):
    """Return with which methods and choices a command would begin a race."""

    def stop(problem, methods, spec, *rest):
        raise Begun(methods, spec)

    def begin(*words):
        with monkeypatch.context() as patched:
            patched.setattr("fallline.lab.raced.raced", stop)
            with pytest.raises(Begun) as found:
                fallline("compare", *words)
        return found.value.args

    return begin


def test_a_race(fallline, workplace):
    ran = fallline("compare", *TINY, "--lr", "0.1,1e-6", "--seeds", "3", "--csv", "runs.csv")
    assert (ran.status, ran.err) == (0, "")
    said = ran.out.splitlines()
    assert said[0].startswith("data: iris, 150 rows × 4 columns")
    assert said[-1] == "results: runs/iris-race-1/report.html"
    assert said[-2].startswith("32 runs in ")  # 2 methods · (2 rates · 3 seeds + 10 fresh ones)
    document = RaceDocument.read(workplace / "runs" / "iris-race-1")
    assert document.result["verdict"] in said
    assert (workplace / "runs" / "iris-race-1" / "report.html").read_text().startswith("<!doctype html>")
    with open(workplace / "runs.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 32
    assert {(row["label"], row["phase"]) for row in rows} == {
        (label, phase) for label in ("sgd", "adam") for phase in ("screening", "final")
    }
    assert fallline("compare", *TINY, "--lr", "0.1", "--seeds", "1").out.endswith("runs/iris-race-2/report.html\n")


def test_json_is_all_that_standard_output_holds(fallline):
    words = ["--lr", "0.1,1e-6", "--seeds", "3", "--final-seeds", "4", "--measure", "accuracy", "--json"]
    ran = fallline("compare", *TINY, *words)
    told = json.loads(ran.out, parse_constant=pytest.fail)  # NaN and Infinity are not JSON
    assert set(told) == {
        "path", "report", "outcome", "verdict", "winner", "measure", "table", "notes", "runs", "seconds"
    }  # fmt: skip
    assert (told["path"], told["report"]) == ("runs/iris-race-1", "runs/iris-race-1/report.html")
    assert (told["outcome"], told["measure"], told["runs"]) == ("finished", "validation accuracy", 20)
    assert {row["method"] for row in told["table"]} == {"sgd", "adam"}
    assert told["verdict"] in ran.err
    if told["winner"] is not None:
        assert told["winner"]["label"] == told["table"][0]["method"]
        assert told["winner"]["method"] == told["table"][0]["full"]


def test_a_winner_is_named_with_its_method(fallline):
    words = ["iris", "--model", "linear", "--epochs", "1", "--methods", "sgd(lr=1e-6), adam(lr=0.1)", "--lr", "own"]
    told = json.loads(fallline("compare", *words, "--seeds", "5", "--lanes", "threads", "--json").out)
    assert told["winner"]["label"] == "adam"
    assert told["winner"]["method"].startswith("adam(lr=0.1, b1=0.9")


def test_a_race_in_which_every_run_fails_is_status_1(fallline):
    words = ["diabetes", "--model", "linear", "--epochs", "1", "--methods", "sgd", "--lr", "1e20", "--seeds", "1"]
    ran = fallline("compare", *words, "--lanes", "threads")
    assert ran.status == 1
    assert "Every run failed" in ran.out


def test_a_method_that_cannot_run_is_named_and_the_others_go_on(fallline):
    words = ["--methods", "sgd, adam, sgd(lr=plateau(0.1))", "--split", ".8,0,.2", "--lr", "own", "--seeds", "1"]
    told = json.loads(fallline("compare", *TINY, *words, "--json").out)
    assert {row["method"] for row in told["table"]} == {"sgd", "adam"}
    assert "sgd(lr=plateau) does not race: " in told["notes"][0]


def test_a_solver_is_named_and_the_others_go_on(fallline):
    words = ["--methods", "sgd, lbfgs", "--lr", "own", "--seeds", "1"]
    told = json.loads(fallline("compare", *TINY, *words, "--json").out)
    assert [row["method"] for row in told["table"]] == ["sgd"]
    assert told["notes"][0].startswith("lbfgs does not race: lbfgs drives a function by itself")


def test_a_schedule_by_name_lasts_as_long_as_the_run_and_is_shown_again(fallline, workplace):
    words = ["--methods", "adamw(lr=cosine), sgd(lr=cosine(0.5, end=0.1))", "--lr", "own", "--seeds", "1"]
    ran = fallline("compare", *TINY, *words, "--out", "race")
    assert ran.status == 0
    spec = RaceDocument.read(workplace / "race").spec
    assert spec.methods[0].startswith("adamw(lr=cosine(peak=0.001), b1=0.9")
    assert spec.methods[1] == "sgd(lr=cosine(peak=0.5, end=0.1))"
    again = fallline("compare", "race")
    assert (again.status, again.err) == (0, "")
    assert ran.out.endswith(again.out)
    assert "it is finished" in fallline("compare", *TINY, *words, "--out", "race").err  # the same spec once more


def test_who_comes_second_to_a_folder_does_not_say_that_it_goes_on(fallline, workplace, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr("fallline.record.race_folder.RaceFolder.finish", lambda *_, **__: None)
        fallline("compare", *TINY, "--lr", "0.1", "--seeds", "1", "--out", "same")
    held = Lock(workplace / "same")
    ran = fallline("compare", *TINY, "--lr", "0.1", "--seeds", "1", "--out", "same")
    held.release()
    assert (ran.status, "going on" in ran.out) == (2, False)
    assert "same is already open for writing" in ran.err
    assert "going on with same" in fallline("compare", *TINY, "--lr", "0.1", "--seeds", "1", "--out", "same").out


def test_an_end_while_the_pace_is_measured_is_said(fallline, workplace, monkeypatch):
    def stopped(race):
        race.interrupt.signal = signal.SIGINT
        return []

    monkeypatch.setattr("fallline.lab.race.Race.carry_out", stopped)
    ran = fallline("compare", *TINY, "--lr", "0.1", "--budget", "60s")
    assert (ran.status, ran.err) == (130, "interrupted before any run was kept\n")
    assert ran.out.splitlines()[-1] == "measuring the pace"
    assert not (workplace / "runs").exists()


ROUND_TRIPS = {
    "no choices": [],
    "a grid": ["--lr", "1e-4:1:9", "--seeds", "3", "--final-seeds", "4"],
    "own rates": ["--lr", "own"],
    "random points": ["--lr", "1e-4:1", "--trials", "7", "--vary", "b1=0.8,0.9", "--vary", "eps=1e-9:1e-5"],
    "axes": ["--vary", "schedule=none,cosine(end=0.1)", "--vary", "bias_correction=true,false", "--lr", "0.1"],
    "batches": ["--batch", "64,full", "--vary", "form=velocity,average", "--methods", "momentum"],
    "a schedule by name": ["--methods", "adamw(lr=cosine), sgd(lr=cosine(0.5, end=0.1)), adam"],
    "early ends": ["--elimination", "hyperband", "--budget", "100 epochs", "--no-extend"],
    "longer grids": ["--lr", "0.1,0.01,0.001", "--extend", "--measure", "highest accuracy", "--target-value", "0.8"],
    "runs": [
        *["--sampling", "replacement", "--last-batch", "drop", "--reduction", "sum", "--precision", "bfloat16"],
        *["--l1", "1e-6", "--l2", "1e-5", "--seed", "7", "--steps", "3", "--target-loss", "1e-9", "--max-time", "60"],
        *["--patience", "2", "--min-improvement", "0.001", "--watch", "accuracy", "--keep", "last"],
        *["--probes", "gradnorms, sharpness(every=3)"],
    ],
    "data": ["--split", ".6,.2,.2", "--split-seed", "3", "--class-weight", "balanced", "--metrics", "f1"],
}


@pytest.mark.parametrize("words", ROUND_TRIPS.values(), ids=ROUND_TRIPS)
def test_the_command_of_a_race_asks_for_the_same_race(begun, words):
    methods, spec = begun("iris", "--model", "linear", "--methods", "sgd, momentum(beta=0.5)", *words)
    written = race_command(dataclasses.replace(spec, methods=methods))
    name, first, *again = shlex.split(written.replace("\\\n", ""))
    assert (name, first) == ("fallline", "compare")
    assert begun(*again) == (methods, spec)


def test_a_report_holds_the_command_that_repeats_the_race(fallline, workplace):
    words = ["--lr", "0.1,0.01", "--seeds", "2", "--vary", "b1=0.8,0.9", "--split-seed", "3"]
    assert fallline("compare", *TINY, *words, "--out", "first").status == 0
    first = RaceDocument.read(workplace / "first")
    written = race_command(first.spec)
    page = (workplace / "first" / "report.html").read_text()
    assert written in html.unescape(page)
    _, *again = shlex.split(written.replace("\\\n", ""))
    assert fallline(*again, "--out", "second").status == 0
    second = RaceDocument.read(workplace / "second")
    assert second.spec == first.spec
    assert timeless(second.result["table"]) == timeless(first.result["table"])


def timeless(table):
    """Return a table without the columns that hold times."""
    return [{name: value for name, value in row.items() if "seconds" not in name} for row in table]


def test_ctrl_c_leaves_the_standings_and_the_same_command_goes_on(fallline, tmp_path):
    """A real process and a real signal, sent as soon as some runs have ended."""
    words = [*TINY, "--lr", "0.01,0.1", "--seeds", "6", "--final-seeds", "4", "--epochs", "20", "--json"]
    command = [sys.executable, "-m", "fallline", "compare", *words]
    settings = {"cwd": tmp_path, "env": {**os.environ, "XDG_CACHE_HOME": str(tmp_path / "caches")}, "text": True}
    cut = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **settings)
    while cut.poll() is None and not list(tmp_path.glob("runs/*/runs/*.safetensors")):
        time.sleep(0.01)
    cut.send_signal(signal.SIGINT)
    out, said = cut.communicate()
    assert cut.returncode == 130
    told = json.loads(out)
    assert (told["outcome"], told["path"], told["winner"]) == ("interrupted", "runs/iris-race-1", None)
    assert 0 < told["runs"] < 32  # 2 methods · (2 rates · 6 seeds + 4 fresh ones)
    assert "was interrupted" in told["verdict"]
    assert told["verdict"] in html.unescape((tmp_path / told["report"]).read_text())
    how = "interrupted; to go on: fallline resume runs/iris-race-1"
    assert said.splitlines()[-2:] == [how, f"results: {told['report']}"]

    again = fallline("compare", *words)
    assert again.status == 0
    assert "going on with runs/iris-race-1, which was interrupted" in again.err
    first = json.loads(again.out)
    assert (first["path"], first["outcome"], first["runs"]) == ("runs/iris-race-1", "finished", 32)
    flowers = fl.problems.for_data("iris", model="linear")
    choices = {"lr": [0.01, 0.1], "seeds": 6, "final_seeds": 4, "epochs": 20, "lanes": "threads"}
    whole = fl.compare(flowers, ["sgd", "adam"], **choices, out=tmp_path / "whole")
    pair = [RaceDocument.read(tmp_path / folder).result for folder in (first["path"], "whole")]
    assert timeless(pair[0]["table"]) == timeless(pair[1]["table"])
    assert first["verdict"] == pair[0]["verdict"] == whole.verdict


def test_a_folder_of_the_same_race_is_gone_on_with(fallline, workplace, monkeypatch):
    @contextlib.contextmanager
    def interrupting(console, measure, first):
        yield lambda progress: signal.raise_signal(signal.SIGTERM)

    words = [*TINY, "--lr", "0.1,0.01", "--seeds", "3", "--final-seeds", "4", "--out", "race"]
    with monkeypatch.context() as patched:
        patched.setattr("fallline.cli.race_progress.shown", interrupting)
        assert fallline("compare", *words, "--csv", "runs.csv").status == 128 + signal.SIGTERM
    assert not (workplace / "runs.csv").exists()
    refused = fallline("compare", *words, "--seed", "1")
    assert refused.status == 2
    assert "race holds another race" in refused.err
    ran = fallline("compare", *words, "--csv", "runs.csv")
    assert ran.status == 0
    assert "going on with race, which was interrupted" in ran.out
    assert (workplace / "runs.csv").exists()
    done = fallline("compare", *words)
    assert (done.status, "going on" in done.out) == (2, False)
    assert "it is finished: its report is race/report.html" in done.err


def test_finished_runs(fallline, workplace):
    for method in ("sgd", "adam"):
        for seed in range(3):
            words = ["iris", "--model", "linear", "--epochs", "1", "--lr", "0.1", "--method", method, "--seed", seed]
            assert fallline("train", *words, "--out", f"runs/{method}-{seed}").status == 0
    folders = sorted(f"runs/{path.name}" for path in (workplace / "runs").iterdir())
    ran = fallline("compare", *folders, "--json", "--csv", "runs.csv")
    assert ran.status == 0
    told = json.loads(ran.out)
    assert (told["path"], told["report"]) == ("runs/iris-comparison-1", "runs/iris-comparison-1/report.html")
    assert (workplace / told["report"]).is_file()
    assert (told["runs"], told["seconds"], len(told["table"])) == (6, None, 2)
    finals = {row["label"]: [] for row in csv.DictReader((workplace / "runs.csv").read_text().splitlines())}
    for folder in folders:
        record = fl.load(folder)
        finals[record.spec.method.partition("(")[0]].append(record.epochs["val_loss"][-1])
    assert {row["method"]: row["mean"] for row in told["table"]} == pytest.approx(
        {label: sum(values) / 3 for label, values in finals.items()}
    )
    single = fallline("compare", "runs/sgd-0", "runs/adam-0", "--out", "both")
    assert single.status == 0
    assert single.out.startswith("With 1 seed there is no interval")
    assert single.out.splitlines()[-1] == "results: both/report.html"


def test_a_race_is_shown_again(fallline, workplace):
    ran = fallline(
        "compare", *TINY, "--lr", "0.1,0.01", "--seeds", "3", "--final-seeds", "4", "--vary", "schedule=none,cosine"
    )
    before = sorted(workplace.rglob("*"))
    again = fallline("compare", "runs/iris-race-1")
    assert (again.status, again.err) == (0, "")
    assert ran.out.endswith(again.out)
    assert sorted(workplace.rglob("*")) == before


def test_a_published_problem_brings_its_protocol(begun):
    known = yardsticks.find("deepobs:quadratic_deep")
    methods, spec = begun("deepobs:quadratic_deep")
    assert methods == ("sgd", "momentum(beta=0.99)", "adam")
    assert spec.lr == log_grid(1e-5, 1e2, 36)
    assert (spec.seeds, spec.final_seeds, spec.measure, spec.extend) == (1, 10, "loss", False)
    run = spec.run
    assert (run.batch_size, run.epochs, run.sampling, run.last_batch) == (128, 100, "shuffle_once", "drop")
    words = ["--methods", "adam", "--lr", "0.1", "--seeds", "3", "--final-seeds", "4", "--batch", "64", "--epochs", "2"]
    methods, spec = begun(known.name, *words, "--sampling", "shuffle", "--last-batch", "use")
    assert (methods, spec.lr, spec.seeds, spec.final_seeds) == (("adam",), (0.1,), 3, 4)
    run = spec.run
    assert (run.batch_size, run.epochs, run.sampling, run.last_batch) == (64, 2, "shuffle", "use")


def test_published_numbers_stand_beside_ours(fallline, workplace):
    words = ["--lr", "0.01", "--epochs", "1", "--final-seeds", "0", "--out", "race"]
    assert fallline("compare", "deepobs:quadratic_deep", *words).status == 0
    page = (workplace / "race" / "report.html").read_text()
    assert "Published numbers" in page
    assert "87.42" in page


def test_a_problem_of_your_own_goes_on_where_its_folder_is_named(fallline, workplace, monkeypatch):
    @contextlib.contextmanager
    def interrupting(console, measure, first):
        yield lambda progress: signal.raise_signal(signal.SIGTERM)

    mine = 'import fallline as fl\n\nflowers = fl.problems.for_data("iris", "linear")\n'
    (workplace / "mine.py").write_text(mine)
    monkeypatch.setattr("fallline.cli.race_progress.shown", interrupting)
    ran = fallline("compare", "mine.py:flowers", "--methods", "sgd", "--epochs", "1")
    assert ran.status == 128 + signal.SIGTERM
    assert "interrupted; to go on: the same command with --out runs/iris-race-1" in ran.out


def test_own_is_a_word_for_each_methods_own_rate(begun):
    assert begun("iris", "--lr", "own")[1].lr == "own"
    assert begun("iris")[1].lr == "auto"


def test_a_race_is_on_a_smaller_model_than_a_training(fallline, begun, monkeypatch):
    def stop(problem, *choices, **more):
        raise Begun(problem.recipe["model"])

    assert begun("iris")[1].run.problem["model"] == "mlp(32)"
    assert begun("iris", "--model", "mlp(8)")[1].run.problem["model"] == "mlp(8)"
    monkeypatch.setattr("fallline.engine.train.train", stop)
    with pytest.raises(Begun, match=r"mlp\(128, 64\)"):
        fallline("train", "iris")


def test_the_defaults_in_the_help_are_the_librarys():
    shown = options.RaceEpochs.__metadata__[0].show_default
    assert shown == str(EPOCHS)
    usual = inspect.signature(fl.compare).parameters
    assert options.BatchSizes.__metadata__[0].show_default == str(usual["batch_size"].default)


BAD = {
    "unknown method": (["iris", "--methods", "sgd, adm"], "Did you mean 'adam'"),
    "no method": (["iris", "--methods", ""], "cannot read ''"),
    "no rate": (["iris", "--lr", ""], "cannot read ''"),
    "one rate as a grid": (["iris", "--lr", "1e-4:1:1"], "--lr 1e-4:1:1: the third number says how many, and must be"),
    "grid below zero": (["iris", "--lr", "-1:1:3"], "--lr -1:1:3: the first number must be above 0"),
    "grid upside down": (["iris", "--lr", "1:1e-3:3"], "--lr 1:1e-3:3: the second number must be above the first"),
    "no target": (["iris", "--target-value", "nan"], "--target-value nan: must be a number"),
    "only a solver": (["iris", "--methods", "lbfgs"], "lbfgs drives a function by itself"),
    "schedule without its decay": (["iirs", "--methods", "sgd(lr=exponential)"], "exponential needs peak, decay"),
    "unknown schedule": (["iirs", "--methods", "sgd(lr=cosin())"], "Did you mean 'cosine'"),
    "rate of zero": (["iris", "--lr", "0.1,0"], "a learning rate must be above 0"),
    "negative rate": (["iris", "--lr", "-0.1"], "a learning rate must be above 0"),
    "range without trials": (["iris", "--lr", "1e-4:1"], "--trials 20"),
    "no seeds": (["iris", "--seeds", "0"], "--seeds 0: must be at least 1"),
    "no trials": (["iris", "--trials", "0"], "--trials 0: must be at least 1"),
    "unknown measure": (["iris", "--measure", "acuracy"], "--measure acuracy: the validation part gives no number"),
    "unreadable budget": (["iris", "--budget", "soon"], "--budget soon: a budget is a number and a unit"),
    "unknown elimination": (["iris", "--elimination", "halve"], "Did you mean 'halving'?"),
    "unknown axis": (["iris", "--methods", "sgd, adam", "--vary", "b3=1,2"], "no method of this race has 'b3'"),
    "unreadable axis": (["iris", "--vary", "b1"], "--vary b1: write a name and its values, as in b1=0.8,0.9"),
    "axis twice": (["iris", "--vary", "b1=0.8", "--vary", "b1=0.9"], "b1 is varied twice"),
    "batches twice": (["iris", "--batch", "8,16", "--vary", "batch_size=4"], "name the sizes once"),
    "unreadable batch": (["iris", "--batch", "8,many"], "--batch many: a batch is a whole number"),
    "missing data": (["iirs"], "Did you mean 'iris'"),
    "two sets of data": (["iris", "digits"], "none of these is a finished run"),
    "run and data": (["run", "iris"], "there is no run iris"),
    "run and race": (["run", "race"], "race is a race, not a run"),
    "one run": (["run"], "one run alone is no comparison"),
    "choices about runs": (["run", "run", "--lr", "0.1", "--model", "linear"], "leave out --model, --lr"),
    "choices about a race": (["race", "--measure", "accuracy", "--out", "x"], "leave out --measure, --out"),
    "folder of runs": (["."], "is not a run but holds runs: run. Name one"),
    "csv elsewhere": (["iris", "--csv", "nowhere/runs.csv"], "--csv nowhere/runs.csv: there is no folder nowhere"),
    "csv in use": (["iris", "--csv", "full/letter.txt"], "it already exists. Name a new file"),
    "folder in use": (["iris", "--out", "full"], "full is not empty"),
    "unknown published problem": (["deepobs:quadratic_dep"], "Did you mean 'deepobs:quadratic_deep'"),
}


@pytest.mark.parametrize(("words", "hint"), BAD.values(), ids=BAD)
def test_bad_input(fallline, workplace, ended, words, hint):
    (workplace / "full").mkdir()
    (workplace / "full" / "letter.txt").touch()
    for folder in ("run", "race"):
        shutil.copytree(ended / folder, workplace / folder)
    before = sorted(workplace.rglob("*"))
    ran = fallline("compare", *words)
    assert (ran.status, ran.out.count("results")) == (2, 0)
    line = ran.err.rstrip("\n")
    assert line.startswith(("fallline: ", "fallline compare: "))
    assert "\n" not in line
    assert hint in line
    assert sorted(workplace.rglob("*")) == before


@pytest.fixture(scope="module")
def ended(tmp_path_factory):
    """Return where a finished run and a finished race are."""
    place = tmp_path_factory.mktemp("ended")
    flowers = fl.problems.for_data("iris", model="linear")
    fl.train(flowers, "sgd", epochs=1, out=place / "run")
    fl.compare(flowers, "sgd", lr=0.1, seeds=1, epochs=1, lanes="threads", out=place / "race")
    return place
