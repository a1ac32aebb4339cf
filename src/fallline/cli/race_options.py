"""The options about a race, in which methods are compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fallline.cli import options
from fallline.cli.choices import read_axes, read_batches
from fallline.core.choice import number
from fallline.core.errors import InvalidValue

_IN_WORDS = ("methods", "vary", "batch", "epochs", "steps", "seed", "target_value")


@dataclass(frozen=True)
class RaceOptions:
    """What `race_spec` is given, in the command line's words; None where nothing is chosen."""

    methods: options.Methods = None
    lr: options.Rates = None
    vary: options.Varied = None
    seeds: options.Seeds = None
    final_seeds: options.FinalSeeds = None
    trials: options.Trials = None
    elimination: options.Eliminated = None
    budget: options.Spending = None
    measure: options.ComparedBy = None
    target_value: options.TargetValue = None
    extend: options.Extended = None
    lanes: options.Side = None
    batch: options.BatchSizes = None
    epochs: options.RaceEpochs = None
    steps: options.Steps = None
    seed: options.FirstSeed = None

    def __post_init__(self) -> None:
        if self.target_value is not None:  # here by its option's name: --target is a column of the data
            number("target_value", self.target_value)

    def given(self) -> dict[str, Any]:
        """Return the choices that were made, as `race_spec` takes them, but for the methods."""
        chosen = {name: value for name, value in vars(self).items() if name not in _IN_WORDS}
        chosen["target"] = self.target_value
        chosen["batch_size"] = None if self.batch is None else read_batches(self.batch)
        axes = read_axes(self.vary or ())
        if "batch_size" in axes and self.batch is not None and "," in self.batch:
            raise InvalidValue(f"--batch {self.batch} and --vary batch_size=…: name the sizes once.")
        run = {"epochs": self.epochs, "steps": self.steps, "seed": self.seed}
        chosen |= {"axes": axes, "run": {name: value for name, value in run.items() if value is not None}}
        return {name: value for name, value in chosen.items() if value is not None}
