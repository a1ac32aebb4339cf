"""Schedules of keras.optimizers.schedules, read from the configuration that Keras writes of them."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from fallline.core.errors import InvalidValue, did_you_mean
from fallline.core.schedule import Schedule
from fallline.schedules.cosine import Cosine
from fallline.schedules.cosine_restarts import CosineRestarts
from fallline.schedules.exponential import Exponential
from fallline.schedules.inverse_time import InverseTime
from fallline.schedules.piecewise import Piecewise
from fallline.schedules.polynomial import Polynomial

Config = dict[str, Any]


def schedule(written: Config) -> Schedule:
    """Return the schedule that Keras wrote as a configuration: `{"class_name": ..., "config": {...}}`."""
    name = str(written.get("class_name"))
    if name not in READERS:
        raise InvalidValue(f"from_keras: the schedule {name!r} is unknown here.{did_you_mean(name, READERS)}")
    return READERS[name](written["config"])


def _exponential(config: Config) -> Schedule:
    peak, decay, every = config["initial_learning_rate"], config["decay_rate"], config["decay_steps"]
    return Exponential(peak, decay, every=every, staircase=config["staircase"])


def _inverse_time(config: Config) -> Schedule:
    peak, decay, every = config["initial_learning_rate"], config["decay_rate"], config["decay_steps"]
    return InverseTime(peak, decay, every=every, staircase=config["staircase"])


def _polynomial(config: Config) -> Schedule:
    if config["cycle"]:
        raise InvalidValue("from_keras: PolynomialDecay(cycle=True) starts again at ever longer cycles: not done here.")
    peak = config["initial_learning_rate"]
    return Polynomial(peak, steps=config["decay_steps"], power=config["power"], end=config["end_learning_rate"] / peak)


def _piecewise(config: Config) -> Schedule:
    """Keras changes the value after the step that a boundary names, we at it."""
    boundaries, values = config["boundaries"], config["values"]
    later = tuple(math.floor(boundary) + 1 for boundary in boundaries)
    return Piecewise(values[0], boundaries=later, factors=tuple(value / values[0] for value in values[1:]))


def _cosine(config: Config) -> Schedule:
    """Keras counts the decay's steps without those of the warm-up, we with them."""
    peak, steps, end = config["initial_learning_rate"], config["decay_steps"], config["alpha"]
    if config["warmup_target"] is None:
        return Cosine(peak, steps=steps, warmup=0.0, end=end, start=0.0)
    top, warmup = config["warmup_target"], config["warmup_steps"]
    return Cosine(top, steps=steps + warmup, warmup=warmup, end=end, start=peak / top)


def _cosine_restarts(config: Config) -> Schedule:
    peak, steps, end = config["initial_learning_rate"], config["first_decay_steps"], config["alpha"]
    return CosineRestarts(peak, steps=steps, growth=config["t_mul"], factor=config["m_mul"], end=end)


READERS: Mapping[str, Callable[[Config], Schedule]] = {
    "ExponentialDecay": _exponential,
    "InverseTimeDecay": _inverse_time,
    "PolynomialDecay": _polynomial,
    "PiecewiseConstantDecay": _piecewise,
    "CosineDecay": _cosine,
    "CosineDecayRestarts": _cosine_restarts,
}
