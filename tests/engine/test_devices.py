"""Runs and races spread over eight devices, in a process that has as many; the devices of a CPU are virtual."""

import dataclasses
import functools
import json
import pathlib
import subprocess
import sys
import tempfile

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.lab.trail import trail

SCRIPT = """
import json, sys
from fallline.cli import devices
devices.ready(8)  # as --devices 8 does
sys.path.insert(0, {root!r})
from tests.engine import test_devices
print(json.dumps(test_devices.measured()))
"""

ROWS, WIDTH = 101, 160
RATE = 0.05


def table():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(ROWS, 8)).astype(np.float32)
    return x, np.tanh(x @ rng.normal(size=(8, 1)).astype(np.float32))[:, 0]


def first(key):
    return {"in": 0.3 * jax.random.normal(key, (8, WIDTH)), "out": jnp.zeros(WIDTH)}


def hidden(params, x):
    return jnp.tanh(x @ params["in"])


def squared(params, batch):
    return (hidden(params, batch.x) @ params["out"] - batch.y) ** 2


def with_dropout(params, batch, key):
    units = hidden(params, batch.x)
    return ((units * jax.random.bernoulli(key, 0.8, units.shape)) @ params["out"] - batch.y) ** 2


def with_batch_statistics(params, seen, batch):
    units = hidden(params, batch.x)
    mean = units.mean(0)
    return jnp.mean(((units - mean) @ params["out"] - batch.y) ** 2), 0.9 * seen + 0.1 * mean


def convolved(params, batch):
    kernel, lines = params["in"][:3, :4, None].transpose(0, 2, 1), batch.x[:, :, None]
    found = jax.lax.conv_general_dilated(lines, kernel, (1,), "SAME", dimension_numbers=("NHC", "HIO", "NHC"))
    return (jnp.tanh(found).sum(1) @ params["out"][:4] - batch.y) ** 2


def problem(loss=squared, **more):
    return fl.Problem(init=more.pop("init", first), loss=loss, data=more.pop("data", table()), **more)


@functools.cache
def usual():
    return problem()


def streamed():
    x, y = table()
    halves = [(x[:40], y[:40]), (x[40:80], y[40:80])]
    return problem(data=fl.Data(train=fl.data.batches(lambda epoch: iter(halves), steps_per_epoch=2)))


PROBLEMS = {
    "one loss a row": (usual, {"batch_size": 30}),
    "the mean over all rows": (lambda: problem(lambda p, b: jnp.mean(squared(p, b))), {"batch_size": "full"}),
    "dropout": (lambda: problem(with_dropout), {"batch_size": 40}),
    "batch statistics": (
        lambda: problem(with_batch_statistics, init=lambda key: (first(key), jnp.zeros(WIDTH)), stateful=True),
        {"batch_size": 40},
    ),
    "convolutions": (lambda: problem(convolved), {"batch_size": 40}),
    "a stream": (streamed, {}),
    "probes": (usual, {"batch_size": 40, "probes": ["sharpness(every=2)"]}),
}
"""What is the same on one device and on several, within rounding: a problem, and how its batches are taken."""

REFUSED = {
    "more than there are": (usual, {"devices": 16}, "devices=16, and JAX has 8 cpu devices"),
    "a small batch": (usual, {"devices": 8, "batch_size": 4}, "batch_size=4 is fewer rows than devices=8"),
    "rows that belong together": (PROBLEMS["batch statistics"][0], {"devices": 8, "batch_size": 20}, "choose 16 or 24"),
    "no data": (lambda: problem(lambda p, _: p["out"] @ p["out"], data=None), {"devices": 2, "steps": 1}, "no rows"),
    "statistics in parts": (PROBLEMS["batch statistics"][0], {"reproducible": True}, "statistics of the whole batch"),
    "a mean in parts": (PROBLEMS["the mean over all rows"][0], {"reproducible": True}, "return one loss a row"),
    "convolutions in parts": (PROBLEMS["convolutions"][0], {"reproducible": True}, "called step by step"),
    "three of eight parts": (usual, {"reproducible": True, "devices": 3}, "use 1, 2, 4 or 8"),
    "line searches in parts": (
        problem,
        {"method": "optax.lbfgs", "reproducible": True},
        "gradients of the loss within",
    ),
    "nothing to spread over": (usual, {"shard_params": True}, "devices=2"),
}


def trained(made, **choices):
    return fl.train(made, **{"method": fl.Adam(lr=RATE), "steps": 6, **choices})


def apart(one, two):
    """Return how far two runs' parameters lie apart at most."""
    return max(float(np.abs(one.arrays[name] - two.arrays[name]).max()) for name in one.arrays)


def same_bits(one, two):
    numbers = [*one.arrays, *(name for name in one.history if name != "seconds")]
    left, right = ({**record.history, **record.arrays} for record in (one, two))
    return all(np.array_equal(left[name], right[name], equal_nan=True) for name in numbers)


