"""The options about how a run goes, whether it is trained alone or in a race."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fallline.cli import options
from fallline.cli.choices import read_probes


@dataclass(frozen=True)
class RunOptions:
    """Choices of a `Spec` in the command line's words; None where nothing is chosen."""

    sampling: options.Order = None
    last_batch: options.Remainder = None
    reduction: options.BatchLoss = None
    precision: options.BatchPrecision = None
    l1: options.L1 = None
    l2: options.L2 = None
    probes: options.Measured = None
    probe_budget: options.ProbeBudget = None
    target_loss: options.TargetLoss = None
    patience: options.Patience = None
    min_improvement: options.MinImprovement = None
    watch: options.Watched = None
    keep: options.Kept = None
    max_time: options.MaxTime = None
    devices: options.Devices = None

    def given(self) -> dict[str, Any]:
        """Return the choices that were made, as the library takes them."""
        chosen = {name: value for name, value in vars(self).items() if value is not None}
        return chosen if self.probes is None else {**chosen, "probes": read_probes(self.probes)}
