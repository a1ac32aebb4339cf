"""Same seed, same bits, whatever the chunks and the interruptions; and how far lanes and cores are from that."""

import os
import pathlib
import subprocess
import sys
import tempfile
from unittest import mock

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import fallline as fl

TOLERANCE = 3e-6
"""What another order of sums may change in so few steps, as a share of the largest number (docs/determinism.md)."""

RNG = np.random.default_rng(3)
X = RNG.normal(size=(44, 6)).astype(np.float32)
Y = np.tanh(X @ RNG.normal(size=6)).astype(np.float32)
CHOICES = {"batch_size": 8, "epochs": 4, "seed": 5}
STEPS = 20

SCRIPT = """
import os, sys
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:1])
sys.path.insert(0, {root!r})
from tests.engine import test_determinism
test_determinism.trained().save(sys.argv[1])
"""


def network(key):
    return {"in": 0.4 * jax.random.normal(key, (6, 16)), "out": jnp.zeros(16)}


def fit(params, x):
    return jnp.tanh(x @ params["in"]) @ params["out"]


def squared(params, batch):
    return (fit(params, batch.x) - batch.y) ** 2


PROBLEM = fl.Problem(init=network, loss=squared, data=fl.Data(train=(X[:36], Y[:36]), validation=(X[36:], Y[36:])))


def trained(**more):
    return fl.train(PROBLEM, fl.Adam(lr=0.02), **CHOICES, **more)


def tables(record):
    history, epochs = (
        {name: table[name] for name in table.keys() - {"seconds"}} for table in (record.history, record.epochs)
    )
    return {**history, **epochs, **record.arrays}


def assert_same_bits(one, two):
    left, right = tables(one), tables(two)
    assert left.keys() == right.keys()
    for name, column in left.items():
        assert np.asarray(column).tobytes() == np.asarray(right[name]).tobytes(), name


def assert_near(one, two):
    left, right = tables(one), tables(two)
    for name, column in left.items():
        np.testing.assert_allclose(column, right[name], TOLERANCE, TOLERANCE * np.abs(right[name]).max(), err_msg=name)


@pytest.fixture(scope="module")
def plain():
    return trained()


@settings(max_examples=12)
@given(
    st.sampled_from([1, 2, 7, 4096]),
    st.sampled_from([1, 3, 16]),
    st.lists(st.integers(1, STEPS - 1), max_size=4, unique=True).map(sorted),
)
def test_neither_chunks_nor_interruptions_change_a_bit(plain, longest, first, pauses):
    """A run that is taken in pieces of any length, stopped at any steps and resumed, ends on the same bits."""

    def stop(look):
        if pauses and look.step >= pauses[0]:
            del pauses[0]
            look.pause()

    with (
        tempfile.TemporaryDirectory() as folder,
        mock.patch("fallline.engine.chunk.LONGEST_CHUNK", longest),
        mock.patch.multiple("fallline.engine.run", LOOK_SECONDS=0.0, FIRST_STEPS=first),
    ):
        outcome = "interrupted" if pauses else "finished"
        record = trained(out=f"{folder}/run", callbacks=[stop])
        assert record.outcome == outcome
        while record.outcome == "interrupted":
            record = fl.resume(f"{folder}/run", PROBLEM, callbacks=[stop])
    assert_same_bits(record, plain)


def raced(width, lr):
    with mock.patch("fallline.engine.grouping.PLACES", range(width, width - 1, -1)):
        result = fl.compare(PROBLEM, [fl.Adam], lr=lr, seeds=2, final_seeds=0, lanes="vmap", **CHOICES)
    (found,) = [
        r for r in result.records if r.spec.seed == CHOICES["seed"] and r.spec.method.startswith("adam(lr=0.02,")
    ]
    assert found.provenance["lanes"] == width
    return found


def test_a_lane_depends_on_how_many_there_are_and_not_on_its_neighbours(plain):
    """Three more rates make six runs more, which take the places that become free."""
    four, others, five = raced(4, [0.02, 0.01]), raced(4, [0.03, 0.02, 0.001, 0.1]), raced(5, [0.02, 0.01, 0.03])
    assert_same_bits(four, others)
    assert_near(four, plain)
    assert_near(five, four)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system gives a process no cores of its own")
def test_another_number_of_cores_changes_the_last_digits_at_most(plain, tmp_path):
    script = SCRIPT.format(root=str(pathlib.Path(__file__).parents[2]))
    subprocess.run([sys.executable, "-c", script, tmp_path / "run"], check=True, capture_output=True)
    assert_near(fl.load(tmp_path / "run"), plain)
