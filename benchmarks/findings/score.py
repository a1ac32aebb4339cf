"""How faults and healthy runs are judged: `python -m benchmarks.findings.score [NAME ...] [--seeds N] [--try]` says it.

Without a name it goes through everything; a name is part of a fault's, a cause's or a healthy run's.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import fallline as fl
from benchmarks.findings.fault import Fault, final_loss
from benchmarks.findings.healthy import HEALTHY, Healthy
from benchmarks.findings.planted import FAULTS
from benchmarks.measure import Row

SEEDS, TRIED = 5, 3
"""Seeds that each fault is planted with, and that each remedy is tried with."""

LOWER = 0.95
"""A remedy improves where the loss at the end is at most this share of what it was, on most of the seeds."""


@dataclass(frozen=True)
class Judged:
    """What was said of a fault planted with one seed."""

    fault: Fault
    seed: int
    found: Sequence[fl.Finding]

    @property
    def named(self) -> bool:
        """Whether the cause that was planted comes first."""
        return bool(self.found) and self.found[0].cause in self.fault.causes


def judged(fault: Fault, seed: int, trying: bool = False) -> Judged:
    """Train with the fault, ask what is wrong, and perhaps try what is advised."""
    return Judged(fault, seed, fl.diagnose(fault.make(seed), try_remedies=trying, seeds=TRIED))


def better(finding: fl.Finding) -> bool:
    """Whether the remedy clearly lowered the loss at the end on most of the seeds."""
    assert finding.effect is not None
    pairs = zip(finding.effect.before, finding.effect.after, strict=True)
    return sum(after < LOWER * before for before, after in pairs) > len(finding.effect.seeds) / 2


def measured(faults: Sequence[Fault], healthy: Sequence[Healthy]) -> list[Row]:
    """Plant every fault with every seed, try the remedies with the first, and look for faults in healthy runs."""
    began = time.perf_counter()
    of_faults = [judged(fault, seed, trying=seed == 0) for fault in faults for seed in range(SEEDS)]
    seconds = time.perf_counter() - began
    remedies = {one.fault.name: one.found[0] for one in of_faults if one.found and one.found[0].effect is not None}
    alarms = {run.name: found for run in healthy if len(found := fl.diagnose(run.make(0)))}
    return [
        _share(
            f"{len(faults)} faults × {SEEDS} seeds: the planted cause comes first",
            [one.named for one in of_faults],
            0.9,
            _missed(of_faults) + f"; {seconds:.0f} s with the trying of remedies",
        ),
        _share(
            f"remedies tried on {TRIED} seeds: the loss at the end is lower by 5% or more",
            [better(finding) for finding in remedies.values()],
            0.85,
            "not: " + (", ".join(name for name, finding in remedies.items() if not better(finding)) or "none"),
        ),
        _alarms(alarms, len(healthy)),
    ]


def _share(what: str, met: Sequence[bool], asked: float, note: str) -> Row:
    share = sum(met) / len(met)
    return Row(what, f"{sum(met)} of {len(met)}, {share:.1%}", f"≥ {asked:.0%}", share >= asked, note)


def _missed(of_faults: Iterable[Judged]) -> str:
    counts: dict[str, int] = {}
    for one in of_faults:
        counts[one.fault.name] = counts.get(one.fault.name, 0) + (not one.named)
    return "missed: " + (", ".join(f"{name} ({count})" for name, count in counts.items() if count) or "none")


def _alarms(alarms: dict[str, Sequence[fl.Finding]], count: int) -> Row:
    share = len(alarms) / count
    said = "; ".join(f"{name}: {found[0].cause}" for name, found in alarms.items())
    measured = f"{len(alarms)} of {count}, {share:.1%}"
    return Row("healthy runs with any finding", measured, "≤ 5%", share <= 0.05, said)


def main() -> None:
    """Go through what is named on the command line, and say everything about it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seeds", type=int, default=SEEDS)
    parser.add_argument("--try", dest="trying", action="store_true")
    chosen = parser.parse_args()
    for fault in FAULTS:
        if _asked(chosen.names, fault.name, *fault.causes):
            _tell(fault, chosen.seeds, chosen.trying)
    for run in HEALTHY:
        if _asked(chosen.names, run.name, "healthy"):
            _tell_healthy(run)


def _asked(names: Sequence[str], *of: str) -> bool:
    return not names or any(name in text for name in names for text in of)


def _tell(fault: Fault, seeds: int, trying: bool) -> None:
    for seed in range(seeds):
        record = fault.make(seed)
        one = Judged(fault, seed, fl.diagnose(record, try_remedies=trying and seed == 0, seeds=TRIED))
        right = "" if fault.right is None or seed else f", without the fault {final_loss(fault.right(0)):.4g}"
        mark, causes = "ok  " if one.named else "MISS", " or ".join(sorted(fault.causes))
        print(f"{mark} {fault.name} [{seed}] ({causes}): loss {final_loss(record):.4g}{right}", flush=True)
        for finding in one.found[: None if not one.named or trying else 1]:
            print(f"       {finding.confidence:.2f} {finding.cause}: {finding.message}")
            if (effect := finding.effect) is not None:
                print(f"            {effect.measure} {effect.before} → {effect.after}: improved {effect.improved}")


def _tell_healthy(run: Healthy) -> None:
    record = run.make(0)
    found = fl.diagnose(record)
    print(f"{'ok   ' if not len(found) else 'ALARM'} healthy: {run.name}: loss {final_loss(record):.4g}", flush=True)
    for finding in found:
        print(f"       {finding.confidence:.2f} {finding.cause}: {finding.message}")


if __name__ == "__main__":
    main()
