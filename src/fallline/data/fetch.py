"""Data files from the web: fetched once, and kept only when they are what was asked for."""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import tempfile
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.parse import unquote, urlsplit

from fallline import __version__
from fallline.core.errors import DataError, InvalidValue
from fallline.data.bundled import DATASETS
from fallline.data.fetched import fetched, folder, stem, suffix

LARGEST = 64 * 2**30
"""The most bytes that are fetched."""

_TIMEOUT = 30.0
"""Seconds without an answer."""
_CHUNK = 2**20
_LOCAL = ("localhost", "127.0.0.1", "::1")
_SHA256 = re.compile(r"[0-9a-f]{64}", re.IGNORECASE)
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")

Progress = Callable[[int, int | None], None]
"""Called with the bytes so far, and with those of the whole file where the server says so."""


def fetch(url: str, sha256: str, name: str | None = None, progress: Progress = lambda done, total: None) -> Path:
    """Fetch a file into the user's data folder, where `load` finds it by its name.

    Args:
        url: an https address; http is taken from this machine alone.
        sha256: what the file's SHA-256 must be, 64 hexadecimal digits; another file is not kept.
        name: what to call it; if not given, the last part of the address.
        progress: told how far it is.

    Returns:
        The file's path; one that is there already is not fetched again.

    Raises:
        DataError: the file cannot be fetched, is not the one asked for, or its name is taken.
        InvalidValue: an address, a sum or a name that cannot be.
    """
    _check_address(url)
    if not _SHA256.fullmatch(sha256):
        raise InvalidValue(f"sha256={sha256!r}: a SHA-256 is written as 64 hexadecimal digits.")
    file = folder() / file_name(url, name)
    there = fetched().get(stem(file.name))
    if there is not None:
        _refuse_another(there, sha256)
        return there
    with _partial(file) as part:
        found = _download(url, part, progress)
        if found != sha256.lower():
            raise DataError(
                f"{url}: the file that came has the SHA-256 {found}, not {sha256.lower()}: another version, a page in "
                f"its place, or not the file at all. It was not kept."
            )
    return file


def file_name(url: str, name: str | None = None) -> str:
    """Return what a fetched file is called: the name asked for, or the address's last part in plain characters.

    >>> file_name("https://example.org/data/Flights%20of%202001.parquet?raw=1")
    'Flights-of-2001.parquet'
    >>> file_name("https://example.org/data/flights.parquet", "delays")
    'delays.parquet'
    """
    own = unquote(urlsplit(url).path).rpartition("/")[2]
    if name is not None and not _NAME.fullmatch(name):
        raise InvalidValue(
            f"name={name!r}: a name begins with a letter or digit and holds letters, digits, '.', '_' and '-', at "
            f"most 100."
        )
    end = suffix(own)
    if name is None:
        chosen = re.sub(r"[^A-Za-z0-9._-]+", "-", stem(own)).lstrip("._-")[:100] + end
    else:
        chosen = name if suffix(name) else name + end
    if not suffix(chosen) or not stem(chosen):
        from fallline.data.load import sources

        files = ", ".join(kind.what for kind in sources() if kind.suffixes)
        raise InvalidValue(
            f"{url}: cannot tell from the name {chosen!r} how to read it; pass name= with its ending, as in "
            f"name='flights.parquet'. Files that can be read: {files}."
        )
    if stem(chosen) in DATASETS:
        raise InvalidValue(f"{url}: {stem(chosen)!r} is a data set that is always at hand; pass name= to call it else.")
    return chosen


def _refuse_another(there: Path, sha256: str) -> None:
    with there.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256.lower():
        raise DataError(
            f"{there} is there already, with the SHA-256 {found}, not {sha256.lower()}. Remove it, or pass name= to "
            f"keep both."
        )


@contextmanager
def _partial(file: Path) -> Iterator[IO[bytes]]:
    """Yield a file beside its place; it is renamed into it at the end, and removed when there is an error."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        part = tempfile.NamedTemporaryFile(dir=file.parent, prefix=f".{file.name}.", suffix=".part", delete=False)  # noqa: SIM115
    except OSError as error:
        raise DataError(f"{file.parent} cannot be written: {error.strerror}.") from error
    try:
        with part:
            yield part
            part.flush()
            os.fsync(part.fileno())
        os.replace(part.name, file)
    except BaseException:
        os.unlink(part.name)
        raise


def _download(url: str, part: IO[bytes], progress: Progress) -> str:
    """Copy what is at an address into a file, and return its SHA-256."""
    digest = hashlib.sha256()
    done = 0
    try:
        request = urllib.request.Request(url, headers={"User-Agent": f"fallline/{__version__}"})
        with urllib.request.build_opener(_SafeRedirects).open(request, timeout=_TIMEOUT) as answer:
            total = int(answer.headers["Content-Length"]) if answer.headers["Content-Length"] else None
            _refuse_large(url, total or 0)
            while chunk := answer.read(_CHUNK):
                done += len(chunk)
                _refuse_large(url, done)
                digest.update(chunk)
                part.write(chunk)
                progress(done, total)
    except DataError:
        raise
    except HTTPError as error:
        raise DataError(f"{url}: the server answers {error.code}, {error.reason}.") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = error.reason if isinstance(error, URLError) else error
        raise DataError(
            f"{url} could not be fetched: {reason or type(error).__name__}. It needs a connection to the internet; a "
            f"file that is on disk, and {', '.join(DATASETS)}, can be read without."
        ) from error
    if total is not None and done < total:
        raise DataError(f"{url}: the connection ended after {done:,} of {total:,} bytes. Try again.")
    return digest.hexdigest()


def _refuse_large(url: str, size: int) -> None:
    if size > LARGEST:
        raise DataError(f"{url} has more than {LARGEST:,} bytes, the most that are fetched.")


def _check_address(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        raise InvalidValue(f"{url} is no address: {error}.") from None
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and host in _LOCAL)):
        raise InvalidValue(f"{url}: data are fetched from addresses that begin with https://.")


def check_redirect(url: str, to: str) -> None:
    """Refuse what could not have been asked for itself, and a way from another machine to this one."""
    try:
        _check_address(to)
    except InvalidValue as error:
        raise DataError(f"{url} leads elsewhere: {error}") from None
    if urlsplit(url).scheme == "https" and urlsplit(to).scheme != "https":
        raise DataError(f"{url} leads to {to}, which is not https.")


class _SafeRedirects(urllib.request.HTTPRedirectHandler):
    """Follows a server to another address where that may be."""

    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> Any:
        check_redirect(req.full_url, newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)
