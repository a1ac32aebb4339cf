"""The pictures of a race."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fallline.figures.bands import Band, bands
from fallline.figures.dots import Dot, dots
from fallline.figures.emblems import Emblem, emblems
from fallline.report.race_view import RaceView


def looks(view: RaceView) -> dict[str, Emblem]:
    """Return how each entrant is drawn in all pictures of the race, the leader first."""
    return emblems(row.label for row in view.rows)


def standings_dots(view: RaceView) -> str:
    """Return the means with their intervals."""
    rows = [Dot(row.label, row.mean, row.low, row.high, row.group) for row in view.rows]
    return dots(rows, view.measure, f"Standings: {view.title}", seen=looks(view), better=view.better)


def curves(view: RaceView, over: str = "samples") -> str:
    """Return the measure along the final runs, over the "samples" seen or the "seconds" of training."""
    shown, words = (view.by_samples, "samples seen") if over == "samples" else (view.by_seconds, "seconds of training")
    title = f"Final runs, over the {words}"
    return bands(shown, (words, view.measure), title, seen=looks(view), better=view.better)


def sensitivity(view: RaceView) -> str:
    """Return the measure over the learning rates, the chosen ones ringed."""
    return bands(
        view.sensitivity,
        ("learning rate", view.measure),
        "Screening, over the learning rates; the chosen one is ringed",
        seen=looks(view),
        better=view.better,
        scale="ratios",
        chosen={row.label: row.lr for row in view.rows if row.lr is not None},
    )


def tuning(view: RaceView) -> str:
    """Return the expected best of k random trials over k."""
    return bands(
        _bare(view.tuning),
        ("trials", view.measure),
        "Expected best of so many random trials",
        seen=looks(view),
        better=view.better,
        scale="as given",
    )


def profile(view: RaceView) -> str:
    """Return the share of studies that reached the target within so many times the fastest method's time."""
    steps = {label: _steps(ratio, share) for label, (ratio, share) in view.profile.items()}
    names = ("times the fastest", "share of studies")
    return bands(_bare(steps), names, "Reached the target", seen=looks(view), better="highest", scale="as given")


def _bare(pairs: Mapping[str, tuple[np.ndarray, np.ndarray]]) -> dict[str, Band]:
    return {label: Band.bare(x, y) for label, (x, y) in pairs.items()}


def _steps(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the corners of a function that jumps at some of the points, and is level in between."""
    jumps = np.flatnonzero(np.diff(y)) + 1
    corners = np.concatenate([x[:1], np.repeat(x[jumps], 2), x[-1:]])
    return corners, np.concatenate([y[:1], np.stack([y[jumps - 1], y[jumps]], axis=1).ravel(), y[-1:]])
