"""The tables that can be trained on: those at hand and those brought in, and what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fallline.core.errors import DataError
from fallline.web.choices import data_choices
from fallline.web.page import answer
from fallline.web.site import Site

if TYPE_CHECKING:
    from fallline.data.description import ColumnDescription
    from fallline.data.table import Table
    from fallline.data.table_stream import TableStream


@dataclass(frozen=True)
class TableView:
    """What a table holds.

    Args:
        name: of the data.
        rows: how many there are.
        columns: what each holds.
        tasks: of each column what predicting it is: classification or regression.
        target: the column that is predicted where none is named; None where nothing says which.
    """

    name: str
    rows: int
    columns: tuple[ColumnDescription, ...]
    tasks: Mapping[str, str]
    target: str | None


def source(site: Site, name: str) -> str:
    """Return what `fl.data.load` reads, by the name of a data set at hand or of an uploaded file, and nothing else.

    Raises:
        DataError: when there is neither.
    """
    if name in [known.name for known in data_choices()]:
        return name
    return str(site.uploads.path(name))


def opened(source: str) -> Table | TableStream:
    """Return rows in memory, or as a stream where they would not fit."""
    from fallline.data.load import load
    from fallline.data.memory import larger_than_memory
    from fallline.data.stream import stream

    return load(source) if larger_than_memory(source) is None else stream(source)


def first(table: Table | TableStream) -> Table:
    """Return a table, or the first block of a stream."""
    from fallline.data.table_stream import TableStream

    return table.read(0) if isinstance(table, TableStream) else table


def view(source: str) -> TableView:
    """Return what a table holds; of one that does not fit into memory, what its first block does."""
    from fallline.data.description import describe
    from fallline.problems.question import choose_target, single
    from fallline.problems.task import infer

    whole = opened(source)
    table = first(whole)
    try:
        target: str | None = choose_target(table, None)
    except DataError:  # nothing says which column it is
        target = None
    return TableView(
        name=table.name,
        rows=whole.rows,
        columns=tuple(describe(name, column) for name, column in table.columns.items()),
        tasks={name: infer(single(column)) for name, column in table.columns.items()},
        target=target,
    )


def routes(site: Site) -> list[Route]:
    """Return the address of what a table holds: `/table?data=NAME`."""

    def table(request: Request) -> Response:
        name: Any = request.query_params.get("data", "")
        return answer(view(source(site, name)))

    return [Route("/table", table)]
