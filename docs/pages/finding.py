"""The page of a cause of bad trainings, and the table of all of them."""

from __future__ import annotations

from pathlib import Path

from fallline.findings import CAUSES
from fallline.findings.cause import Cause
from pages import markdown
from pages.docstring import notes, rule
from pages.markdown import code, joined, listed, prose, table
from pages.sections import link


def page(cls: type[Cause]) -> str:
    """Return the page of one cause."""
    symptoms = listed([link(CAUSES[name]) for name in cls.EXPLAINS if name in CAUSES])
    known = f"Found as {code(cls.name())}." + (f" Its symptoms: {symptoms}, which stand below it." if symptoms else "")
    return joined(f"# {cls.__name__}", prose(cls.HEADLINE), known, rule(cls), notes(cls))


def causes() -> str:
    """Return the table of all causes."""
    rows = [
        [code(name), prose(cls.HEADLINE), ", ".join(map(code, cls.EXPLAINS)) or "–"] for name, cls in CAUSES.items()
    ]
    return table(["cause", "what it is", "its symptoms"], rows)


def renewed(document: str) -> str:
    """Return a document with its table of causes as they are now."""
    return markdown.renewed(document, "causes", causes())


def renew(path: Path) -> None:
    """Write the table of causes in a document anew."""
    path.write_text(renewed(path.read_text()))
