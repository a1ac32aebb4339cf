"""`fallline picture`: the pictures that people learn gradient descent from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from fallline.cli import new_file, options
from fallline.lab.picture import Picture
from fallline.lab.pictures import PICTURES


def picture(
    name: Annotated[
        str | None,
        typer.Argument(metavar="PICTURE", help='One of them: saddle, "tangents(start=4)".', show_default=False),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="SVG or PNG; of one that moves also HTML, GIF, WebP or MP4.",
            show_default="PICTURE.svg, or a free name like it",
        ),
    ] = None,
    as_json: options.Json = False,
) -> None:
    """List the pictures, or draw one and say what there is to see, with its own numbers."""
    from fallline.cli import compile_cache
    from fallline.cli.output import print_json, print_table, reserved

    if name is None:
        told = [summary(cls) for cls in PICTURES.values()]
        if as_json:
            print_json({"pictures": told})
            return
        print_table(["picture", "what it shows", "files"], [[p["name"], p["headline"], p["files"]] for p in told])
        return
    made = PICTURES.build(name)
    path = made.checked(new_file.free(made.name(), ".svg") if out is None else out)
    new_file.check("--out", path)
    compile_cache.enable()
    with reserved(as_json):
        made.save(path)
        words = list(made.words())
    if as_json:
        print_json({**summary(type(made)), "path": str(path), "words": words})
        return
    print(*words, f"picture: {path}", sep="\n")


def summary(cls: type[Picture]) -> dict[str, str]:
    """Return a picture's name, first line, and the files that it can be written to."""
    return {"name": cls.name(), "headline": cls.HEADLINE, "files": " ".join(cls.ENDINGS)}
