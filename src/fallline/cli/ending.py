"""How a run ended: in words, as one JSON object, and as an exit status."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING, Any

from fallline.cli.output import console, print_json
from fallline.core.outcome import Outcome
from fallline.report.confusion import most_confused
from fallline.report.numbers import counted, duration, number

if TYPE_CHECKING:
    from fallline.record.record import Record


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
    if record.outcome == Outcome.INTERRUPTED:
        said.append(f"to go on: fallline resume {record.path}")
    return [*said, f"results: {record.path}"]


def summary(record: Record) -> dict[str, Any]:
    """Return the run in numbers: what `--json` prints."""
    known = {name: record.provenance[name] for name in ("best_epoch", "dry_run") if name in record.provenance}
    return {
        "path": None if record.path is None else str(record.path),
        "outcome": str(record.outcome),
        "why": record.why,
        "test": dict(record.test),
        "epochs": len(record.epochs.get("epoch", ())),
        "steps": len(record.history.get("step", ())),
        "seconds": record.provenance.get("seconds", 0.0),
    } | known


def exit_status(record: Record) -> int:
    """Return 0 when the run did what was asked, 1 when the training failed, 128 + the signal that interrupted it."""
    if record.outcome == Outcome.INTERRUPTED:
        return 128 + int(record.provenance.get("signal", signal.SIGINT))
    return 1 if record.outcome.failed else 0
