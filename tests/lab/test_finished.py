"""Comparisons of finished runs, held against races that run the same things, and races that are shown again."""

from __future__ import annotations

import dataclasses

import polars as pl
import pytest
from polars.testing import assert_frame_equal

import fallline as fl
from fallline.core.outcome import Outcome
from fallline.lab.finished import compared, shown_again
from fallline.record.race_folder import RaceFolder, load_race

SEEDS = range(3)


@pytest.fixture(scope="module")
def flowers():
    return fl.problems.for_data("iris", model="linear")


@pytest.fixture(scope="module")
def runs(flowers):
    """Gradient descent and Adam on the same three seeds, as if somebody had trained them one by one."""
    methods = fl.SGD(lr=0.1), fl.Adam(lr=0.1)
    return [fl.train(flowers, method, epochs=2, seed=seed) for method in methods for seed in SEEDS]


def without_times(table):
    return table.drop([name for name in table.columns if "seconds" in name])


def test_runs_compare_as_the_race_that_makes_them(flowers, runs):
    race = fl.compare(flowers, ["sgd", "adam"], lr=0.1, seeds=len(SEEDS), epochs=2, lanes="threads")
    found = compared(runs)
    assert found.verdict == race.verdict
    assert found.winner == race.winner
    assert found.title == race.title
    assert_frame_equal(without_times(found.table), without_times(race.table), check_exact=True)
    columns = ["label", "lr", "seed", "phase", "outcome", "final", "best"]
    assert_frame_equal(found.runs[columns], race.runs[columns], check_exact=True)


def test_the_records_are_those_that_were_given(runs):
    assert set(compared(runs).records) == set(runs)


def test_another_measure(runs):
    found = compared(runs, "accuracy")
    assert found.view.measure == "validation accuracy"
    finals = [run.epochs["val_accuracy"][-1] for run in runs]
    ours = dict(zip(found.table["method"], found.table["mean"], strict=True))
    assert ours == pytest.approx({"sgd": sum(finals[:3]) / 3, "adam": sum(finals[3:]) / 3})
    with pytest.raises(ValueError, match="Did you mean 'accuracy'"):
        compared(runs, "acuracy")


def test_one_run_each_gives_no_interval_and_says_so(runs):
    found = compared([runs[0], runs[3]])
    assert found.winner is None
    assert found.verdict.startswith("With 1 seed there is no interval and no verdict")
    assert set(found.table["group"]) == {0}
    assert found.table.select(pl.col("low", "high").is_nan().all()).row(0) == (True, True)


def test_only_seeds_that_all_have_are_compared(runs):
    found = compared(runs[:3] + runs[4:])
    assert sorted(found.runs["seed"]) == [1, 1, 2, 2]
    assert found.notes[-1] == "Left out: 1 run with seeds that not every method has."
    assert "tuned is not known" in found.notes[0]


def test_nothing_is_paired_where_no_seed_is_common(runs):
    found = compared([runs[0], runs[4]])
    assert found.winner is None
    assert found.notes[0].startswith("No seed is common to all methods")
    assert found.table.height == 2


def test_a_label_says_no_more_than_it_must(flowers, runs):
    small = fl.train(flowers, fl.Adam(lr=0.01), epochs=2, seed=0)
    assert set(compared([runs[0], runs[3]]).table["method"]) == {"sgd", "adam"}
    assert set(compared([runs[0], runs[3], small]).table["method"]) == {"sgd", "adam(lr=0.1)", "adam(lr=0.01)"}


def test_batch_sizes_may_differ_at_equal_passes(flowers, runs):
    large = fl.train(flowers, fl.SGD(lr=0.1), epochs=2, batch_size=64, seed=0)
    assert set(compared([runs[0], large]).table["method"]) == {"sgd, batch 32", "sgd, batch 64"}


def test_the_report_stands_without_a_spec(runs, tmp_path):
    page = compared(runs).report(tmp_path / "report.html").read_text()
    assert "iris, linear" in page
    assert "fallline compare" not in page


@pytest.mark.parametrize(
    ("other", "hint"),
    [
        (
            lambda f: fl.train(fl.problems.for_data("iris", model="linear", split_seed=1), "sgd", epochs=2),
            "have other data",
        ),
        (lambda f: fl.train(f, "sgd", epochs=3), "differ in epochs: 2 and 3"),
        (lambda f: fl.train(f, "sgd", epochs=2, l2=0.1), "differ in l2: 0.0 and 0.1"),
        (lambda f: fl.train(f, "adam(lr=0.1)", epochs=2), "another run of adam with seed 0"),
    ],
    ids=["data", "length", "penalty", "twice"],
)
def test_runs_that_say_nothing_about_each_other_are_refused(flowers, runs, other, hint):
    with pytest.raises(ValueError, match=hint):
        compared([runs[3], other(flowers)])


def test_another_model_is_refused(runs):
    larger = dataclasses.replace(runs[3], provenance={**runs[3].provenance, "parameters": 99})
    with pytest.raises(ValueError, match="have other models"):
        compared([runs[0], larger])


def test_steps_of_other_sizes_are_refused(flowers):
    pair = [fl.train(flowers, "sgd", steps=2, batch_size=size) for size in (32, 64)]
    with pytest.raises(ValueError, match="differ in batch_size: 32 and 64"):
        compared(pair)


def test_a_run_alone_and_one_that_was_interrupted_are_refused(runs):
    with pytest.raises(ValueError, match="one run alone is no comparison"):
        compared(runs[:1])
    cut = dataclasses.replace(runs[3], outcome=Outcome.INTERRUPTED)
    with pytest.raises(ValueError, match="was interrupted"):
        compared([runs[0], cut])


@pytest.mark.parametrize(
    "choices",
    [
        {"lr": [0.01, 1e6], "elimination": "halving", "epochs": 9, "budget": "100 epochs"},
        {"lr": [1e-3, 2e-3, 4e-3], "extend": True},
        {"lr": 0.1, "b1": [0.5, 0.9], "eps": [1e-8, 1e-6, 1e-4], "batch_size": [32, 64], "trials": 3},
        {"lr": 0.1},
        {"lr": [0.01, 0.1], "seeds": 2},
        {"lr": 0.1, "final_seeds": 0},
    ],
    ids=["diverged and eliminated", "longer grid", "axes", "nothing tuned", "few seeds", "no finals"],
)
def test_a_race_is_shown_again_as_it_was(flowers, tmp_path, choices):
    choices = {"epochs": 1, "seeds": 3, "lanes": "threads", **choices}
    race = fl.compare(flowers, ["sgd", "adam"], out=tmp_path / "race", **choices)
    again = shown_again(tmp_path / "race")
    assert_frame_equal(again.table, race.table, check_exact=True)
    assert_frame_equal(again.runs, race.runs, check_exact=True)
    assert (again.verdict, again.notes, again.winner) == (race.verdict, race.notes, race.winner)
    assert (again.title, again.outcome, again.path) == (race.title, "finished", tmp_path / "race")
    assert again.view.command == race.view.command
    assert dict(again.defaults) == dict(race.defaults)


def test_a_race_without_runs_has_nothing_to_show(flowers, tmp_path):
    fl.compare(flowers, ["sgd", "adam"], lr=0.1, seeds=1, epochs=1, lanes="threads", out=tmp_path / "race")
    spec, origin, _ = load_race(tmp_path / "race")
    RaceFolder.create(tmp_path / "killed", spec, origin).close()
    with pytest.raises(ValueError, match="no run of this race has ended yet"):
        shown_again(tmp_path / "killed")
