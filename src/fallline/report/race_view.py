"""A race as plain numbers and words: all that its page, its card and its table in text show."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from fallline.figures.bands import Band as Band


@dataclass(frozen=True)
class Row:
    """One entrant's standing.

    Args:
        label: what it is called, unique and short: `adam`.
        method: the whole method with its tuned numbers: `adam(lr=0.003)`.
        lr: its learning rate; `None` for a method without one.
        chosen: what was chosen on the other axes that it has: `{"batch_size": 32, "schedule": "cosine"}`.
        mean: the measure's mean over the final runs; inf where it failed.
        low: the lower end of its 95 % interval; nan where there is none.
        high: the upper end.
        group: 1 for the leader and those not distinguishable from it, then 2, …; 0 where there is no verdict, or all
            failed.
        difference: mean, low and high of the paired difference to the leader; `None` for the leader, and where unknown.
        best: mean over seeds of the best epoch's measure.
        auc: mean of the measure over the samples seen.
        to_target: median samples and seconds to the target, inf where it was missed; `None` without a target.
        test: means of the metrics on the test part.
        default: mean of screening at the method's own default rate, if it was tried.
        good: the lowest and the highest rate that are about as good as the best.
        note: what went wrong: "diverged on 2 of 10 seeds"; or nothing.
    """

    label: str
    method: str
    lr: float | None
    chosen: Mapping[str, Any]
    mean: float
    low: float
    high: float
    group: int
    difference: tuple[float, float, float] | None
    best: float
    auc: float
    to_target: tuple[float, float] | None
    test: Mapping[str, float]
    default: float | None
    good: tuple[float, float] | None
    note: str

    def choice(self, axis: str) -> str:
        """Return what was chosen on an axis, to six digits; nothing where the method has no such axis."""
        value = self.chosen.get(axis, "")
        return f"{value:.6g}" if isinstance(value, float) else str(value)


@dataclass(frozen=True)
class Published:
    """A published number, to be shown beside ours.

    Args:
        label: the entrant it is about.
        value: the number.
        what: what it measures: the race's measure, or a metric on the test part: `"test accuracy"`.
        source: where it stands: "Schneider et al. 2019, table 2".
    """

    label: str
    value: float
    what: str
    source: str


@dataclass(frozen=True, eq=False)
class RaceView:
    """A finished race.

    Args:
        title: what was trained: "digits, mlp(128, 64)".
        verdict: who won, or that nobody did, in two sentences.
        measure: what is compared: "validation loss".
        better: which end of the measure is good.
        rows: the standings, best first.
        by_samples: the measure along the final runs, over the samples seen; by label, as the next four are.
        by_seconds: the same over the seconds of training.
        sensitivity: the measure at the end of screening over the learning rates; not finite where runs diverged.
        tuning: k, and the expected best measure of k random trials, each of shape (n,).
        profile: ratios of 1 to 4, and the share of studies that reached the target within so many times the time of
            the fastest method, each of shape (n,).
        target: the measure's value that counts as solved.
        runs: a column a quantity of every run, all of the same length.
        published: published numbers.
        notes: warnings, a sentence each.
        covers: what the intervals cover, and what not.
        command: the command line that repeats the race, if one can.
        spec: every choice, as TOML.
        provenance: versions, machine, data.
    """

    title: str
    verdict: str
    measure: str
    better: Literal["lowest", "highest"]
    rows: tuple[Row, ...]
    by_samples: Mapping[str, Band]
    by_seconds: Mapping[str, Band]
    sensitivity: Mapping[str, Band]
    tuning: Mapping[str, tuple[np.ndarray, np.ndarray]]
    profile: Mapping[str, tuple[np.ndarray, np.ndarray]]
    target: float | None
    runs: Mapping[str, list[Any]]
    published: tuple[Published, ...]
    notes: tuple[str, ...]
    covers: str
    command: str | None
    spec: str
    provenance: Mapping[str, Any]

    @property
    def axes(self) -> tuple[str, ...]:
        """What else was chosen for some method, besides the learning rate."""
        return tuple(dict.fromkeys(name for row in self.rows for name in row.chosen))

    @property
    def held(self) -> bool:
        """Whether some method did not fail."""
        return any(math.isfinite(row.mean) for row in self.rows)

    @property
    def winner(self) -> Row | None:
        """The leader, if it is alone in its group."""
        leaders = [row for row in self.rows if row.group == 1]
        return leaders[0] if len(leaders) == 1 < len(self.rows) else None
