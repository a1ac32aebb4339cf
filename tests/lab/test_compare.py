"""What `fl.compare` takes and refuses: the contract, against counting by hand."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from tests.lab.planted import TEST, TRAIN, VALIDATION, bowl, mae, plane

import fallline as fl
from fallline.core.errors import FalllineError, InvalidType, InvalidValue
from fallline.core.race_spec import RaceSpec


def race(methods: Any = (fl.SGD, fl.Momentum), problem: Any = plane, **choices: Any) -> Any:
    usual = {"lr": [0.01, 0.1], "epochs": 2, "batch_size": 5, "seeds": 3, "final_seeds": 4, "lanes": "threads"}
    choices = {**usual, **choices}
    return fl.compare(problem, methods, **choices)


def methods_of(result: Any, label: str) -> list[str]:
    """Return the methods that an entrant was tried as, in the order in which they ran first."""
    return list(dict.fromkeys(result.runs.filter(label=label, phase="screening")["method"]))


def test_a_class_means_its_defaults_and_an_instance_keeps_what_it_sets() -> None:
    result = race([fl.Momentum, fl.Momentum(lr=7.0, beta=0.5), "momentum(beta=0.25)"])
    betas = {"momentum": 0.9, "momentum(beta=0.5)": 0.5, "momentum(beta=0.25)": 0.25}
    for label, beta in betas.items():
        assert methods_of(result, label) == [f"momentum(lr={lr}, beta={beta}, dampening=0.0)" for lr in (0.01, 0.1)]


def test_rates_replace_the_peak_of_a_schedule_and_scale_the_rest() -> None:
    result = race([fl.SGD(lr=fl.Cosine(5.0, steps=8, end=0.5)), fl.SGD])
    runs = dict(zip(result.runs["method"], result.records, strict=True))
    for lr in (0.01, 0.1):
        (record,) = (r for text, r in runs.items() if f"cosine(peak={lr}" in text)
        expected = [lr * (0.5 + 0.5 * (1 + math.cos(math.pi * t / 8)) / 2) for t in range(8)]
        np.testing.assert_allclose(record.history["lr"], expected, rtol=1e-5)
    assert set(result.table["method"]) == {"sgd(lr=cosine)", "sgd"}


def test_without_rates_every_method_has_seven_of_its_own() -> None:
    result = fl.compare(plane, [fl.SGD, fl.Adam], epochs=2, seeds=3, final_seeds=0, extend=False, lanes="threads")
    for label, own in (("sgd", 0.01), ("adam", 0.001)):
        rates = sorted(set(result.runs.filter(label=label)["lr"]))
        np.testing.assert_allclose(rates, own * 10 ** np.arange(-1.5, 1.6, 0.5), rtol=1e-3)


def test_batch_sizes_and_hyperparameters_are_axes() -> None:
    result = race(batch_size=[5, "full"], beta=[0.5, 0.9], final_seeds=0, seeds=1)
    tried = result.runs.filter(label="momentum").select("lr", "batch_size", "beta").rows()
    wanted = itertools.product((0.01, 0.1), ("5", "full"), (0.5, 0.9))
    assert sorted(map(str, tried)) == sorted(map(str, wanted))
    assert len(result.runs.filter(label="sgd")) == 2 * 2
    assert {record.spec.batch_size for record in result.records} == {5, "full"}


def test_schedules_are_an_axis_whose_lengths_follow_from_the_run() -> None:
    result = race([fl.SGD], schedule=[None, "cosine(warmup=0)"], final_seeds=0, seeds=1)
    assert sorted(result.runs["schedule"].fill_null("none")) == ["cosine(warmup=0)"] * 2 + ["none"] * 2
    for run, record in zip(result.runs.iter_rows(named=True), result.records, strict=True):
        decay = (1 + np.cos(np.pi * np.arange(8) / 8)) / 2 if run["schedule"] else np.ones(8)
        np.testing.assert_allclose(record.history["lr"], run["lr"] * decay, rtol=1e-5, atol=1e-9)


def test_random_trials_are_so_many_and_within_their_ranges() -> None:
    result = race(lr=fl.LogUniform(1e-3, 1e-1), beta=fl.Uniform(0.1, 0.9), trials=4, final_seeds=0, seeds=1)
    assert len(result.runs) == 2 * 4
    assert result.runs["lr"].is_between(1e-3, 1e-1).all()
    assert result.runs.filter(label="momentum")["beta"].is_between(0.1, 0.9).all()


def test_choices_of_every_run_reach_it() -> None:
    result = race([fl.SGD], lr=0.1, l2=0.25, sampling="replacement", steps=3, epochs=None)
    for record in result.records:
        spec = record.spec
        assert (spec.l2, spec.sampling, spec.steps, spec.epochs) == (0.25, "replacement", 3, None)
        assert len(record.history["loss"]) == 3


def test_the_winner_is_the_method_with_its_numbers() -> None:
    result = fl.compare(bowl, [fl.SGD, fl.Momentum(beta=0.3)], lr=[0.1, 0.3], steps=40, seeds=3, lanes="threads")
    assert isinstance(result.winner, fl.Momentum)
    assert result.winner == fl.Momentum(lr=0.3, beta=0.3)
    assert result.winner.replace(lr=0.1).lr == 0.1


def test_one_method_may_be_given_without_a_list() -> None:
    assert race(fl.SGD, lr=0.1).table["method"].to_list() == race("sgd", lr=0.1).table["method"].to_list() == ["sgd"]


@pytest.mark.parametrize(
    ("measure", "column", "better"), [("loss", "loss", 1), ("lowest mae", "mae", 1), ("highest mae", "mae", -1)]
)
def test_a_metric_of_the_validation_part_decides_where_asked(measure: str, column: str, better: int) -> None:
    result = race(measure=measure, lr=[0.003, 0.1])
    for run, record in zip(result.runs.iter_rows(named=True), result.records, strict=True):
        assert run["final"] == record.epochs[f"val_{column}"][-1]
    means = result.runs.filter(phase="screening").group_by("label", "lr").agg(mean=pl.col("final").mean())
    for row in result.table.iter_rows(named=True):
        own = means.filter(label=row["method"]).sort("mean", descending=better < 0)
        assert row["lr"] == own["lr"][0]
    assert (result.table["mean"].to_numpy() * better).tolist() == sorted(result.table["mean"].to_numpy() * better)


def test_the_test_part_is_reported_and_judges_nothing() -> None:
    result = race()
    other = fl.Data(train=TRAIN, validation=VALIDATION, test=(TEST[0], -TEST[1]))
    changed = race(problem=fl.Problem(plane.init, plane.loss, data=other, predict=plane.predict, metrics={"mae": mae}))
    assert result.table.select("method", "lr", "mean", "group").equals(
        changed.table.select("method", "lr", "mean", "group")
    )
    assert not result.table["test_loss"].equals(changed.table["test_loss"])
    finals = result.runs.filter(phase="final", label="sgd")
    assert result.table.filter(method="sgd")["test_mae"].item() == pytest.approx(finals["test_mae"].mean())


def test_one_rate_for_all_is_run_and_doubted() -> None:
    result = race(lr=0.1)
    assert result.table["lr"].to_list() == [0.1, 0.1]
    assert any("All methods ran at one learning rate, 0.1" in note for note in result.notes)


BAD: dict[str, tuple[dict[str, Any], type[FalllineError], str]] = {
    "no rates": ({"lr": []}, InvalidValue, "a grid needs at least one learning rate"),
    "a rate below 0": ({"lr": [-0.1, 1.0]}, InvalidValue, "a learning rate must be above 0 and finite, got -0.1"),
    "a rate of 0": ({"lr": 0.0}, InvalidValue, "a learning rate must be above 0"),
    "an infinite rate": ({"lr": [0.1, math.inf]}, InvalidValue, "above 0 and finite, got inf"),
    "no rate": ({"lr": [None]}, InvalidType, "lr must be a number"),
    "rates in other words": ({"lr": "fast"}, InvalidValue, "cannot read 'fast'"),
    "a range without trials": ({"lr": fl.LogUniform(1e-4, 1)}, InvalidValue, "say how many draws, trials=20"),
    "no seeds": ({"seeds": 0}, InvalidValue, "seeds must be at least 1"),
    "half a seed": ({"seeds": 2.5}, InvalidType, "seeds must be a whole number"),
    "yes for seeds": ({"seeds": True}, InvalidType, "seeds must be a whole number"),
    "finals below none": ({"final_seeds": -1}, InvalidValue, "final_seeds must be at least 0"),
    "a first seed below 0": ({"seed": -1}, InvalidValue, "seed must be from 0"),
    "an unknown axis": ({"betta": [0.1]}, InvalidValue, "no method of this race has 'betta'. Did you mean 'beta'"),
    "an axis out of range": ({"beta": [0.5, 1.5]}, InvalidValue, "beta must be in"),
    "an axis of words": ({"beta": ["high"]}, InvalidType, "beta must be a number"),
    "an empty axis": ({"beta": []}, InvalidValue, "an axis needs at least one value"),
    "no batch sizes": ({"batch_size": []}, InvalidValue, "an axis needs at least one value"),
    "a batch of 0": ({"batch_size": 0}, InvalidValue, "batch_size must be at least 1"),
    "a batch in words": ({"batch_size": [8, "half"]}, InvalidType, "batch_size must be a whole number or 'full'"),
    "an unknown schedule": ({"schedule": ["cosinus"]}, InvalidValue, "Did you mean 'cosine'"),
    "no epochs": ({"epochs": 0}, InvalidValue, "epochs must be at least 1"),
    "no methods": ({"methods": []}, InvalidValue, "a race needs at least one method"),
    "an unknown method": ({"methods": ["sgd", "adm"]}, InvalidValue, "unknown method 'adm'. Did you mean 'adam'"),
    "something else": ({"methods": [fl.SGD, 3]}, InvalidType, "3 is not a method"),
    "one twice": ({"methods": [fl.SGD, fl.SGD]}, InvalidValue, "the same runs twice"),
    "one twice by other words": ({"methods": [fl.SGD, fl.SGD(lr=0.5)]}, InvalidValue, "the same runs twice"),
    "an unknown elimination": ({"elimination": "third"}, InvalidValue, "must be one of 'none', 'halving'"),
    "an unknown way": ({"lanes": "pmap"}, InvalidValue, "must be one of 'auto', 'threads', 'vmap'"),
    "an unknown measure": ({"measure": "acuracy"}, InvalidValue, "measure='acuracy': .* no number called 'acuracy'"),
    "a measure without a side": ({"measure": "mae"}, InvalidValue, "measure='lowest mae' or measure='highest mae'"),
    "a target in words": ({"target": "low"}, InvalidType, "target must be a number"),
    "a budget without a unit": ({"budget": "60"}, InvalidValue, "a budget is a number and a unit"),
    "no trials": ({"trials": 0}, InvalidValue, "trials must be at least 1"),
    "a few rows over and over": ({"overfit_batches": 1}, InvalidValue, "overfit_batches=1 is for one training"),
    "checkpoints kept": ({"keep_checkpoints": 5}, InvalidValue, "keep_checkpoints=5 is for one training"),
    "checkpoints by steps": ({"checkpoint_steps": 5}, InvalidValue, "checkpoint_steps=5 is for one training"),
    "dropped altogether": ({"batch_size": 32, "last_batch": "drop"}, InvalidValue, "leaves nothing of 16 rows"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_cannot_be_is_refused_with_advice(case: str) -> None:
    choices, error, message = BAD[case]
    with pytest.raises(error, match=message):
        race(**choices)


@pytest.mark.parametrize("problem", ["digits", None, TRAIN, plane.data])
def test_something_else_than_a_problem_is_refused(problem: Any) -> None:
    with pytest.raises(InvalidType, match=r"is not a problem: pass fl\.Problem"):
        race(problem=problem)


def test_without_data_the_length_is_given_in_steps() -> None:
    with pytest.raises(InvalidValue, match="without data has no epochs: say how many steps="):
        race(problem=bowl)


def test_without_a_validation_part_the_training_loss_counts_and_nothing_else_can() -> None:
    data = fl.Problem(plane.init, plane.loss, data=TRAIN, predict=plane.predict, metrics={"mae": mae})
    result = race(problem=data, lr=0.1)
    for run, record in zip(result.runs["final"], result.records, strict=True):
        assert run == record.epochs["train_loss"][-1]
    with pytest.raises(InvalidValue, match="measure='lowest mae': without a validation part"):
        race(problem=data, measure="lowest mae")


def test_more_runs_than_memory_are_refused_before_any(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fallline.engine.grouping.free_memory", lambda: 2_000)
    with pytest.raises(InvalidValue, match="take fewer seeds, rates or methods"):
        race(seeds=50)


@pytest.mark.parametrize("choices", [{"patience": 2}, {"keep": "best", "measure": "lowest mae"}])
def test_runs_are_judged_by_the_epoch_whose_parameters_they_keep(choices: dict[str, Any]) -> None:
    """The validation part is another line, which the parameters pass by on their way."""
    data = fl.Data(train=TRAIN, validation=(VALIDATION[0], 0.5 * VALIDATION[1]))
    passing = fl.Problem(plane.init, plane.loss, data=data, predict=plane.predict, metrics={"mae": mae})
    result = race([fl.SGD], problem=passing, epochs=12, **choices)
    column = "mae" if "measure" in choices else "loss"
    finals = [(r, f) for r, f in zip(result.records, result.runs.iter_rows(named=True), strict=True) if r.params]
    for record, run in finals:
        error = record.predict(VALIDATION[0]) - 0.5 * VALIDATION[1]
        kept = np.abs(error).mean() if column == "mae" else (error**2).mean()
        assert run["final"] == pytest.approx(kept, rel=1e-4)
    assert any(run["final"] < 0.9 * record.epochs[f"val_{column}"][-1] for record, run in finals)
    assert {run["phase"] for _, run in finals} >= {"final"}


def test_probes_measure_in_every_run() -> None:
    for record in race([fl.SGD], lr=0.1, probes=["gradnorms", fl.Sharpness(every=4)]).records:
        assert record.spec.probes == ("gradnorms", "sharpness(every=4)")
        whole, *parts = (record.history[name] for name in ("grad_norm", "grad_norm/w", "grad_norm/b"))
        np.testing.assert_allclose(np.hypot(*parts), whole, rtol=1e-5)
        assert np.isfinite(record.history["sharpness"]).any()


def made_in_batches() -> Any:
    """Return eight batches of two rows each, as many times as one likes."""
    rows = [(TRAIN[0][k : k + 2], TRAIN[1][k : k + 2]) for k in range(0, 16, 2)]
    return fl.Problem(plane.init, plane.loss, data=fl.Data(train=fl.data.batches(rows), validation=VALIDATION))


def test_where_batches_are_made_a_schedule_lasts_as_many_steps_as_there_are() -> None:
    result = race([fl.SGD], problem=made_in_batches(), lr=0.1, schedule="cosine(warmup=0)", batch_size=32)
    for record in result.records:
        np.testing.assert_allclose(record.history["lr"], 0.05 * (1 + np.cos(np.pi * np.arange(16) / 16)), atol=1e-7)
    assert not any("its schedule is for" in note for note in result.notes)


def test_a_schedule_for_a_run_of_another_length_is_pointed_out() -> None:
    def told(methods: Any, **choices: Any) -> list[str]:
        notes = race(methods, seeds=1, **choices).notes
        return [note for note in notes if "its schedule is for" in note]

    shorter, longer = fl.Trapezoid(0.1, steps=7, warmup=1, decay=2), fl.Cosine(0.1, steps=77)
    fitting = fl.Polynomial(0.1, steps=8), fl.Warmup(0.1, steps=3)
    assert told([fl.SGD(lr=lr) for lr in (longer, *fitting, 0.1)], lr=None) == [
        "sgd(lr=cosine): its schedule is for 77 steps, and a run has 8."
    ]
    assert told(fl.SGD, lr=0.1, schedule=[None, "cosine", fitting[0], shorter]) == [
        "sgd: its schedule is for 7 steps, and a run has 8."
    ]


def test_without_rates_to_try_every_method_keeps_its_own() -> None:
    result = race([fl.SGD, fl.Adam(lr=0.02), fl.Momentum(lr=fl.Cosine(0.3, steps=8))], lr=None)
    rates = dict(result.table.select("method", "lr").iter_rows())
    assert rates == {"sgd": 0.01, "adam": 0.02, "momentum(lr=cosine)": 0.3}
    assert set(result.runs["phase"]) == {"final"}
    assert result.spec.lr == "own"
    assert RaceSpec.from_toml(result.spec.to_toml()) == result.spec


def test_batches_that_come_once_are_refused() -> None:
    once = fl.data.batches(((TRAIN[0][:4], TRAIN[1][:4]) for _ in range(8)), steps_per_epoch=8)
    problem = fl.Problem(plane.init, plane.loss, data=fl.Data(train=once, validation=VALIDATION))
    with pytest.raises(InvalidValue, match=r"a race takes the batches several times.*pass a function make\(epoch\)"):
        race(problem=problem, epochs=1)


@pytest.mark.parametrize("elimination", ["halving", "hyperband"])
def test_streamed_runs_are_not_ended_early(elimination: str) -> None:
    with pytest.raises(InvalidValue, match=f"elimination='{elimination}' .*take elimination='none', or stream=False"):
        race(problem=made_in_batches(), elimination=elimination)


def test_sums_over_batches_of_several_sizes_are_not_compared() -> None:
    data = fl.Problem(plane.init, plane.loss, data=TRAIN)
    with pytest.raises(InvalidValue, match="reduction='sum' makes the training loss grow with the batch"):
        race(problem=data, reduction="sum", batch_size=[4, 8])
    assert len(race([fl.SGD], reduction="sum", batch_size=[4, 8], lr=0.001, seeds=1, final_seeds=0).records) == 2


def test_a_table_is_no_measure() -> None:
    tables = fl.Problem(
        plane.init, plane.loss, data=plane.data, predict=plane.predict, metrics={"both": lambda *ys: np.stack(ys)}
    )
    with pytest.raises(InvalidValue, match="measure='both': the metric gives a table"):
        race(problem=tables, measure="lowest both")
