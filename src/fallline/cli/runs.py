"""`fallline runs`: the runs of a folder at a glance."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Annotated

import typer

from fallline.cli import options
from fallline.core.errors import RunError
from fallline.report.numbers import duration, number


def runs(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that holds runs.")] = Path("runs"),
    as_json: options.Json = False,
) -> None:
    """List the runs in a folder, the oldest first."""
    from fallline.cli.output import print_json, print_table
    from fallline.record.summary import runs as summaries

    if not folder.is_dir():
        raise RunError(f"there is no folder {folder}. `fallline train DATA` makes one, or name another.")
    found = summaries(folder)
    if as_json:
        print_json({"path": str(folder), "runs": [dataclasses.asdict(run) for run in found]})
        return
    rows = [
        [
            run.name,
            run.data,
            ", ".join([run.outcome, *(found.cause for found in run.findings[:1])]),
            ", ".join(f"{name} {number(value)}" for name, value in run.test.items()),
            "" if run.seconds is None else duration(run.seconds),
            (run.started or "").replace("T", " ").removesuffix("+00:00"),
            run.method,
        ]
        for run in found
    ]
    print_table(["run", "data", "outcome", "test", "took", "started (UTC)", "method"], rows)
    print(f"{len(rows)} {'run' if len(rows) == 1 else 'runs'} in {folder}")
