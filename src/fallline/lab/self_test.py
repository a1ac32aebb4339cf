"""The self-test of a race: a method must not lose to one that it contains as a special case."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fallline.lab.standings import Standings
from fallline.lab.statistics.differences import differences


def beaten_by_special_cases(standings: Standings) -> list[str]:
    """Return a sentence for each method that lost to a special case of itself.

    Momentum with β = 0 is gradient descent, so momentum whose β was tuned, 0 included, cannot be worse: where it is,
    the tuning fell short, and the race says less about the two than it seems.
    """
    if not standings.decided:
        return []
    notes = []
    for label, scores in zip(standings.labels, standings.scores, strict=True):
        method = standings.judged(label)[0].entry.method
        for case, values in method.SPECIAL_CASES.items():
            if case not in standings.labels or not _could_be(standings, label, values):
                continue
            own = standings.scores[standings.labels.index(case)]
            try:
                (found,) = differences([scores], own)
            except ValueError:  # one of them failed on a seed
                continue
            if found.distinct and found.mean > 0:
                words = ", ".join(f"{name}={value}" for name, value in values.items())
                notes.append(
                    f"{label} lost to {case}, which it contains ({words}): it was not tuned enough for this to count."
                )
    return notes


def _could_be(standings: Standings, label: str, values: Mapping[str, Any]) -> bool:
    """Return whether a configuration with these values was among those that were tried."""
    tried = (runs[0].entry.method for runs in standings.screening.get(label, {}).values())
    return any(all(getattr(method, name) == value for name, value in values.items()) for method in tried)