def sharded():
    """Return how a run with spread parameters lies, and how far it ends from one device's."""
    parts = {}

    def look(at):
        parts.update({name: array.addressable_shards[0].data.shape for name, array in at.params.items()})

    made = usual()
    spread = trained(made, devices=4, shard_params=True, callbacks=[look])
    return {"parts": parts, "apart": apart(trained(made), spread)}


def resumed(folder):
    """Return whether a spread run that is broken off, and goes on, ends on the uninterrupted run's bits."""
    made = usual()
    choices = {"devices": 2, "shard_params": True, "batch_size": 30, "steps": 40, "checkpoint_steps": 8}

    def stumble(look):
        if look.step >= 16:
            raise RuntimeError("stumbled")

    try:
        trained(made, out=folder, callbacks=[stumble], **choices)
    except RuntimeError:
        return same_bits(trained(made, **choices), fl.resume(folder, made))


def refusal(made, choices):
    try:
        trained(made, **choices)
    except fl.FalllineError as error:
        return str(error)


def raced(devices):
    comparison = fl.compare(
        usual(), [fl.SGD], lr=[0.01, 0.1], seeds=2, final_seeds=0, steps=6, lanes="vmap", devices=devices
    )
    return {
        f"{record.spec.method} {record.spec.seed}": record.history["loss"].tolist() for record in comparison.records
    }


def measured():
    """Return what every check finds, as plain data."""
    found = {"spread": {}}
    for name, (make, choices) in PROBLEMS.items():
        one, two = (trained(make(), method=fl.SGD(lr=RATE), devices=count, **choices) for count in (1, 2))
        found["spread"][name] = apart(one, two)
    noisy = problem(with_dropout)
    several = [trained(noisy, reproducible=True, devices=count, batch_size=30) for count in (1, 2, 4, 8)]
    found["reproducible"] = [same_bits(several[0], record) for record in several[1:]]
    found["refused"] = {name: refusal(make(), choices) for name, (make, choices, _) in REFUSED.items()}
    found["sharded"] = sharded()
    with tempfile.TemporaryDirectory() as folder:
        found["resumed"] = resumed(pathlib.Path(folder) / "run")
    found["raced"] = [raced(count) for count in (1, 2)]
    told = fl.train(usual(), fl.SGD(lr=RATE), batch_size=40, steps=6, devices=4, dry_run=True)
    found["traffic"] = told.provenance["dry_run"]["traffic_bytes"]
    return found


@pytest.fixture(scope="module")
def found():
    root = str(pathlib.Path(__file__).parents[2])
    done = subprocess.run([sys.executable, "-c", SCRIPT.format(root=root)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("name", PROBLEMS)
def test_several_devices_take_the_steps_of_one(found, name):
    assert 0 <= found["spread"][name] < 6e-6  # six steps


def test_a_reproducible_run_has_the_same_bits_on_one_two_four_and_eight(found):
    assert found["reproducible"] == [True, True, True]


def test_parameters_and_their_gradients_lie_apart_where_that_is_asked(found):
    assert found["sharded"]["parts"] == {"in": [8, WIDTH // 4], "out": [WIDTH]}  # what is small lies whole
    assert found["sharded"]["apart"] < 6e-6


def test_a_spread_run_resumes_on_its_bits(found):
    assert found["resumed"] is True


def test_a_races_runs_are_those_of_one_device(found):
    one, two = found["raced"]
    assert list(one) == list(two)
    assert len(one) == 4
    np.testing.assert_allclose(list(one.values()), list(two.values()), rtol=1e-5)


def test_what_a_step_sends_is_the_gradient_round_the_ring_and_back(found):
    numbers = 8 * WIDTH + WIDTH + 1  # the gradient, and the loss
    assert found["traffic"] == 2 * 3 * 4 * numbers // 4


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_spread_says_why(found, name):
    assert REFUSED[name][2] in found["refused"][name]


def test_a_race_spreads_runs_and_nothing_of_them():
    with pytest.raises(fl.FalllineError, match="gives each of its runs to one device"):
        fl.compare(problem(), [fl.SGD], lr=[0.1], seeds=1, steps=1, reproducible=True)


def test_too_few_devices_are_told_with_how_to_get_them():
    with pytest.raises(fl.FalllineError, match=r'jax_num_cpu_devices", 2'):
        fl.train(problem(), fl.SGD(lr=RATE), steps=1, devices=2)


def test_a_look_back_takes_one_device_where_the_runs_own_are_not_there():
    record = trained(usual())
    spread = dataclasses.replace(record, spec=dataclasses.replace(record.spec, devices=8, shard_params=True))
    assert trail(spread, [3, 6]).exact
