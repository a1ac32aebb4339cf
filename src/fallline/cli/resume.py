"""`fallline resume`: an interrupted run, continued from its last checkpoint."""

from __future__ import annotations

from fallline.cli import options


def resume(run: options.Run, lr: options.RateFromHere = None, as_json: options.Json = False) -> int:
    """Continue RUN from its last checkpoint, to the same bits as if it had never stopped; or at another rate."""
    from fallline.cli import compile_cache, ending, output, progress
    from fallline.record.load import check_is_run

    check_is_run(run)
    compile_cache.enable()
    from fallline.engine.resume import resume as go_on

    with output.reserved(as_json), progress.shown(output.console(as_json)) as show:
        record = go_on(run, lr=lr, progress=show)
    with output.reserved(as_json):
        record = ending.examined(record, output.console(as_json))
    return ending.told(record, as_json)
