"""A run's way: the same steps again, to the bit."""

import dataclasses

import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl


def problem(offset=0.0):
    x = np.random.default_rng(0).normal(size=(48, 3)).astype(np.float32)
    y = (x @ [1.0, -2.0, 0.5] + offset).astype(np.float32)
    return fl.Problem(
        init=lambda key: {"w": jnp.ones(3), "b": jnp.zeros(())},
        loss=lambda p, batch: (batch.x @ p["w"] + p["b"] - batch.y) ** 2,
        data=fl.Data(train=(x[:40], y[:40]), validation=(x[40:], y[40:])),
    )


@pytest.fixture(scope="module")
def own():
    return problem()


CHOICES = {
    "looks ahead": (fl.Nesterov(lr=0.01, form="look_ahead"), {}),
    "stops early": (fl.SGD(lr=0.3), {"patience": 1, "seed": 1}),
    "full batch": (fl.SGD(lr=0.02), {"batch_size": "full"}),
}


@pytest.mark.parametrize("name", CHOICES)
def test_it_ends_on_the_records_parameters(own, name):
    method, choices = CHOICES[name]
    record = fl.train(own, method, **({"batch_size": 8, "epochs": 6} | choices))
    way = fl.trail(record, points=7)
    assert way.exact
    assert way.steps[0] == 0
    assert way.steps[-1] == len(record.history["step"])
    assert np.array_equal(way.arrays["w"][0], np.ones(3, np.float32))
    if record.spec.patience is None:
        assert all(np.array_equal(way.at(-1)[path], record.arrays[path]) for path in record.arrays)
        assert not way.notes
    assert np.array_equal(way.history["loss"], record.history["loss"])


def test_the_looks_are_shorter_runs(own):
    record = fl.train(own, fl.SGD(lr=0.02), batch_size=8, steps=20)
    way = fl.trail(record, points=np.array([3, 11, 20]))
    for place, steps in enumerate(way.steps.tolist()):
        shorter = fl.train(own, fl.SGD(lr=0.02), batch_size=8, steps=steps)
        assert all(np.array_equal(way.at(place)[path], shorter.arrays[path]) for path in shorter.arrays)
    assert way.flat().shape == (3, 4)


def test_a_rate_changed_on_the_way_is_noticed(own):
    record = fl.train(own, fl.SGD(lr=0.01), batch_size=8, epochs=4, callbacks=[lambda look: look.set_lr(0.1)])
    way = fl.trail(record, points=3)
    assert not way.exact
    assert "its rate was changed" in way.notes[0]


def test_a_best_epoch_before_the_end_is_told_of(own):
    record = fl.train(own, fl.SGD(lr=0.45), batch_size=8, epochs=8, keep="best", seed=3)
    assert record.provenance["best_epoch"] < 8
    assert "best epoch" in fl.trail(record, points=3).notes[0]


def test_a_diverged_run_has_a_way(own):
    record = fl.train(own, fl.SGD(lr=3.0), batch_size=8, epochs=40)
    way = fl.trail(record, points=10)
    assert record.outcome.failed
    assert way.exact
    assert way.steps[-1] < len(record.history["step"])
    assert np.array_equal(way.steps, np.arange(len(way.steps)))
    assert np.array_equal(way.arrays["w"][-1], record.arrays["w"])


def test_a_loaded_run_is_built_again(tmp_path):
    record = fl.train(fl.problems.for_data("iris", model="mlp(6)"), fl.Adam(lr=0.02), epochs=2)
    way = fl.trail(fl.load(record.save(tmp_path / "run")), points=3)
    assert way.exact
    assert list(way.arrays) == ["0.b", "0.w", "1.b", "1.w"]


def test_what_cannot_be_taken_again(own, tmp_path, monkeypatch):
    record = fl.train(own, fl.SGD(lr=0.01), batch_size=8, epochs=1, out=tmp_path / "run")
    loaded = fl.load(tmp_path / "run")
    with pytest.raises(fl.FalllineError, match="give it as problem="):
        fl.trail(loaded)
    with pytest.raises(fl.FalllineError, match="fingerprints differ"):
        fl.trail(loaded, problem=problem(offset=1.0))
    assert fl.trail(loaded, problem=own, points=2).exact
    with pytest.raises(fl.FalllineError, match="it is another model"):
        fl.trail(record, problem=dataclasses.replace(own, init=lambda key: {"w": jnp.ones(2), "b": jnp.zeros(())}))
    with pytest.raises(fl.FalllineError, match="is no record"):
        fl.trail("runs/a")
    with pytest.raises(fl.FalllineError, match=r"points=6: points must be from 0 to 5"):
        fl.trail(record, points=[0, 6])
    with pytest.raises(fl.FalllineError, match="points=1"):
        fl.trail(record, points=1)
    with pytest.raises(fl.FalllineError, match="took no step"):
        fl.trail(dataclasses.replace(record, history={}))
    with pytest.raises(fl.FalllineError, match="method="):
        fl.trail(dataclasses.replace(record, spec=dataclasses.replace(record.spec, method="mine(lr=1)")))
    monkeypatch.setattr("fallline.lab.trail.free_memory", lambda: 100)
    with pytest.raises(fl.FalllineError, match="6 looks at 4 parameters take 96 B, and 100 B"):
        fl.trail(record)
