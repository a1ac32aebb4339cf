"""Runs of a race, side by side or in threads, against the same runs by `fl.train`."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.engine.linear import fit, squared_rows

import fallline as fl

RNG = np.random.default_rng(7)
X = RNG.normal(size=(50, 3)).astype(np.float32)
Y = (X @ np.array([1.0, -2.0, 0.5], np.float32) + 0.3 + 0.1 * RNG.normal(size=50)).astype(np.float32)
WEIGHT = RNG.uniform(0.5, 2.0, 50).astype(np.float32)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch):
    """Let one thread carry all runs, so that places that become free are taken again."""
    monkeypatch.setattr("fallline.engine.crew.cores", lambda: 1)


def split(*columns):
    return fl.Data(*(tuple(c[part] for c in columns) for part in (slice(34), slice(34, 42), slice(42, None))))


def drawn(key):
    return {"w": 0.1 * jax.random.normal(key, (3,)), "b": jnp.zeros(())}


def mae(y_pred, y_true):
    return np.abs(y_pred - y_true).mean()


def dropout(params, batch, key):
    return squared_rows(params, batch._replace(x=batch.x * jax.random.bernoulli(key, 0.7, batch.x.shape)))


def with_mean(key):
    return drawn(key), {"mean": jnp.zeros(3)}


def centred(params, batch, model_state):
    mean = 0.9 * model_state["mean"] + 0.1 * batch.x.mean(0)
    return squared_rows(params, batch._replace(x=batch.x - mean)).mean(), {"mean": mean}


def surface(p, batch):
    return (p[0] - 1) ** 2 + 10 * (p[1] + 2) ** 2


def barrier(p, batch):
    """Has no value from 0 down, so that a rate that is too large ends on what is not a number."""
    return p["x"] - jnp.log(p["x"])


by_rows = fl.Problem(init=drawn, loss=squared_rows, data=split(X, Y), predict=fit, metrics={"mae": mae})
of_everything = fl.Problem(init=drawn, loss=dropout, data=split(X, Y, WEIGHT), predict=fit, metrics={"mae": mae})
of_state = fl.Problem(init=with_mean, loss=centred, data=split(X, Y), stateful=True)
no_data = fl.Problem(init=lambda key: 3 + 0.5 * jax.random.normal(key, (2,)), loss=surface)
walled = fl.Problem(init=lambda key: {"x": 2 + jax.random.uniform(key)}, loss=barrier)


def wide(problem_data):
    return [np.asarray(a, np.float64) for a in problem_data]


def init_wide(key):
    return jax.tree.map(lambda a: a.astype(jnp.float64), drawn(key))


CASES = {
    "masked, noise, weights, penalty, parts": (
        of_everything,
        {"l2": 0.01, "micro_batch": 3},
    ),
    "full batch, target": (
        by_rows,
        {"batch_size": "full", "target_loss": 0.35, "epochs": 30, "lr": [0.003, 0.03, 0.1]},
    ),
    "state, replacement": (of_state, {"sampling": "replacement", "last_batch": "drop"}),
    "no data, schedules": (
        no_data,
        {"steps": 30, "epochs": None, "lr": [0.001, 0.003, 0.01], "schedule": [None, "cosine"]},
    ),
}


def again(problem, record):
    """Return the same run by `fl.train`."""
    choices = {name: value for name, value in record.spec.to_dict().items() if name not in ("problem", "method")}
    return fl.train(problem, record.spec.method, **choices)


def tables(record):
    return {
        "history": record.history,
        "epochs": record.epochs,
        "test": record.test,
        "arrays": record.arrays,
        "model": record.model_arrays,
    }


def assert_alike(record, alone, rtol):
    assert (record.outcome, record.why, record.spec) == (alone.outcome, alone.why, alone.spec)
    for name, table in tables(alone).items():
        found = tables(record)[name]
        assert list(found) == list(table), name
        for column in table.keys() - {"seconds"}:
            np.testing.assert_allclose(found[column], table[column], rtol, rtol * 0.1, err_msg=f"{name} {column}")


def raced(problem, way, seeds=3, methods=(fl.Momentum,), **choices):
    choices = {"lr": [0.01, 0.03, 0.1], "batch_size": 8, "epochs": 3, **choices}
    return fl.compare(problem, methods, seeds=seeds, final_seeds=0, lanes=way, **choices).records


@pytest.fixture(autouse=True)
def few_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let fewer runs go side by side than there are, so that places are taken again."""
    monkeypatch.setattr("fallline.engine.grouping.PLACES", range(5, 3, -1))


def assert_as_alone(problem, choices):
    beside, threaded = (raced(problem, way, seeds=2, **choices) for way in ("vmap", "threads"))
    assert all(record.provenance["lanes"] < len(beside) for record in beside)  # so that places are taken again
    assert len(beside) == len(threaded) > 0
    for one, other in zip(beside, threaded, strict=True):
        alone = again(problem, one)
        assert_alike(one, alone, 3e-6 if alone.history["loss"].dtype == np.float32 else 1e-13)
        assert_alike(other, alone, 0)
    return beside


