"""What every probe promises."""

import numpy as np
import pytest

import fallline as fl
from fallline.engine.cadence import share
from fallline.probes import PROBES

PROBLEM = fl.problems.for_data("iris", model="mlp(4)")


@pytest.mark.parametrize("cls", PROBES.values(), ids=list(PROBES))
def test_it_says_what_it_costs(cls):
    probe = cls()
    assert probe.every >= 1
    assert cls.UNITS
    assert "gradient" in cls.COST or not probe.gradients()
    assert (probe.gradients() > 0) == cls.ASKS


def test_the_default_ones_take_a_twentieth_of_the_gradients():
    usual = [cls() for cls in PROBES.values() if cls.DEFAULT]
    looking = [probe for probe in usual if probe.every > 1]
    assert len(looking) >= 4
    assert all(probe.gradients() == 0 for probe in usual if probe not in looking)
    assert share(looking) <= 0.05


@pytest.fixture(scope="module")
def runs():
    choices = {"problem": PROBLEM, "method": fl.Adam(lr=0.01), "batch_size": 16, "steps": 9}
    probes = [f"{name}(every=4)" for name in PROBES]
    return fl.train(**choices), fl.train(**choices, probes=probes)


def test_measuring_does_not_change_the_training(runs):
    plain, seen = runs
    assert np.array_equal(plain.history["loss"], seen.history["loss"])
    assert all(np.array_equal(plain.arrays[name], seen.arrays[name]) for name in plain.arrays)


def test_columns_are_numbers_at_the_steps_of_the_probe(runs):
    plain, seen = runs
    own = seen.history.keys() - plain.history.keys()
    assert {name.partition("/")[0] for name in own} == {
        *(cls.COLUMN for cls in PROBES.values() if cls.COLUMN and cls is not fl.GradNorm),
        "dead",
    }
    for name in own - {"update_ratio/0.b", "update_ratio/1.b"}:  # which begin at zero
        assert np.flatnonzero(np.isfinite(seen.history[name])).tolist() == [0, 4, 8], name
