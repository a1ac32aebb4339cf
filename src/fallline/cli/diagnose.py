"""`fallline diagnose`: why a run does not train, and what mends it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from fallline.cli import options
from fallline.cli.wording import in_options, option_names
from fallline.core.errors import RunError

Tried = Annotated[
    bool, typer.Option("--try", help="Train with each remedy and without, on the same seeds, and show the effect.")
]
Seeds = Annotated[int, typer.Option("--seeds", metavar="N", min=1, help="How many, for --try.")]
Again = Annotated[
    bool, typer.Option("--again", help="Take the run once more with the default probes, and use what they measure.")
]


def diagnose(
    context: typer.Context,
    run: options.Run,
    try_remedies: Tried = False,
    seeds: Seeds = 5,
    again: Again = False,
    as_json: options.Json = False,
) -> None:
    """Say what is wrong with RUN, how sure that is, and what mends it; then its report shows it, too."""
    from fallline.cli import compile_cache, output, progress
    from fallline.cli.finding_lines import finding_lines
    from fallline.record.folder import REPORT
    from fallline.record.load import load

    record = load(run)
    compile_cache.enable()
    from fallline.findings.diagnose import diagnose as examine

    people = output.console(as_json)
    with output.reserved(as_json), progress.shown(people) as show:
        found = examine(record, again=again, try_remedies=try_remedies, seeds=seeds, progress=show)
    assert context.parent is not None
    verbs: Any = context.parent.command
    names = option_names(verbs.commands["train"]) | option_names(context.command)
    for line in finding_lines(found, record.spec, lambda text: in_options(text, names)):
        people.print(line)
    try:
        report = str(found.save() / REPORT)
        people.print(f"report: {report}")
    except RunError as error:
        report = None
        people.print(f"the findings are not stored: {error}")
    if as_json:
        output.print_json({"path": str(run), "report": report, **found.to_dict()})
