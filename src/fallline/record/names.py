"""Names of run folders that are safe on every disk, and free."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from fallline.core.grammar import parse
from fallline.core.spec import Spec
from fallline.record import atomic

LONGEST = 64
_RULE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_DEVICES = {"con", "prn", "aux", "nul", *(f"{d}{n}" for d in ("com", "lpt") for n in range(1, 10))}


def safe_name(text: str, longest: int = LONGEST) -> str:
    """Return `text` as a folder's name: `[A-Za-z0-9][A-Za-z0-9._-]*`, at most `longest` characters, no device's name.

    >>> safe_name("prix des maisons/été.csv")
    'prix-des-maisons-ete.csv'
    """
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    name = re.sub(r"[^A-Za-z0-9._]+", "-", plain).strip("-._")[:longest].rstrip("-._")
    return name if name and not _is_device(name) else f"run-{name}".rstrip("-")[:longest]


def is_safe(name: str) -> bool:
    """Return whether a name is one that every disk takes, and that cannot lead out of the folder it is looked for in.

    >>> is_safe("digits-adam-1"), is_safe(".."), is_safe("nul.txt")
    (True, False, False)
    """
    return len(name) <= LONGEST and _RULE.fullmatch(name) is not None and not _is_device(name)


def data_name(spec: Spec, provenance: Mapping[str, Any]) -> str:
    """Return what a run was trained on, in a word: a data set, a file's name, or the name of the user's own problem."""
    source = str(spec.problem.get("data") or spec.problem.get("file") or "")
    if source.startswith("images("):  # a folder with choices about its images
        source = parse(source).args[0]
    return Path(source).name if source else str(provenance.get("problem", ""))


def next_run_path(base: str | PathLike[str], stem: str) -> Path:
    """Make the folder `base/<stem>-<n>`, with n one above the highest there, and return it.

    It is made, empty, at once: so two runs that start together never get the same one.

    Raises:
        RunError: when it cannot be made.
    """
    base = Path(base)
    name = safe_name(stem, LONGEST - len("-123456"))
    try:
        base.mkdir(parents=True, exist_ok=True)
        number = max((int(n) for n in _numbers(base, name)), default=0) + 1
        while True:
            path = base / f"{name}-{number}"
            try:
                path.mkdir()
                return path
            except FileExistsError:  # another process was quicker
                number += 1
    except OSError as error:
        raise atomic.cannot("make a folder in", base, error) from error


def _is_device(name: str) -> bool:
    return name.partition(".")[0].lower() in _DEVICES


def _numbers(base: Path, name: str) -> list[str]:
    pattern = re.compile(re.escape(name) + r"-([0-9]{1,6})", re.IGNORECASE)
    return [match[1] for entry in base.iterdir() if (match := pattern.fullmatch(entry.name))]
