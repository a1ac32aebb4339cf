"""`fallline view`: methods on their way down a surface."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from fallline.cli import new_file, options
from fallline.core.errors import InvalidValue
from fallline.report.numbers import number

if TYPE_CHECKING:
    from fallline.figures.scene import Scene, Way

Surface = Annotated[
    str,
    typer.Argument(
        metavar="SURFACE|FORMULA",
        help="A surface such as ravine or 'ravine(condition=50)', or a formula in x and y, 'x**4 - 3*x**2 + y**2'. "
        "One that begins with - goes last, after --.",
        show_default=False,
    ),
]
Methods = Annotated[
    str | None,
    typer.Option(
        "--methods",
        metavar="METHODS",
        help="Who descends, with commas between them, as in 'sgd, momentum, adam(b2=0.99)'.",
        show_default="the usual ones",
    ),
]
Start = Annotated[
    str | None, typer.Option("--start", metavar="X,Y", help="Where from.", show_default="the surface's own")
]
Steps = Annotated[int, typer.Option("--steps", metavar="N", min=0, help="Steps of each method.")]
Rate = Annotated[
    str,
    typer.Option(
        "--lr",
        metavar="X|auto|own",
        help="The rate of methods given without one: auto tunes each on this surface, own is each one's default.",
    ),
]
Window = Annotated[
    str | None,
    typer.Option(
        "--window", metavar="A:B,C:D", help="What to look at, low:high of x and of y.", show_default="all of it"
    ),
]
Shown = Annotated[
    str | None,
    typer.Option("--show", metavar="gradient,step,memory", help="Shown at the current points.", show_default="nothing"),
]
Kind = Annotated[
    Literal["curve", "map", "surface"] | None,
    typer.Option("--kind", help="How it is drawn.", show_default="curve in x, map in x and y"),
]
Out = Annotated[
    Path | None,
    typer.Option(
        "--out",
        metavar="FILE",
        help="A new file: .html plays, .svg and .png are stills, .gif, .webp and .mp4 move.",
        show_default="<surface>.html",
    ),
]


def view(
    surface: Surface,
    methods: Methods = None,
    start: Start = None,
    steps: Steps = 200,
    lr: Rate = "auto",
    window: Window = None,
    show: Shown = None,
    kind: Kind = None,
    out: Out = None,
    as_json: options.Json = False,
) -> None:
    """Look at methods on their way down a surface: a page that plays, a picture or an animation."""
    from fallline.cli import compile_cache
    from fallline.cli.output import print_json, print_table, reserved
    from fallline.lab.ground import from_text
    from fallline.lab.view import check_ending
    from fallline.lab.view import view as seen

    descended = from_text(surface)
    path = out or new_file.free(descended.name(), ".html")
    check_ending(path)
    new_file.check("--out", path)
    choices = {
        "start": None if start is None else _numbers("--start", start, "as in 3,4", ","),
        "window": None if window is None else _window(window),
        "lr": _rate(lr),
        "show": () if show is None else tuple(map(str.strip, show.split(","))),
    }
    compile_cache.enable()
    with reserved(as_json):
        picture = seen(descended, methods, steps=steps, kind=kind, **choices)
        picture.save(path)
    if as_json:
        print_json({"path": str(path), **_summary(picture.scene)})
        return
    print_table(["method", "learning rate", "ends at", "f there", "how"], [_row(way) for way in picture.scene.ways])
    print(*picture.scene.notes, f"view: {path}", sep="\n")


def _row(way: Way) -> list[str]:
    place = ", ".join(f"{x:.4g}" for x in way.points[-1])
    rate = "none to choose" if way.lr is None else f"{way.lr:.3g} ({way.chosen})"
    return [way.label, rate, f"({place})", number(way.f[-1]), way.ending]


def _summary(scene: Scene) -> dict[str, Any]:
    ways = [
        {
            "label": way.label,
            "method": way.method,
            "lr": way.lr,
            "chosen": way.chosen,
            "steps": way.steps,
            "end": way.points[-1].tolist(),
            "f": float(way.f[-1]),
            "outcome": way.outcome,
            "ending": way.ending,
            "leaves": way.leaves,
        }
        for way in scene.ways
    ]
    return {"title": scene.title, "ways": ways, "notes": list(scene.notes)}


def _window(text: str) -> Any:
    """Read the low and high of each coordinate, or one for all.

    >>> _window("-2:2,-1:3"), _window("-2:2")
    ([[-2.0, 2.0], [-1.0, 3.0]], [-2.0, 2.0])
    """
    form = "low:high of each coordinate, as in -2:2,-1:3"
    sides = [_numbers("--window", side, form, ":") for side in text.split(",")]
    if any(len(side) != 2 for side in sides):
        raise InvalidValue(f"--window {text}: write {form}.")
    return sides[0] if len(sides) == 1 else sides


def _numbers(option: str, text: str, form: str, between: str) -> list[float]:
    try:
        return [float(part) for part in text.split(between)]
    except ValueError:
        raise InvalidValue(f"{option} {text}: write numbers, {form}.") from None


def _rate(text: str) -> Any:
    """Read a learning rate.

    >>> _rate("0.1"), _rate("auto"), _rate("own")
    (0.1, 'auto', 'own')
    """
    if text in ("auto", "own"):
        return text
    try:
        return float(text)
    except ValueError:
        raise InvalidValue(f"--lr {text}: give a number, auto, or own.") from None
