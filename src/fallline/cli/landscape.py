"""`fallline landscape`: the loss around a run's model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fallline.cli import new_file, options
from fallline.core.errors import InvalidValue
from fallline.report.numbers import counted, duration, number

if TYPE_CHECKING:
    from fallline.lab.landscape import Landscape

Plane = Annotated[
    Literal["random", "pca"] | None,
    typer.Option(
        "--plane",
        help="Directions drawn at random, or those in which the run itself moved most; for these it is run again.",
        show_default="random",
    ),
]
Other = Annotated[
    Path | None,
    typer.Option("--to", metavar="RUN2", help="The line to another run, instead of a plane.", show_default=False),
]
Size = Annotated[int, typer.Option("--size", metavar="N", min=3, max=1001, help="Points along each axis.")]
Span = Annotated[
    float | None,
    typer.Option("--span", metavar="X", help="How far it reaches from the model.", show_default="1, or the way"),
]
Rows = Annotated[int, typer.Option("--rows", metavar="N", min=1, help="Training rows that the loss is the mean of.")]
Seed = Annotated[int, typer.Option("--seed", metavar="N", min=0, help="Of the random directions and of the rows.")]


def landscape(
    run: options.Run,
    plane: Plane = None,
    to: Other = None,
    size: Size = 51,
    span: Span = None,
    rows: Rows = 2000,
    seed: Seed = 0,
    out: options.Picture = None,
    as_json: options.Json = False,
) -> None:
    """Draw the training loss around RUN's model, on a plane or on the line to another run."""
    from fallline.cli import compile_cache, output, progress
    from fallline.record.load import load

    if plane is not None and to is not None:
        raise InvalidValue("--to draws the line to another run, and --plane a plane: give one of them.")
    record, other = load(run), None if to is None else load(to)
    path = new_file.picture(out, run, f"landscape-{'line' if to is not None else plane or 'random'}")
    compile_cache.enable()
    from fallline.lab.survey import landscape as measured

    people = output.console(as_json)
    with output.reserved(as_json), progress.shown(people) as show:
        choices: dict[str, Any] = {"size": size, "span": span, "rows": rows, "seed": seed}
        found = measured(record, plane=plane, to=other, **choices, progress=show)
    found.save(path)
    for line in _lines(found):
        people.print(line)
    people.print(f"picture: {path}")
    if as_json:
        output.print_json({"path": str(path), "run": str(run), **_numbers(found)})


def _lines(found: Landscape) -> list[str]:
    """Return what was found, in words."""
    points = " × ".join(map(str, reversed(found.loss.shape)))
    facts = _numbers(found)
    said = [
        f"{points} points, each the mean over {counted(found.rows, 'row')}, in {duration(found.seconds)}: loss "
        f"{number(facts['model'])} at the model, {number(facts['lowest'])} at the lowest, "
        f"{number(facts['highest'])} at the highest"
    ]
    if found.explained is not None:
        first, second = (f"{share:.1%}" for share in found.explained)
        said.append(f"the axes hold {first} and {second} of the way's spread")
    return [*said, *found.notes]


def _numbers(found: Landscape) -> dict[str, Any]:
    """Return the landscape in numbers: what `--json` prints."""
    import numpy as np

    finite = found.loss[np.isfinite(found.loss)].tolist()
    return {
        "plane": found.plane,
        "rows": found.rows,
        "seconds": found.seconds,
        "model": found.at_model,
        "lowest": min(finite, default=None),
        "highest": max(finite, default=None),
        "explained": found.explained,
        "within": found.within,
        "x": found.x.tolist(),
        "y": found.y.tolist(),
        "loss": found.loss.tolist(),
        "validation": None if found.validation is None else found.validation.tolist(),
        "notes": found.notes,
    }
