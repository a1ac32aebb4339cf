"""What a run is asked to measure besides the loss and the gradient's length."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from fallline.core.errors import InvalidType, InvalidValue, did_you_mean
from fallline.core.probe import Probe
from fallline.probes import PROBES
from fallline.probes.grad_norm import GradNorm

AnyProbe = Probe | type[Probe] | str


def as_probes(probes: AnyProbe | Iterable[AnyProbe]) -> tuple[Probe, ...]:
    """Return the probes meant: instances, classes for their defaults, or the command line's words.

    >>> as_probes("gradnorms")
    (GradNorms(every=1),)
    """
    found = tuple(map(_probe, [probes] if isinstance(probes, Probe | type | str) else probes))
    for probe in found:
        if isinstance(probe, GradNorm) or found.count(probe) > 1:
            raise InvalidValue(f"probes: {probe.name()} is measured already, once is enough: leave it out.")
    return found


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
