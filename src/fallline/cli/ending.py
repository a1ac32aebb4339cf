"""How a run ended: in words, as one JSON object, and as an exit status."""

from __future__ import annotations

import shlex
import signal
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fallline.cli.finding_lines import verdict_lines
from fallline.cli.output import console, print_json
from fallline.core.outcome import Outcome
from fallline.report.confusion import most_confused
from fallline.report.numbers import counted, duration, number

if TYPE_CHECKING:
    from rich.console import Console

    from fallline.record.record import Record


def examined(record: Record, people: Console) -> Record:
    """Return a run that ended badly with what is wrong with it; an interruption only ends the search for that."""
    from fallline.findings.bad_end import ended_badly
    from fallline.findings.bad_end import examined as with_findings

    if not ended_badly(record):
        return record
    people.print("looking for the reason of the bad end…")
    try:
        return with_findings(record)
    except KeyboardInterrupt:
        return record


def told(record: Record, as_json: bool) -> int:
    """Say how the run ended and where its results are; return the command's exit status."""
    people = console(as_json)
    for line in lines(record):
        people.print(line)
    if as_json:
        print_json(summary(record))
    return exit_status(record)


def lines(record: Record) -> list[str]:
    """Return the outcome and why, the test metrics, and, last, where the results are; of a dry run what it found."""
    if "dry_run" in record.provenance:
        return record.why.splitlines()
    count = summary(record)
    said = [f"{record.outcome}: {record.why} ({counted(count['epochs'], 'epoch')}, {duration(count['seconds'])})"]
    if record.test:
        said.append("test: " + ", ".join(f"{name} {number(value)}" for name, value in record.test.items()))
    confused = most_confused(record)
    if confused:
        said.append(f"most confused: {confused}")
    if len(record.epochs.get("gap", ())):
        loss, gap = (record.epochs[name][-1] for name in ("train_loss", "gap"))
        said.append(f"training loss {number(loss)}, {number(gap)} above the lowest there is ({number(loss - gap)})")
    if "probes" in record.provenance:
        said.append(_probed(**record.provenance["probes"]))
    if record.diagnosis is not None:
        said += [
            *verdict_lines(record.diagnosis),
            f"evidence and remedies: fallline diagnose {shlex.quote(str(record.path))}",
        ]
    if record.outcome == Outcome.INTERRUPTED:
        resume = f"fallline resume {shlex.quote(str(record.path))}"
        several = record.provenance.get("processes", 1) > 1
        said.append(f"to go on: {'the same command again' if several else resume}")
    return [*said, f"results: {record.path}"]


def _probed(every: Mapping[str, int], measurements: Mapping[str, int], overhead: float | None) -> str:
    """Return how often probes measured, and what that cost."""
    counts = ", ".join(f"{name.partition('(')[0]} {measurements[name]:,}×" for name in every)
    cost = "what they cost was not timed" if overhead is None else f"{overhead:.1%} of the time of the steps"
    return f"probes: {counts}; {cost}"


def summary(record: Record) -> dict[str, Any]:
    """Return the run in numbers: what `--json` prints."""
    known = {name: record.provenance[name] for name in ("best_epoch", "dry_run", "probes") if name in record.provenance}
    return {
        "path": None if record.path is None else str(record.path),
        "outcome": str(record.outcome),
        "why": record.why,
        "test": dict(record.test),
        "epochs": len(record.epochs.get("epoch", ())),
        "steps": len(record.history.get("step", ())),
        "seconds": record.provenance.get("seconds", 0.0),
        "findings": None if record.diagnosis is None else record.diagnosis.to_dict()["findings"],
    } | known


def exit_status(record: Record) -> int:
    """Return 0 when the run did what was asked, 1 when the training failed, 128 + the signal that interrupted it."""
    if record.outcome == Outcome.INTERRUPTED:
        return 128 + int(record.provenance.get("signal", signal.SIGINT))
    return 1 if record.outcome.failed else 0
