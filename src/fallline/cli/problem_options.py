"""The options about data and model, and the problem that they make."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fallline.cli import options
from fallline.cli.choices import read_class_weight, read_shares, read_source
from fallline.core.errors import InvalidValue

if TYPE_CHECKING:
    from rich.console import Console

    from fallline.core.problem import Problem

_USER_FILE = re.compile(r".*\.py(:.*)?")


@dataclass(frozen=True)
class ProblemOptions:
    """What `fl.problems.for_data` is given besides the data, in the command line's words; None where nothing is."""

    target: options.Target = None
    model: options.Model = None
    task: options.Task = None
    loss: options.Loss = None
    split: options.Split = None
    split_seed: options.SplitSeed = None
    missing: options.Missing = None
    constant: options.Constant = None
    stream: options.Streamed = None
    image_size: options.ImageSize = None
    augment: options.Augment = None
    broken_images: options.BrokenImages = None
    metrics: options.Metrics = None
    weight: options.Weight = None
    class_weight: options.ClassWeights = None

    @property
    def inferred(self) -> bool:
        """Whether the task is found out from the target's values."""
        return self.task is None and self.loss is None

    def usual(self) -> dict[str, Any]:
        """Return what is taken where nothing is chosen, besides the library's own."""
        return {}

    def ready(self) -> dict[str, Any]:
        """Return the choices that were made, as the library takes them."""
        choices = {name: value for name, value in vars(self).items() if name not in ("image_size", "broken_images")}
        choices["split"] = None if self.split is None else read_shares(self.split)
        choices["class_weight"] = None if self.class_weight is None else read_class_weight(self.class_weight)
        return {name: value for name, value in choices.items() if value is not None}

    def problem(self, data: str, console: Console) -> Problem:
        """Return the problem of DATA: a source of rows with a ready model, a yardstick, or one of a user's own file."""
        from fallline import problems
        from fallline.data.memory import larger_than_memory

        source, ready = read_source(data, self.image_size, self.broken_images), self.ready()
        whole = problems.yardsticks.is_name(source)
        if not whole and not _USER_FILE.fullmatch(source):
            reason = None if "stream" in ready else larger_than_memory(source)
            if reason is not None:
                console.print(f"memory: {reason}")
            return problems.for_data(source, **{"stream": reason is not None, **self.usual(), **ready})
        if ready:
            names = ", ".join(f"--{name.replace('_', '-')}" for name in ready)
            raise InvalidValue(f"{source} is a whole problem, with its data and model: leave out {names}.")
        return problems.yardstick(source) if whole else problems.from_file(source)


@dataclass(frozen=True)
class RacedProblemOptions(ProblemOptions):
    """The same for a race."""

    model: options.SmallModel = None

    def usual(self) -> dict[str, Any]:
        """Return the model of races, a small one."""
        from fallline.lab.compare import MODEL

        return {"model": MODEL}
