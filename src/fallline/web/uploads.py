"""Files that a page brings in, to be trained on."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import AsyncIterator
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from fallline.core.errors import DataError, did_you_mean
from fallline.record import atomic, names
from fallline.record.folder import make
from fallline.web.page import answer
from fallline.web.site import Site

FOLDER = ".uploads"

MOST = 200_000_000
"""Bytes of one file."""


class Uploads:
    """The files that were brought in: a hidden folder beside the runs, which go on reading them.

    Args:
        runs: the folder that holds the runs.
    """

    def __init__(self, runs: Path) -> None:
        self.folder = runs / FOLDER

    def names(self) -> list[str]:
        """Return the names of the files, in alphabetical order."""
        if not self.folder.is_dir():
            return []
        return sorted(entry.name for entry in self.folder.iterdir() if not entry.name.startswith("."))

    def path(self, name: str) -> Path:
        """Return where the file of this name lies.

        Raises:
            DataError: when there is none.
        """
        if name not in self.names() or (self.folder / name).resolve() != self.folder.resolve() / name:
            raise DataError(f"no file {name!r} was uploaded.{did_you_mean(name, self.names())}")
        return self.folder / name

    async def take(self, name: str, pieces: AsyncIterator[bytes]) -> str:
        """Write a file piece by piece, and return the name it got; no file is ever overwritten.

        Args:
            name: as its owner calls it; what no disk would take is left out, and a number added where it is taken.
            pieces: its bytes.

        Raises:
            DataError: for a file of a kind that cannot be read.
            RunError: when it cannot be written.
        """
        stem, ending = await run_in_threadpool(split, name)
        make(self.folder)
        temporary = self.folder / f".{secrets.token_hex(8)}.{os.getpid()}.tmp"
        try:
            with open(temporary, "xb") as file:
                async for piece in pieces:
                    await run_in_threadpool(file.write, piece)
            return self._settle(temporary, stem, ending)
        except OSError as error:
            raise atomic.cannot("write", self.folder / name, error) from error
        finally:
            with contextlib.suppress(FileNotFoundError):
                temporary.unlink()

    def _settle(self, temporary: Path, stem: str, ending: str) -> str:
        """Give a written file its name, with the first free number where that is taken."""
        number = 1
        while True:
            name = f"{stem}{'' if number == 1 else f'-{number}'}{ending}"
            try:
                os.link(temporary, self.folder / name)  # unlike a renaming, never over another file
                return name
            except FileExistsError:
                number += 1


def split(name: str) -> tuple[str, str]:
    """Return a file's name without its ending, made safe, and the ending, by which data are read.

    Raises:
        DataError: for an ending that no kind of file has.

    Example:
        >>> split("prix d'été.CSV")
        ('prix-d-ete', '.csv')
    """
    from fallline.data.load import sources

    endings = sorted({ending for kind in sources() for ending in kind.suffixes}, key=len)
    found = [ending for ending in endings if name.lower().endswith(ending)]
    if not found:
        raise DataError(f"{name!r} is of no kind that can be read: {', '.join(endings)}.")
    return names.safe_name(name[: -len(found[-1])], names.LONGEST - 20), found[-1]


def routes(site: Site) -> list[Route]:
    """Return the addresses of uploads."""

    async def put(request: Request) -> Response:
        name = await site.uploads.take(request.path_params["name"], request.stream())
        return answer({"name": name}, 201)

    return [Route("/uploads/{name}", put, methods=["PUT"])]
