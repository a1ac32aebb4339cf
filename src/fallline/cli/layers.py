"""`fallline layers`: a run layer by layer."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from fallline.cli import new_file, options

Of = Annotated[
    Literal["gradients", "weights", "updates"],
    typer.Option(
        "--of", help="The gradients' lengths as a heat map; how the weights, or one step's updates, spread over time."
    ),
]


def layers(run: options.Run, of: Of = "gradients", out: options.Picture = None, as_json: options.Json = False) -> None:
    """Draw what RUN did to each layer, for which it is run again."""
    from fallline.cli import compile_cache, output, progress
    from fallline.record.load import load

    record = load(run)
    path = new_file.picture(out, run, f"layers-{of}")
    compile_cache.enable()
    from fallline.lab.layers import layers as measured

    people = output.console(as_json)
    with output.reserved(as_json), progress.shown(people) as show:
        found = measured(record, progress=show)
    found.save(path, of)
    for note in found.notes:
        people.print(note)
    people.print(f"picture: {path}")
    if as_json:
        arrays = {
            name: {"ratios": ratios, "gradient": gradients[-1] if gradients else None}
            for name, ratios, gradients in zip(
                found.names, found.ratios.tolist(), found.gradients.tolist(), strict=True
            )
        }
        told = {"path": str(path), "run": str(run), "of": of, "moments": found.moments.tolist()}
        output.print_json({**told, "arrays": arrays, "notes": found.notes})
