"""Whether a run has come to rest, whether a way leads on from there, and whether it rests by a stationary point."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from fallline.findings.attempt import (
    CLEARLY,
    MOST,
    Attempt,
    attempt,
    knowing_nothing,
    little_to_gain,
    losses_a_row,
    withheld,
)
from fallline.findings.case import Case
from fallline.findings.remedy import with_method
from fallline.findings.trend import Array, blocks, change
from fallline.methods.adam import Adam

RESTS = 0.02
"""A run is at rest where its loss fell by no more than this share of the loss of knowing nothing in its second half."""

SLOWS = 0.1
"""It has slowed down where it is no more than this: what more steps gain elsewhere is not just their number."""

OPENS = 10.0
"""Where a training that comes down meets a gradient so many times as large as before, the ground before was flat;
one that crawls meets two or three times, a way out of a saddle or off a plateau thirty and more."""

OPENS_BATCHES = 2.0
"""The same of the gradients of batches, which hold noise before and after."""

NEAR = 0.01
"""A stationary point is near where a Newton step to it is at most this share of the weights' length: a thousandth at
saddles, some hundredths and more where only the loss is flat."""


def falls_no_more(case: Case, share: float) -> bool:
    """Return whether a run's loss fell by less than a share of the loss of knowing nothing in its second half.

    Give or take a standard error, which is large for single rows. A run that failed did not come to rest.
    """
    if case.record.outcome.failed:
        return False
    fall = change(losses_a_row(case)[case.taken // 2 :])
    return -fall.mean - fall.error <= share * abs(knowing_nothing(case))


def way_out(case: Case) -> Attempt | None:
    """Return the training by Adam that leads on from where a run came to rest high up on flat ground, if one does.

    There the loss no longer falls, and the way on meets a gradient many times as large as where the run stands.
    """
    if little_to_gain(case, CLEARLY) or not falls_no_more(case, RESTS):
        return None
    steps = min(max(case.taken // 4, 100), MOST)
    slow, fast = (attempt(case, with_method(case.spec, Adam(lr=lr)), "end", steps) for lr in (0.01, 0.1))
    gained = [withheld(case, one.level) for one in (slow, fast)]
    if max(gained) < CLEARLY:
        return None
    found = fast if gained[0] < CLEARLY else slow
    # Blocks of steps, against steps: single batches, of one row above all, may have any gradient.
    before = np.asarray(case.history["grad_norm"], np.float64)[case.taken // 2 :]
    opens = float(np.max(found.grad_norms)) > OPENS * case.end.grad_norm
    return found if opens and float(np.max(blocks(found.grad_norms))) > OPENS_BATCHES * before.mean() else None


def is_stationary(case: Case) -> bool:
    """Return whether a run stands by a point without a gradient: by its curvature, near against its weights' length."""
    size = max(length(place.arrays) for place in (case.start, case.end))
    return case.end.grad_norm <= NEAR * case.end.sharpness * size


def length(arrays: Mapping[str, Array]) -> float:
    """Return the Euclidean length of all arrays together.

    >>> length({"w": np.array([[3.0]]), "b": np.array([4.0])})
    5.0
    """
    return math.sqrt(sum(float(np.sum(np.square(array, dtype=np.float64))) for array in arrays.values()))
