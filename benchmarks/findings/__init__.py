"""Faults planted in trainings, and trainings without a fault: whether `fl.diagnose` tells which is which.

A fault is a training with one thing wrong, as a user would meet it, and beside it the same training without it. It is
a fault: without it the loss is clearly lower, or where the loss cannot show it, it is so by construction. It counts as
named where the cause that was planted comes first. A healthy run is one of a rate tuned or 3 times off, whose loss
comes down as it should; there every finding is a false alarm. A remedy improves where the loss at the end is lower by
5% or more with it, on most of the seeds tried.
"""

from __future__ import annotations

from benchmarks.measure import Row


def rows() -> list[Row]:
    """Measure."""
    from benchmarks.findings.healthy import HEALTHY
    from benchmarks.findings.planted import FAULTS
    from benchmarks.findings.score import measured

    return measured(FAULTS, HEALTHY)
