"""`fallline data`: what data are at hand, what they hold, and files fetched from the web."""

from __future__ import annotations

import contextlib
import dataclasses
from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fallline.cli import options
from fallline.cli.choices import read_source
from fallline.core.errors import DataError, InvalidValue
from fallline.report.numbers import counted

if TYPE_CHECKING:
    from fallline.data.fetch import Progress
    from fallline.data.table import Table

_ROWS = 5
_CLASSES = 20


def data(
    source: Annotated[
        str | None,
        typer.Argument(metavar="DATA", help="A name, openml:NAME, a file, a folder, or https://…", show_default=False),
    ] = None,
    sha256: Annotated[
        str | None,
        typer.Option("--sha256", metavar="HEX", help="What a fetched file's SHA-256 must be.", show_default=False),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="What to call a fetched file.", show_default="its own name"),
    ] = None,
    image_size: options.ImageSize = None,
    broken_images: options.BrokenImages = None,
    as_json: options.Json = False,
) -> None:
    """List the data at hand, or describe DATA; an address is fetched first, and found by its name from then on."""
    from fallline.cli.output import print_json, reserved

    if source is not None and "://" in source:
        source = _fetch(source, sha256, name, as_json)
    elif sha256 is not None or name is not None:
        raise InvalidValue(
            "--sha256 and --name belong to a file that is fetched: fallline data https://… --sha256 HEX."
        )
    if source is None:
        return print_json(at_hand()) if as_json else _print_list(at_hand())
    from fallline.data.load import load

    with reserved(as_json):
        told = description(load(read_source(source, image_size, broken_images)))
    return print_json(told) if as_json else _print_description(told)


def at_hand() -> dict[str, Any]:
    """Return what can be loaded by its name: the bundled data sets, and the files that were fetched."""
    from fallline.data.bundled import DATASETS
    from fallline.data.fetched import fetched, folder
    from fallline.data.load import load
    from fallline.problems.task import infer

    bundled = []
    for name, known in DATASETS.items():
        table = load(name)
        about = {"rows": table.rows, "columns": len(table.columns), "task": infer(table.columns[known.target])}
        bundled.append({"name": name, **about, "description": known.description})
    files = [{"name": name, "bytes": file.stat().st_size, "path": str(file)} for name, file in fetched().items()]
    return {"bundled": bundled, "fetched": files, "folder": str(folder())}


def description(table: Table) -> dict[str, Any]:
    """Return what a table holds as plain data: rows, columns, target, task, classes, and its first rows."""
    from fallline.data.description import class_counts, describe, first_rows
    from fallline.problems.question import choose_target, single
    from fallline.problems.task import infer

    told: dict[str, Any] = {
        "name": table.name,
        "source": table.source,
        "rows": table.rows,
        "test_rows": table.test.rows if table.test else None,
        "columns": [dataclasses.asdict(describe(name, column)) for name, column in table.columns.items()],
        "first_rows": first_rows(table, _ROWS),
    }
    try:
        target = choose_target(table, None)
    except DataError:  # nothing says which column it is
        return {**told, "target": None}
    task = infer(single(table.columns[target]))
    classes = class_counts(single(table.columns[target])) if task == "classification" else None
    return {**told, "target": target, "task": task, "classes": classes}


def _fetch(url: str, sha256: str | None, name: str | None, as_json: bool) -> str:
    """Fetch a file, and return the path that it then has."""
    from fallline.cli.output import console
    from fallline.data.fetch import fetch

    if sha256 is None:
        raise InvalidValue(
            f"{url}: a file is fetched with --sha256 HEX, the SHA-256 that it must have, so that nobody can put "
            f"another in its place. Its publisher tells it; for a copy that you trust, `sha256sum FILE` does."
        )
    to_people = console(as_json)
    with _progress(to_people) as show:
        path = fetch(url, sha256, name, show)
    to_people.print(f"fetched: {path}")
    return str(path)


@contextlib.contextmanager
def _progress(console: Any) -> Iterator[Progress]:
    """Yield what is told of the bytes so far: a bar on a terminal, nothing elsewhere."""
    if not console.is_terminal:
        yield lambda done, total: None
        return
    from rich.progress import BarColumn, DownloadColumn, Progress, TimeRemainingColumn

    with Progress(BarColumn(), DownloadColumn(), TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)


def _print_list(told: dict[str, Any]) -> None:
    from fallline.cli.output import print_table

    rows = [[d["name"], f"{d['rows']:,}", str(d["columns"]), d["task"], d["description"]] for d in told["bundled"]]
    print_table(["name", "rows", "columns", "task", "what it is"], rows)
    print()
    if told["fetched"]:
        print_table(["fetched", "bytes", "file"], [[f["name"], f"{f['bytes']:,}", f["path"]] for f in told["fetched"]])
        return
    print(f"Nothing was fetched yet: fallline data https://… --sha256 HEX puts a file into {told['folder']}.")


def _print_description(told: dict[str, Any]) -> None:
    from fallline.cli.output import print_table

    test = f", and {told['test_rows']:,} for testing" if told["test_rows"] else ""
    print(f"{told['name']}: {counted(told['rows'], 'row')}{test}")
    if told["target"] is None:
        print("target: not named; choose a column with --target")
    else:
        classes = f", {len(told['classes']):,} classes" if told["classes"] else ""
        print(f"target: {told['target']} ({told['task']}{classes})")
    print()
    print_table(["column", "type", "missing", "values"], [_column(column) for column in told["columns"]])
    if told.get("classes"):
        counts = list(told["classes"].items())
        print()
        print_table(["class", "rows"], [[name, f"{rows:,}"] for name, rows in counts[:_CLASSES]])
        if len(counts) > _CLASSES:
            print(f"and {len(counts) - _CLASSES:,} more")
    print()
    print_table(list(told["first_rows"][0]), [list(row.values()) for row in told["first_rows"]])


def _column(column: dict[str, Any]) -> list[str]:
    kind = column["kind"] if column["kind"] == "text" else f"{column['kind']} {column['dtype']}"
    shape = " " + "×".join(map(str, column["shape"])) if column["shape"] else ""
    values = f"{column['levels']:,} distinct" if column["kind"] == "text" else f"{column['low']} to {column['high']}"
    return [column["name"], kind + shape, f"{column['missing']:,}", values]
