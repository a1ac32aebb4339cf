"""What a comparison holds: its tables against its records, its report and its plot against its numbers."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest
from scipy import stats
from tests.lab.planted import TEST, mae, plane

import fallline as fl
from fallline.core.errors import RunError
from fallline.lab.statistics.interval import LEAST

RATES = (0.001, 0.03, 0.1)


@pytest.fixture(scope="module")
def result() -> Any:
    methods = [fl.SGD, fl.Momentum, "momentum(beta=0.0)"]
    return fl.compare(plane, methods, lr=RATES, epochs=6, batch_size=5, seeds=4, lanes="threads")


def finals(result: Any, label: str) -> pl.DataFrame:
    return result.runs.filter(label=label, phase="final")


def test_a_row_a_method_in_the_order_of_the_contract(result: Any) -> None:
    assert result.table.columns[:6] == ["method", "lr", "mean", "low", "high", "group"]
    assert sorted(result.table["method"]) == ["momentum", "momentum(beta=0.0)", "sgd"]
    assert result.table["mean"].is_sorted()
    assert result.table["group"].is_sorted()


def test_means_and_intervals_are_students_over_the_final_runs(result: Any) -> None:
    for row in result.table.iter_rows(named=True):
        values = finals(result, row["method"])["final"].to_numpy()
        assert len(values) == 10
        assert row["mean"] == pytest.approx(values.mean())
        wanted = stats.t.interval(0.95, 9, values.mean(), stats.sem(values))
        np.testing.assert_allclose([row["low"], row["high"]], wanted, rtol=1e-6)
        for name in ("test_loss", "test_mae", "test_<b>worst</b>", "best"):
            assert row[name] == pytest.approx(finals(result, row["method"])[name].mean())


def test_differences_are_paired_by_seed(result: Any) -> None:
    leader = result.table["method"][0]
    first = finals(result, leader).sort("seed")["final"].to_numpy()
    assert result.table.row(0, named=True)["difference"] is None
    rest = result.table[1:]
    paired = {
        row["method"]: finals(result, row["method"]).sort("seed")["final"].to_numpy() - first
        for row in rest.iter_rows(named=True)
    }
    for row in rest.iter_rows(named=True):
        assert row["difference"] == pytest.approx(paired[row["method"]].mean(), abs=1e-9)
        assert row["difference_low"] <= row["difference"] <= row["difference_high"]
        assert (row["group"] == 1) == (row["difference_low"] <= 0 <= row["difference_high"])


def test_a_method_and_its_special_case_end_at_the_same(result: Any) -> None:
    same = result.table.filter(pl.col("method").is_in(["sgd", "momentum(beta=0.0)"]))
    assert same["lr"].n_unique() == same["group"].n_unique() == 1
    assert same["mean"][0] == pytest.approx(same["mean"][1], rel=1e-5)


def test_a_row_a_run_with_the_record_beside_it(result: Any) -> None:
    assert len(result.runs) == len(result.records) == 3 * (3 * 4 + 10)
    for row, record in zip(result.runs.iter_rows(named=True), result.records, strict=True):
        assert (row["method"], row["seed"]) == (record.spec.method, record.spec.seed)
        assert row["outcome"] == record.outcome
        assert row["steps"] == len(record.history["loss"]) == 6 * 4
        assert row["epochs"] == 6
        assert row["final"] == record.epochs["val_loss"][-1]
        assert row["best"] == record.epochs["val_loss"].min()
        assert row["test_mae"] == record.test["mae"]


def test_the_metrics_on_the_test_part_are_those_of_the_records_predictions(result: Any) -> None:
    for record in result.records[:: len(result.records) // 3]:
        assert record.test["mae"] == pytest.approx(mae(record.predict(TEST[0]), TEST[1]), rel=1e-5)


def test_what_tuning_was_worth(result: Any) -> None:
    screening = result.runs.filter(phase="screening")
    for row in result.table.iter_rows(named=True):
        means = screening.filter(label=row["method"]).group_by("lr").agg(pl.col("final").mean()).sort("lr")
        assert row["lr"] == means.sort("final")["lr"][0]
        good = means.filter(pl.col("final") <= 1.05 * means["final"].min())["lr"]
        assert (row["good_low"], row["good_high"]) == (good.min(), good.max())
        assert row["default"] is None  # 0.01 is not among the rates


def test_time_to_target_is_the_median_over_seeds_of_the_best_rate() -> None:
    target = 0.5
    result = fl.compare(
        plane, [fl.SGD, fl.Momentum], lr=RATES, epochs=6, batch_size=5, seeds=4, lanes="threads", target=target
    )
    pairs = list(zip(result.runs.iter_rows(named=True), result.records, strict=True))
    for label in ("sgd", "momentum"):
        best: dict[int, float] = {}
        for row, record in pairs:
            if row["label"] == label and row["phase"] == "screening":
                reached = record.epochs["val_loss"] <= target
                when = float(record.epochs["samples"][reached][0]) if reached.any() else np.inf
                best[row["seed"]] = min(when, best.get(row["seed"], np.inf))
        wanted = float(np.median(list(best.values())))
        found = result.table.filter(method=label)["samples_to_target"].item()
        # Between two epochs the curve is read along a straight line.
        assert wanted - 16 <= found <= wanted


def test_the_defaults_are_shown_where_they_were_tried() -> None:
    result = fl.compare(plane, [fl.SGD], lr=[0.01, 0.1], epochs=6, batch_size=5, lanes="threads")
    screening = result.runs.filter(phase="screening", lr=0.01)
    assert result.table["default"].item() == pytest.approx(screening["final"].mean())


def test_the_report_is_one_page_with_everything_escaped(result: Any, tmp_path: Path) -> None:
    path = result.report(tmp_path / "report.html")
    page = path.read_text()
    assert path == tmp_path / "report.html"
    assert page.startswith("<!doctype html>") or page.startswith("<!DOCTYPE html>")
    assert "<b>worst</b>" not in page
    for label in result.table["method"]:
        assert label in page
    with pytest.raises(RunError, match="nowhere"):
        result.report(tmp_path / "nowhere" / "report.html")


def test_a_notebook_shows_it(result: Any) -> None:
    assert result.verdict in repr(result)
    assert repr(result).startswith("<Comparison of 3 methods: ")
    card = result._repr_html_()
    assert "<b>worst</b>" not in card
    assert result.table["method"][0] in card


def test_the_plot_is_of_the_final_runs(result: Any, tmp_path: Path) -> None:
    path = tmp_path / "plot.svg"
    result.plot().save(path)
    assert "<svg" in path.read_text()
    assert result.view.by_samples.keys() == set(result.table["method"])
    for label, band in result.view.by_samples.items():
        seeds = set(finals(result, label)["seed"])
        lr = result.table.filter(method=label)["lr"].item()
        columns = [
            record.epochs["val_loss"]
            for row, record in zip(result.runs.iter_rows(named=True), result.records, strict=True)
            if (row["label"], row["lr"], row["phase"]) == (label, lr, "final") and row["seed"] in seeds
        ]
        np.testing.assert_allclose(band.mean, np.mean(columns, axis=0), rtol=1e-6)
        assert band.x.tolist() == [16 * k for k in range(1, 7)]


def test_the_view_says_how_to_repeat_it(result: Any) -> None:
    from fallline.core.race_spec import RaceSpec

    assert RaceSpec.from_toml(result.view.spec) == result.spec
    assert result.spec.methods == (
        "sgd(lr=0.01)",
        "momentum(lr=0.01, beta=0.9, dampening=0.0)",
        "momentum(lr=0.01, beta=0.0, dampening=0.0)",
    )
    assert result.view.provenance["data"]


@pytest.mark.parametrize(
    "choices",
    [
        {"seeds": 1},
        {"lr": [1e6, 1e7]},
        {"lr": [0.1, 1e7], "elimination": "halving", "epochs": 9},
        {"methods": ["rprop"]},
        {"methods": [fl.SGD, "dog"], "final_seeds": 0},
    ],
    ids=str,
)
def test_every_kind_of_result_can_be_shown(choices: dict[str, Any], tmp_path: Path) -> None:
    """One seed, nothing but failures, runs that were ended early, methods without a rate."""
    choices = {"methods": [fl.SGD, fl.Momentum], "seeds": LEAST, "batch_size": 5, "lanes": "threads", **choices}
    result = fl.compare(plane, **{"lr": RATES, "epochs": 2, **choices})
    assert len(result.table) == len(choices["methods"])
    assert len(result.runs) == len(result.records)
    assert result.report(tmp_path / "report.html").stat().st_size > 1000
    assert result.verdict in repr(result)
    assert result._repr_html_()
    assert result.plot().save(tmp_path / "plot.svg") is None or (tmp_path / "plot.svg").exists()
    assert all(isinstance(note, str) for note in result.notes)
    assert not any(one == other for one, other in itertools.pairwise(result.notes))


def test_what_was_ended_early_says_nothing_of_what_tuning_costs(result: Any) -> None:
    methods, choices = [fl.SGD, "momentum(beta=0.0)"], {"seeds": 3, "epochs": 9, "batch_size": 5, "lanes": "threads"}
    thinned = fl.compare(plane, methods, lr=RATES, elimination="halving", **choices)
    assert "eliminated" in set(thinned.runs["outcome"])
    assert thinned.view.tuning == {}
    assert thinned.table["good_low"].null_count() == thinned.table["good_high"].null_count() == 2
    assert result.view.tuning.keys() == set(result.table["method"])
    assert result.table["good_low"].null_count() == 0


def test_what_was_chosen_on_each_axis_is_the_best_of_screening_and_what_the_finals_ran() -> None:
    axes = {"batch_size": [4, 16], "beta": [0.5, 0.9]}
    methods, choices = [fl.SGD, fl.Momentum], {"lr": [0.01, 0.1], "epochs": 3, "seeds": 3, "lanes": "threads"}
    result = fl.compare(plane, methods, **axes, **choices)
    assert result.table.columns[:6] == ["method", "lr", "mean", "low", "high", "group"]
    assert set(result.table.columns[6:8]) == set(axes)
    axes_and_rate = ["lr", *axes]
    for row in result.table.iter_rows(named=True):
        runs = result.runs.filter(label=row["method"])
        screened = runs.filter(phase="screening").group_by(axes_and_rate).agg(pl.col("final").mean()).sort("final")
        assert [row[name] for name in axes_and_rate] == list(screened.select(axes_and_rate).row(0))
        assert runs.filter(phase="final").select(axes_and_rate).unique().rows() == [
            tuple(row[name] for name in axes_and_rate)
        ]
    assert result.table.filter(method="sgd")["beta"].item() is None
    assert result.table.filter(method="momentum")["beta"].item() in axes["beta"]


def test_a_methods_own_rate_among_schedules_is_called_none() -> None:
    result = fl.compare(plane, [fl.SGD], lr=0.1, schedule=[None], epochs=1, batch_size=4, seeds=3, lanes="threads")
    assert result.table["schedule"].to_list() == ["none"]


def test_without_axes_only_the_rate_was_chosen(result: Any) -> None:
    assert result.view.axes == ()
    assert result.table.columns[6] == "difference"


def test_where_every_run_failed_nobody_leads() -> None:
    result = fl.compare(plane, [fl.SGD, fl.Momentum], lr=[1e6, 1e7], epochs=9, batch_size=5, seeds=3, lanes="threads")
    assert result.table["mean"].is_infinite().all()
    assert result.table["group"].to_list() == [0, 0]
    assert result.winner is None
    assert result.view.winner is None
    assert not result.view.held
    assert "<svg" not in result._repr_html_()
