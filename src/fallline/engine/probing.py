"""What a run is asked to measure besides the loss and the gradient's length."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import jax
import jax.numpy as jnp

from fallline.core.errors import InvalidType, InvalidValue, did_you_mean
from fallline.core.method import Method
from fallline.core.probe import Probe
from fallline.core.registry import to_call
from fallline.engine.cadence import Cadence, thinned
from fallline.engine.rehearsal import CannotMeasure, Rehearsal, Seen
from fallline.engine.step import COLUMNS
from fallline.probes import PROBES
from fallline.probes.grad_norm import GradNorm

AnyProbe = Probe | type[Probe] | str

DEFAULT = "default"
"""The word for all probes that are worth their cost in any run."""

BUDGET = 0.05
"""What these may take of a run's gradients, where nothing else is said."""


def as_probes(probes: AnyProbe | Iterable[AnyProbe]) -> tuple[Probe, ...]:
    """Return the probes meant: instances, classes for their defaults, or the command line's words.

    `"default"`, alone or among others, is every class that says so of itself and is not among those others.

    >>> as_probes("gradnorms")
    (GradNorms(every=1),)
    """
    listed = _listed(probes)
    named = [_probe(each) for each in listed if each != DEFAULT]
    usual = [cls() for cls in PROBES.values() if cls.DEFAULT and cls not in map(type, named)]
    meant = [*(usual if DEFAULT in listed else ()), *named]
    found = tuple(probe for probe in meant if not isinstance(probe, GradNorm))  # which every run measures
    for probe in found:
        if found.count(probe) > 1:
            raise InvalidValue(f"probes: {probe.name()} is measured already, once is enough: leave it out.")
    return found


def budget_of(probes: AnyProbe | Sequence[AnyProbe], budget: float | None) -> float | None:
    """Return the budget that probes have: their own one, where the default ones are among them and nothing is said."""
    return BUDGET if budget is None and DEFAULT in _listed(probes) else budget


def placed(
    probes: Sequence[Probe], rehearsal: Rehearsal, budget: float | None
) -> tuple[tuple[Probe, ...], tuple[Cadence, ...]]:
    """Return which probes measure as part of every step, and which look at some steps before they are taken.

    One that cannot be measured on this model is left out with a warning, and the run goes on without it.

    Args:
        probes: with the cadences asked for.
        rehearsal: a step on shapes.
        budget: gradients that measuring may take, as a share of those that the steps take.

    Raises:
        InvalidValue: for probes that would write into a column of the history that is another's.
    """
    seen: dict[Probe, Seen] = {}
    for probe in probes:
        try:
            seen[probe] = rehearsal.of(probe)
        except CannotMeasure as why:
            warnings.warn(str(why), stacklevel=2)
    _check_columns(seen, rehearsal)
    always = tuple(probe for probe in seen if probe.every == 1 and not seen[probe].asks)
    groups: dict[int, list[Probe]] = {}
    for probe, every in thinned([probe for probe in seen if probe not in always], budget).items():
        groups.setdefault(every, []).append(probe)
    return always, tuple(_cadence(every, group, seen) for every, group in groups.items())


def _cadence(every: int, probes: list[Probe], seen: Mapping[Probe, Seen]) -> Cadence:
    columns = tuple(name for probe in probes for name in seen[probe].columns)
    return Cadence(every, tuple(probes), columns, frozenset().union(*(seen[probe].asks for probe in probes)))


def _check_columns(seen: Mapping[Probe, Seen], rehearsal: Rehearsal) -> None:
    def in_force(method: Method, params: Any) -> Any:
        return method.in_force(jnp, method.init(params), jnp.float32)

    if not seen:
        return
    own = jax.eval_shape(in_force, rehearsal.method, rehearsal.params)
    owners = dict.fromkeys([*COLUMNS, *own], "the run itself")
    for probe, (columns, _) in seen.items():
        text = str(to_call(probe))
        for column in columns:
            if (other := owners.setdefault(column, text)) != text:
                raise InvalidValue(
                    f"probes: {text} fills the column {column!r} of the history, and so does {other}: leave one out."
                )


def _listed(probes: AnyProbe | Iterable[AnyProbe]) -> list[AnyProbe]:
    return [probes] if isinstance(probes, Probe | type | str) else list(probes)


def _probe(probe: Any) -> Probe:
    if isinstance(probe, type) and issubclass(probe, Probe):
        return probe()
    if isinstance(probe, str):
        return PROBES.build(probe)
    if isinstance(probe, Probe):
        return probe
    raise InvalidType(
        f"{probe!r} is not a probe: pass an instance such as fl.Sharpness(every=50), a class, or its name."
        f"{did_you_mean(type(probe).__name__, PROBES)}"
    )
