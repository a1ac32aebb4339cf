"""When probes measure: before steps some way apart, with a gradient of their own, so that no other step pays."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp

from fallline.core.probe import Probe, StepView

NEVER = 2**30
"""A cadence at which no step is measured, but the first."""


@dataclass(frozen=True)
class Cadence:
    """Probes that measure at the same steps; how often is a traced number, so that another compiles nothing again.

    Args:
        every: steps from one measurement to the next.
        probes: what is measured.
        columns: what they fill, in order.
        asks: what they ask of a step's batch, by the names of `StepView`.
    """

    every: int
    probes: tuple[Probe, ...]
    columns: tuple[str, ...]
    asks: frozenset[str] = frozenset()

    @property
    def structure(self) -> tuple[Probe, ...]:
        """What a program depends on."""
        return tuple(probe.replace(every=1) for probe in self.probes)

    @property
    def gradients(self) -> float:
        """What one measurement of all of them costs, in gradients of a batch."""
        return sum(probe.gradients() for probe in self.probes)

    def at(self, every: int) -> Cadence:
        """Return the same at other steps."""
        return dataclasses.replace(self, every=every)

    def count(self, steps: int) -> int:
        """Return how often it is measured in so many steps."""
        return -(-steps // self.every)


def share(probes: Iterable[Probe]) -> Fraction:
    """Return the gradients that measuring takes, as a share of those that the steps take.

    A step that is looked at takes one more gradient than the probes declare.
    """
    probes = tuple(probes)
    looks = {probe.every for probe in probes}
    looks = {every for every in looks if not any(every % other == 0 for other in looks - {every})}
    own = sum((Fraction(probe.gradients()) / probe.every for probe in probes), Fraction(0))
    return own + sum((Fraction(1, every) for every in looks), Fraction(0))


def thinned(probes: Iterable[Probe], budget: float | None) -> dict[Probe, int]:
    """Return the steps from one measurement to the next of every probe, lengthened by one factor to keep to a budget.

    factor = ⌈share / budget⌉, 1 at least

    Args:
        probes: those that look at some steps, with the cadences asked for.
        budget: gradients that measuring may take, as a share of those that the steps take; None for any.

    Example:
        >>> from fallline.probes.grad_norms import GradNorms
        >>> list(thinned([GradNorms(every=10), GradNorms(every=20)], 0.05).values())
        [20, 40]
    """
    probes = tuple(probes)
    factor = 1 if budget is None else max(math.ceil(share(probes) / Fraction(str(float(budget)))), 1)
    return {probe: probe.every * factor for probe in probes}


def until_due(step: Any, every: Sequence[Any]) -> Any:
    """Return how many steps there are from `step` to the next at which something is measured, one at least."""
    return reduce(jnp.minimum, [each - jax.lax.rem(step, each) for each in every])


def measured(
    cadences: Sequence[Cadence], view: Callable[[], StepView], step: Any, every: Sequence[Any], dtype: Any
) -> Any:
    """Return one vector of all columns at a step, not a number where one is not measured; `view` if one is."""
    due = [jax.lax.rem(step, each) == 0 for each in every]

    def some() -> Any:
        seen = view()

        def at(cadence: Cadence, due: Any) -> Any:
            def now() -> Any:
                found = {name: n for probe in cadence.probes for name, n in probe.columns(jnp, seen).items()}
                return jnp.stack([jnp.asarray(found[name]).astype(dtype) for name in cadence.columns])

            return jax.lax.cond(due, now, lambda: _nothing(len(cadence.columns), dtype))

        return jnp.concatenate([at(*each) for each in zip(cadences, due, strict=True)])

    count = sum(len(cadence.columns) for cadence in cadences)
    return jax.lax.cond(reduce(jnp.logical_or, due), some, lambda: _nothing(count, dtype))


def in_columns(cadences: Sequence[Cadence], history: Any) -> dict[str, Any]:
    """Return what `measured` found at many steps, (steps, k), by column."""
    names = [name for cadence in cadences for name in cadence.columns]
    return {name: history[:, k] for k, name in enumerate(names)}


def _nothing(count: int, dtype: Any) -> Any:
    return jnp.full(count, jnp.nan, dtype)
