"""What a run is asked to measure besides the loss and the gradient's length."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import jax
import jax.numpy as jnp

from fallline.core.errors import InvalidType, InvalidValue, did_you_mean
from fallline.core.method import Method
from fallline.core.probe import Probe, StepView
from fallline.core.registry import to_call
from fallline.engine.step import COLUMNS
from fallline.probes import PROBES
from fallline.probes.grad_norm import GradNorm

AnyProbe = Probe | type[Probe] | str


def as_probes(probes: AnyProbe | Iterable[AnyProbe]) -> tuple[Probe, ...]:
    """Return the probes meant: instances, classes for their defaults, or the command line's words.

    >>> as_probes("gradnorms")
    (GradNorms(every=1),)
    """
    meant = map(_probe, [probes] if isinstance(probes, Probe | type | str) else probes)
    found = tuple(probe for probe in meant if not isinstance(probe, GradNorm))  # which every run measures
    for probe in found:
        if found.count(probe) > 1:
            raise InvalidValue(f"probes: {probe.name()} is measured already, once is enough: leave it out.")
    return found


def columns(probe: Probe, method: Method, params: Any) -> list[str]:
    """Return the columns that a probe fills, found from shapes alone."""

    def found(method: Method, params: Any) -> Any:
        def preconditioner() -> Any:
            return method.preconditioner(params, method.init(params))

        return probe.columns(jnp, StepView(params, params, params, jnp.zeros(()), lambda v: v, preconditioner))

    return list(jax.eval_shape(found, method, params))


def check_columns(probes: tuple[Probe, ...], method: Method, params: Any) -> None:
    """Refuse probes that would write into a column of the history that is another's."""

    def in_force(method: Method, params: Any) -> Any:
        return method.in_force(jnp, method.init(params), jnp.float32)

    if not probes:
        return
    owners = dict.fromkeys([*COLUMNS, *jax.eval_shape(in_force, method, params)], "the run itself")
    for probe in probes:
        text = str(to_call(probe))
        for column in columns(probe, method, params):
            if (other := owners.setdefault(column, text)) != text:
                raise InvalidValue(
                    f"probes: {text} fills the column {column!r} of the history, and so does {other}: leave one out."
                )


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
