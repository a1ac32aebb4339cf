"""The page of a probe, and the table of all of them."""

from __future__ import annotations

from pathlib import Path

from fallline.core.probe import Probe
from fallline.probes import PROBES
from pages import markdown
from pages.arguments import arguments
from pages.docstring import example, notes, rule
from pages.markdown import code, joined, prose, table


def page(cls: type[Probe]) -> str:
    """Return the page of one probe."""
    told = rule(cls), notes(cls), arguments(cls), example(cls)
    return joined(f"# {cls.__name__}", prose(cls.HEADLINE), facts(cls), *told)


def facts(cls: type[Probe]) -> str:
    """Return the sentences about its column, its units, what it costs, how often it measures, and who asks for it."""
    usual = cls()
    column = f"Column {code(cls.COLUMN)}. " if cls.COLUMN else ""
    every = "every step" if usual.every == 1 else f"every {usual.every} steps"
    default = " It is one of the default probes." if cls.DEFAULT else ""
    return (
        f"{column}Units: {prose(cls.UNITS)}. Cost: {prose(cls.COST)}; a budget counts {usual.gradients():g} gradients. "
        f"Measured {every}, if nothing else is said.{default}"
    )


def probes() -> str:
    """Return the table of all probes."""
    header = ["probe", "measures", "costs, in gradients", "every, in steps", "default"]
    usual = [cls() for cls in PROBES.values()]
    rows = [
        [code(type(p).__name__), prose(p.HEADLINE), f"{p.gradients():g}", f"{p.every}", "yes" if p.DEFAULT else ""]
        for p in usual
    ]
    return table(header, rows)


def renewed(document: str) -> str:
    """Return a document with its table of probes as they are now."""
    return markdown.renewed(document, "probes", probes())


def renew(path: Path) -> None:
    """Write the table of probes in a document anew."""
    path.write_text(renewed(path.read_text()))
