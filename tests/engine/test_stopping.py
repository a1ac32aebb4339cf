"""Runs that end early, and runs that keep their best epoch."""

from __future__ import annotations

import importlib
import pkgutil

import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_rows

import fallline as fl
from fallline.core.errors import InvalidType, InvalidValue
from fallline.problems import metrics as ready_metrics

PER_EPOCH = 5
METHOD = fl.Momentum(lr=0.01, beta=0.9)  # overshoots, so that the validation loss rises and falls


def mae(y_pred, y_true):
    return np.abs(y_pred - y_true).mean()


def with_metrics(**metrics):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 3)).astype(np.float32)
    y = x.sum(1) + rng.normal(size=80).astype(np.float32)
    data = fl.Data(train=(x[:40], y[:40]), validation=(x[40:60], y[40:60]), test=(x[60:], y[60:]))
    return fl.Problem(init=line, loss=squared_rows, data=data, predict=fit, metrics=metrics)


@pytest.fixture(scope="module")
def problem():
    return with_metrics(mae=mae)


@pytest.fixture(scope="module")
def whole(problem):
    """The run to its end, which every other one here is the beginning of."""
    return fl.train(problem, METHOD, batch_size=8, epochs=30)


@pytest.fixture(scope="module")
def epoch_by_epoch(problem, whole):
    """The parameters at every epoch's end, from a callback that does nothing else."""
    seen = []
    watched = fl.train(problem, METHOD, batch_size=8, epochs=30, callbacks=[lambda look: seen.append(look.params["w"])])
    assert np.array_equal(watched.history["loss"], whole.history["loss"])
    return seen


@pytest.mark.parametrize("patience", [1, 3])
@pytest.mark.parametrize("watch", ["loss", "lowest mae"])
def test_patience_ends_a_run_and_keeps_its_best(problem, whole, epoch_by_epoch, patience, watch):
    values = whole.epochs[f"val_{watch.split()[-1]}"]
    best = next(i for i in range(30) if np.all(values[i + 1 : i + 1 + patience] >= values[i]))
    assert 0 < best < 30 - patience
    record = fl.train(problem, METHOD, batch_size=8, epochs=30, patience=patience, watch=watch)
    assert record.outcome == "stopped_early"
    assert len(record.epochs["epoch"]) == best + 1 + patience
    np.testing.assert_array_equal(record.params["w"], epoch_by_epoch[best])
    assert record.provenance["best_epoch"] == best + 1
    assert f"after epoch {best + 1}, whose parameters are kept" in record.why
    assert f"{values[best]:.4g}" in record.why
    x, y = (np.asarray(a, np.float64) for a in problem.data.test)
    errors = x @ np.asarray(epoch_by_epoch[best]) + float(record.params["b"]) - y
    assert record.test["loss"] == pytest.approx(np.mean(errors**2), rel=1e-5)


def test_the_last_can_be_kept_although_patience_ends_the_run(problem, epoch_by_epoch):
    record = fl.train(problem, METHOD, batch_size=8, epochs=30, patience=2, keep="last")
    np.testing.assert_array_equal(record.params["w"], epoch_by_epoch[len(record.epochs["epoch"]) - 1])
    assert record.provenance["best_epoch"] == len(record.epochs["epoch"]) - 2
    assert "kept" not in record.why


def test_the_best_of_a_whole_run_is_kept(problem, whole, epoch_by_epoch):
    record = fl.train(problem, METHOD, batch_size=8, epochs=30, keep="best", watch="highest mae")
    best = int(np.argmax(whole.epochs["val_mae"]))
    assert record.outcome == "finished"
    assert len(record.epochs["epoch"]) == 30
    np.testing.assert_array_equal(record.params["w"], epoch_by_epoch[best])


def test_a_run_that_diverges_keeps_its_best(problem):
    method = fl.Momentum(lr=2.0, beta=0.9)
    record = fl.train(problem, method, batch_size=8, epochs=400, keep="best")
    assert record.outcome.failed
    best = int(np.nanargmin(record.epochs["val_loss"]))
    first = fl.train(problem, method, batch_size=8, epochs=best + 1)
    np.testing.assert_array_equal(record.params["w"], first.params["w"])


def test_no_number_is_never_the_best():
    """A metric that is not a number from the second epoch on: the first is kept, and patience runs out."""
    seen = []

    def score(y_pred, y_true):
        seen.append(0)
        return 1.0 if len(seen) == 1 else np.nan

    record = fl.train(with_metrics(score=score), METHOD, batch_size=8, epochs=9, patience=3, watch="highest score")
    assert (record.provenance["best_epoch"], len(record.epochs["epoch"])) == (1, 4)
    never = with_metrics(score=lambda y_pred, y_true: np.nan)
    record = fl.train(never, METHOD, batch_size=8, epochs=9, patience=2, watch="highest score")
    assert "best_epoch" not in record.provenance
    assert "no validation score was a number, so the last parameters are kept" in record.why


def test_small_improvements_do_not_count_but_are_kept(problem, whole, epoch_by_epoch):
    record = fl.train(problem, METHOD, batch_size=8, epochs=30, patience=2, min_improvement=1e9)
    assert len(record.epochs["epoch"]) == 3
    np.testing.assert_array_equal(record.params["w"], epoch_by_epoch[int(np.argmin(whole.epochs["val_loss"][:3]))])


