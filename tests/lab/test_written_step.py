"""The step that is written out is the one that the way takes."""

from __future__ import annotations

import numpy as np
import pytest

from fallline.core.errors import InvalidValue
from fallline.engine.trajectory import trajectory
from fallline.lab.written_step import written_step
from fallline.methods import METHODS
from fallline.problems.surfaces import Rosenbrock, Sphere

START = (-1.0, 1.5)


@pytest.mark.parametrize(
    "text",
    [
        "momentum(lr=0.001)",
        "nesterov(lr=0.001, form=look_ahead)",
        "schedulefree(lr=0.01)",
        "dog",
        "backtracking",
        "lamb(lr=0.01)",
        "adam(lr=cosine(0.1, 30))",
    ],
)
def test_each_step_is_that_of_the_way(text: str) -> None:
    history = [(0, METHODS.build(text))]
    way = trajectory(Rosenbrock(), START, history, 30)
    for step in (0, 1, 17, 29):
        written = written_step(Rosenbrock(), START, history, 30, step)
        update = [next(line.value for line in lines if line.name == "update") for lines in written.coordinates]
        np.testing.assert_allclose(update, way.update[step], rtol=2e-3, atol=1e-6)


def test_the_numbers_in_force_are_those_of_the_step() -> None:
    history = [(0, METHODS["sgd"](lr=0.5)), (3, METHODS["sgd"](lr=0.25))]
    lines = [written_step(Sphere(), (1.0, 1.0), history, 4, step).coordinates[0][0] for step in (2, 3)]
    assert [line.numbers.split(" ·")[0] for line in lines] == ["−0.5", "−0.25"]


def test_a_way_that_ends_early_is_written_out_to_its_last_step() -> None:
    history = [(0, METHODS["sgd"](lr=10.0))]
    taken = len(trajectory(Rosenbrock(), START, history, 50).update)
    assert written_step(Rosenbrock(), START, history, 50, 49) == written_step(
        Rosenbrock(), START, history, 50, taken - 1
    )


def test_a_way_without_a_step_is_refused() -> None:
    with pytest.raises(InvalidValue, match="no step"):
        written_step(Rosenbrock(), START, [(0, METHODS["sgd"]())], 0, 0)
