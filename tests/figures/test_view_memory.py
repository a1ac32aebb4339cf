"""What a method remembers, told from its slots: beside the methods' own definitions."""

from __future__ import annotations

import numpy as np
import pytest
from tests.figures.scenes import CURVATURE, gone

import fallline as fl
from fallline.figures.view.memory import memory

FOUND = {
    "SGD": (None, None),
    "Momentum": ("v", None),
    "Nesterov": ("v", None),
    "AdaGrad": (None, "h"),
    "RMSProp": (None, "v"),
    "Adam": ("m", "v"),
    "NAdam": ("m", "v"),
    "Lion": ("m", None),
    "ScheduleFree": (None, "v"),
}


def walked(name, start, steps=30):
    """The method's own way over the bowl, with what it kept."""
    method = getattr(fl, name)(lr=0.02)
    points, kept = [np.array(start)], []
    state = method.init(points[0])
    while len(points) <= steps:
        kept.append(state)
        update, state = method.update(CURVATURE[: len(start)] * points[-1], state, points[-1])
        points.append(points[-1] + update)
    kept.append(state)
    slots = {k: np.array([s[k] for s in kept]) for k in state if np.shape(state[k]) == np.shape(start)}
    return gone(name, points, slots=slots)


@pytest.mark.parametrize("start", [(-1.5, 1.0), (1.5, 1.0), (-1.5, -0.3), (1.5,)])
@pytest.mark.parametrize("name", FOUND)
def test_velocities_and_squares_are_told_apart_whatever_they_are_called(name, start):
    way = walked(name, start)
    direction, squares = memory(way)
    assert (direction and direction[0], squares and squares[0]) == FOUND[name]
    if direction:  # it pushes down the first slope
        assert np.all(np.sign(direction[1][1]) == -np.sign(way.gradient[0]))


def test_no_memory_is_found_where_there_is_none():
    way = gone("w", np.ones((5, 2)), slots={"zero": np.zeros((5, 2)), "constant": np.ones((5, 2))})
    assert memory(way) == (None, None)