def test_the_model_state_of_the_best_epoch_is_kept():
    """The state counts the steps."""

    def loss(params, count, batch):
        return squared_rows(params, batch), count + 1

    plain = with_metrics()
    problem = fl.Problem(
        init=lambda key: (line(key), np.zeros((), np.float32)), loss=loss, data=plain.data, stateful=True
    )
    record = fl.train(problem, METHOD, batch_size=8, epochs=30, patience=2)
    assert record.model_arrays["params"] == PER_EPOCH * record.provenance["best_epoch"]


def test_the_average_is_what_is_judged_and_kept(problem):
    """Validation sees the reported point, and so does what is kept."""
    method = fl.Average(METHOD, decay=0.9)
    seen = []
    record = fl.train(
        problem,
        method,
        batch_size=8,
        epochs=30,
        patience=2,
        callbacks=[lambda look: seen.append((look.validation["loss"], look.params["w"]))],
    )
    assert record.outcome == "stopped_early"
    np.testing.assert_array_equal(record.params["w"], min(seen, key=lambda s: s[0])[1])
    x, y = (np.asarray(a, np.float64) for a in problem.data.validation)
    loss = np.mean((x @ np.asarray(record.params["w"]) + float(record.params["b"]) - y) ** 2)
    assert loss == pytest.approx(min(seen, key=lambda s: s[0])[0], rel=1e-5)


def test_time_ends_a_run(problem):
    record = fl.train(problem, METHOD, batch_size=8, steps=10**9, max_time=0.3)
    assert record.outcome == "stopped_early"
    assert "its time of 0.3 s was over" in record.why
    assert record.history["seconds"][-1] >= 0.3


def test_resumed_time_counts_on(problem, tmp_path):
    def stop(look):
        if look.seconds > 0.2:
            raise RuntimeError("enough")

    choices = {"batch_size": 8, "steps": 10**9, "max_time": 0.4}
    with pytest.raises(RuntimeError, match="enough"):
        fl.train(problem, METHOD, **choices, callbacks=[stop], out=tmp_path / "run")
    before = fl.load(tmp_path / "run").history["seconds"][-1]
    after = fl.resume(tmp_path / "run", problem).history["seconds"]
    assert after[-1] >= 0.4
    assert before == after[after <= before][-1]


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"patience": 0}, InvalidValue, "patience must be at least 1"),
        ({"min_improvement": 0.1}, InvalidValue, "add patience=5"),
        ({"min_improvement": -1.0, "patience": 2}, InvalidValue, "not negative"),
        ({"watch": "highest mae"}, InvalidValue, "alone changes nothing"),
        ({"watch": 3, "patience": 2}, InvalidType, "is text"),
        ({"keep": "first"}, InvalidValue, "keep must be one of 'last', 'best'"),
        ({"max_time": 0}, InvalidValue, "above 0 seconds"),
        ({"max_time": "1h"}, InvalidType, "max_time must be a number"),
        ({"patience": 2, "watch": "mea"}, InvalidValue, "Did you mean 'mae'"),
        ({"patience": 2, "watch": "mae"}, InvalidValue, "watch='lowest mae' or watch='highest mae'"),
        ({"patience": 2, "overfit_batches": 1}, InvalidValue, "without validation"),
        ({"overfit_batches": 6, "batch_size": 8}, InvalidValue, "an epoch has 5"),
        ({"overfit_batches": 1, "batch_size": "full"}, InvalidValue, "all the rows"),
    ],
)
def test_choices_that_cannot_be_are_refused(problem, choices, error, message):
    with pytest.raises(error, match=message):
        fl.train(problem, METHOD, **choices)


@pytest.mark.parametrize("choices", [{"patience": 2}, {"keep": "best"}])
def test_without_validation_there_is_no_best(by_rows, choices):
    with pytest.raises(InvalidValue, match="there is no validation part"):
        fl.train(by_rows, METHOD, **choices)


def test_a_table_cannot_be_watched():
    problem = with_metrics(table=lambda y_pred, y_true: np.zeros((2, 2)))
    with pytest.raises(InvalidValue, match="gives a table"):
        fl.train(problem, METHOD, batch_size=8, epochs=2, patience=2, watch="highest table")
    with pytest.raises(InvalidValue, match="no number called 'confusion_matrix'"):
        fl.train(fl.problems.for_data("iris"), "adam", patience=2, watch="confusion_matrix")


@pytest.mark.parametrize("name", [m.name for m in pkgutil.iter_modules(ready_metrics.__path__)])
def test_every_ready_metric_says_which_is_better(name):
    """The right answers score better than wrong ones; a table has no better."""
    file = importlib.import_module(f"fallline.problems.metrics.{name}")
    metric, truth = getattr(file, name), np.arange(12) % 6
    right = 3.0 * np.eye(6)[truth] if file.TASK == "classification" else truth.astype(float)
    wrong = 3.0 * np.eye(6)[5 - truth] if file.TASK == "classification" else truth[::-1].astype(float)
    scores = metric(right, truth), metric(wrong - 1e-3 * np.arange(6) if wrong.ndim == 2 else wrong, truth)
    if np.ndim(scores[0]):
        assert not hasattr(file, "BETTER")
    else:
        assert ("highest" if scores[0] > scores[1] else "lowest") == file.BETTER
        assert scores[0] != scores[1]
