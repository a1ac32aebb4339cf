"""`fallline resume`: an interrupted run, or a race, continued where it was broken off."""

from __future__ import annotations

from pathlib import Path

from fallline.cli import options
from fallline.core.errors import InvalidValue


def resume(
    run: options.Run,
    lr: options.RateFromHere = None,
    allow_changes: options.AllowChanges = False,
    as_json: options.Json = False,
) -> int:
    """Continue RUN from its last checkpoint, to the same bits as if it had never stopped; or at another rate.

    A race goes on, too, if it is not on a problem of your own.
    """
    from fallline.cli import compile_cache
    from fallline.record.race_document import is_race

    compile_cache.enable()
    if not is_race(run):
        return _run(run, lr, allow_changes, as_json)
    if lr is not None or allow_changes:
        raise InvalidValue(f"{run} is a race, which goes on as it began: leave out --lr and --allow-changes.")
    return _race(run, as_json)


def _run(path: Path, lr: float | None, allow_changes: bool, as_json: bool) -> int:
    from fallline.cli import devices, ending, output, progress
    from fallline.record.document import Document
    from fallline.record.load import check_is_run

    check_is_run(path)
    devices.ready(Document.read(path).spec.devices)
    from fallline.engine.resume import resume as go_on

    with output.reserved(as_json):
        with progress.shown(output.console(as_json)) as show:
            record = go_on(path, lr=lr, allow_changes=allow_changes, progress=show)
        record = ending.examined(record, output.console(as_json))
    return ending.told(record, as_json)


def _race(path: Path, as_json: bool) -> int:
    from fallline.cli import devices, output, race_ending, race_progress
    from fallline.lab.race_again import race_again
    from fallline.record.race_document import RaceDocument

    spec = RaceDocument.read(path).spec
    devices.ready(spec.run.devices)
    with output.reserved(as_json), race_progress.shown(output.console(as_json), spec.measure, None) as show:
        comparison = race_again(path, show)
    race_ending.told(comparison, str, as_json)
    return race_ending.exit_status(comparison)
