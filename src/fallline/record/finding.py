"""What was found out about a run: a cause, its evidence, a remedy, and what the remedy changed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from fallline.core.spec import Spec

if TYPE_CHECKING:
    from fallline.figures.figure import Figure


@dataclass(frozen=True)
class Exhibit:
    """A picture of evidence, as numbers.

    Args:
        title: one line: what is to be seen.
        names: what the axes are called; of bars, what they are and what their length is.
        series: names, and points (x, y) of each; of bars, a name and one number each.
        kind: `"lines"`, `"dots"` or `"bars"`.
        levels: names, and heights at which a line goes across: a limit.
        since: where along x it begins, if it does.
    """

    title: str
    names: tuple[str, str]
    series: Mapping[str, Any]
    kind: Literal["lines", "dots", "bars"] = "lines"
    levels: Mapping[str, float] = field(default_factory=dict)
    since: float | None = None


@dataclass(frozen=True)
class Effect:
    """What a remedy changed, run for run on the same seeds.

    Args:
        measure: what was compared, lower being better: `"validation loss"` or `"training loss"`, at the end.
        seeds: the seeds.
        before: of the run as it was, one number a seed; infinite where it failed.
        after: of the run with the remedy.
        mean: the mean of after − before; nan where a run failed.
        low, high: its 95 % interval, by paired differences; nan where a run failed.
    """

    measure: str
    seeds: tuple[int, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]
    mean: float
    low: float
    high: float

    @property
    def improved(self) -> int:
        """On how many seeds it was better after."""
        return sum(after < before for before, after in zip(self.before, self.after, strict=True))


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong with a run.

    Args:
        cause: a documented identifier, such as `lr_too_large`.
        message: what is wrong and how it shows, in a sentence or two with the numbers.
        since: the step from which on it shows, counted from 1; None where it was so all along, or is not known.
        evidence: numbers by name.
        confidence: 0 to 1.
        remedy: the run's spec, changed; None where no choice of a run mends it.
        advice: what to do, in words.
        exhibit: a picture of the evidence.
        effect: what the remedy changed, where it was tried.
    """

    cause: str
    message: str
    since: int | None
    evidence: Mapping[str, Any]
    confidence: float
    remedy: Spec | None
    advice: str
    exhibit: Exhibit | None = None
    effect: Effect | None = None

    def plot(self) -> Figure | None:
        """Return the picture of the evidence, where there is one."""
        from fallline.figures.exhibit import exhibit

        return None if self.exhibit is None else exhibit(self.exhibit)
