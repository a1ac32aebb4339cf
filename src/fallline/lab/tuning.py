"""What the screening of a race says about tuning: which rates are good, what it costs, what the default is worth."""

from __future__ import annotations

import numpy as np

from fallline.core.outcome import Outcome
from fallline.figures.bands import Band
from fallline.lab.standings import Array, Key, Standings
from fallline.lab.statistics.best_of import best_of
from fallline.lab.statistics.interval import mean_interval
from fallline.lab.statistics.sensitivity import GoodRates, edge, good_rates


def mean_values(standings: Standings, label: str) -> dict[Key, float]:
    """Return the mean of the measure over the screening seeds of every configuration; not a number where one failed."""
    return {key: float(np.mean(standings.values(runs))) for key, runs in standings.screening.get(label, {}).items()}


def best_at_rates(standings: Standings, label: str) -> dict[float, Key]:
    """Return the best configuration with each learning rate, from low to high."""
    found: dict[float, tuple[float, Key]] = {}
    for key, runs in standings.screening.get(label, {}).items():
        lr, score = runs[0].entry.lr, float(np.mean(standings.costs(runs)))
        if lr is not None and (lr not in found or score < found[lr][0]):
            found[lr] = score, key
    return {lr: found[lr][1] for lr in sorted(found)}


def sensitivity(standings: Standings) -> dict[str, Band]:
    """Return the measure at the end over the learning rates, of every entrant that tried several."""
    curves = {}
    for label in standings.labels:
        at_rates = best_at_rates(standings, label)
        if len(at_rates) > 1:
            own = standings.screening[label]
            found = [mean_interval(standings.values(own[key])) for key in at_rates.values()]
            columns = (np.array([getattr(each, name) for each in found]) for name in ("mean", "low", "high"))
            curves[label] = Band(np.array(list(at_rates)), *columns)
    return curves


def thinned_out(standings: Standings, label: str) -> bool:
    """Return whether some of an entrant's configurations were ended early: then not all results are known."""
    own = standings.screening.get(label, {})
    return any(run.record.outcome == Outcome.ELIMINATED for runs in own.values() for run in runs)


def cost_of_tuning(standings: Standings) -> dict[str, tuple[Array, Array]]:
    """Return the expected best of k random trials against k, of every entrant that tried several.

    Where configurations were ended early there is none: what they would have come to is not known.
    """
    curves = {}
    for label in standings.labels:
        means = list(mean_values(standings, label).values())
        if len(means) > 1 and np.isfinite(means).any() and not thinned_out(standings, label):
            found = best_of(means, standings.measure.better)
            curves[label] = np.arange(1, len(found) + 1), found
    return curves


def rates_and_means(standings: Standings, label: str) -> tuple[list[float], list[float]]:
    """Return the rates that an entrant tried, and the mean of the measure at each."""
    means, at_rates = mean_values(standings, label), best_at_rates(standings, label)
    return list(at_rates), [means[key] for key in at_rates.values()]


def good(standings: Standings, label: str) -> GoodRates | None:
    """Return between which rates an entrant did about as well as at its best."""
    rates, means = rates_and_means(standings, label)
    if thinned_out(standings, label):
        return None
    return good_rates(rates, means, standings.measure.better) if len(rates) > 1 else None


def warnings(standings: Standings) -> list[str]:
    """Return what is doubtful about the rates that were tried, a sentence each."""
    notes = []
    for label in standings.labels:
        rates, means = rates_and_means(standings, label)
        if len(rates) < 2 or standings.never_began:
            continue
        if not np.isfinite(means).any():
            if any(run.record.outcome.failed for runs in standings.screening[label].values() for run in runs):
                notes.append(f"{label}: every learning rate failed, down to {rates[0]:.3g}: try lower ones.")
        elif end := edge(rates, means, standings.measure.better):
            beyond = "lower" if end == "lowest" else "higher"
            rate = rates[0] if end == "lowest" else rates[-1]
            notes.append(
                f"{label}: the best rate, {rate:.3g}, is the {end} that was tried; a {beyond} one may be better."
            )
    return notes