@pytest.mark.parametrize("case", CASES)
def test_a_run_among_others_is_the_run_alone(case):
    records = assert_as_alone(*CASES[case])
    if "target" in case:
        assert {record.outcome for record in records} == {"finished", "target_reached"}


def test_runs_in_float64_stay_in_it_in_every_thread():
    with jax.enable_x64(True):
        problem = fl.Problem(init=init_wide, loss=squared_rows, data=tuple(wide((X, Y))))
        records = assert_as_alone(problem, {"batch_size": [16, "full"], "lr": [0.01, 0.03, 0.1]})
    for record in records:
        assert record.history["loss"].dtype == record.params["w"].dtype == np.float64
    assert {record.spec.batch_size for record in records} == {16, "full"}
    assert not jax.config.jax_enable_x64


def test_rows_that_belong_together_go_one_by_one_where_the_last_batch_is_smaller():
    problem = fl.Problem(init=drawn, loss=lambda p, batch: squared_rows(p, batch).mean(), data=split(X, Y))
    with pytest.raises(ValueError, match="last batch is smaller"):
        raced(problem, "vmap")
    (record,) = raced(problem, "auto", seeds=1, lr=0.01)
    assert_alike(record, again(problem, record), 0)


def test_a_run_that_fails_ends_as_it_does_alone_and_the_others_never_notice():
    """A place that becomes free is taken again, by a run that is an epoch behind the others from then on."""
    quiet = raced(by_rows, "vmap", lr=[0.05, 0.07, 0.03, 0.1], batch_size=17, steps=9, epochs=None)
    mixed = raced(by_rows, "vmap", lr=[1e3, 3.0, 0.03, 0.1], batch_size=17, steps=9, epochs=None)
    assert [record.provenance["lanes"] for record in mixed] == [record.provenance["lanes"] for record in quiet]
    assert sum(record.outcome == "diverged" for record in mixed) == 6
    assert {len(record.history["loss"]) for record in quiet} == {9}
    for record, before in zip(mixed, quiet, strict=True):
        if record.outcome == "finished":
            assert_alike(record, before, 0)
            continue
        alone = again(by_rows, record)
        assert (record.outcome, record.why) == (alone.outcome, alone.why)
        assert list(record.history) == list(alone.history)
        for name in record.history.keys() - {"seconds"}:
            np.testing.assert_allclose(record.history[name], alone.history[name], 3e-6, err_msg=name)
        # It is left with the parameters before the step that failed, of which the loss had blown up.
        steps = len(record.history["loss"]) - 1
        if steps < 2:
            continue
        short = fl.train(by_rows, record.spec.method, batch_size=17, steps=steps, seed=record.spec.seed)
        for name, array in short.arrays.items():
            np.testing.assert_allclose(record.arrays[name], array, 3e-6, err_msg=name)


@pytest.mark.parametrize("way", ["vmap", "threads"])
def test_a_loss_that_is_not_a_number_is_told_from_one_that_blew_up(way):
    records = raced(walled, way, methods=[fl.SGD], lr=[0.01, 0.1, 30.0], steps=20, epochs=None)
    for record in records:
        alone = again(walled, record)
        assert (record.outcome, record.why) == (alone.outcome, alone.why)
        np.testing.assert_allclose(record.history["loss"], alone.history["loss"], 3e-6)
    assert [record.outcome for record in records].count("nonfinite") == 3


@pytest.mark.parametrize("way", ["vmap", "threads"])
def test_with_one_seed_all_methods_start_at_the_same_point_and_see_the_same_rows(way):
    rows = np.arange(10, dtype=np.float32)

    def loss(params, batch):
        """Tell which row it is, and what the start was, whatever the method does."""
        told = batch.x + jax.lax.stop_gradient(params["start"])
        return told + (params["moved"] - jax.lax.stop_gradient(params["moved"]))

    def init(key):
        return {"start": 0.4 * jax.random.uniform(key), "moved": jnp.zeros(())}

    told = fl.Problem(init=init, loss=loss, data=(rows, rows))
    records = raced(told, way, methods=[fl.SGD, fl.Adam], lr=[0.1, 1.0], batch_size=1, epochs=2)
    by_seed = {}
    for record in records:
        by_seed.setdefault(record.spec.seed, []).append(record)
    assert {len(own) for own in by_seed.values()} == {4}
    seen = {seed: own[0].history["loss"] for seed, own in by_seed.items()}
    for seed, own in by_seed.items():
        assert len({float(record.params["moved"]) for record in own}) > 1
        for record in own:
            np.testing.assert_array_equal(record.history["loss"], seen[seed])
        for epoch in seen[seed].reshape(2, 10):
            assert sorted(np.floor(epoch)) == rows.tolist()
    orders = {tuple(np.floor(losses)) for losses in seen.values()}
    starts = {float(own[0].params["start"]) for own in by_seed.values()}
    assert len(orders) == len(starts) == 3
