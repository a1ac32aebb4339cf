"""The page of a probe."""

from __future__ import annotations

from fallline.core.probe import Probe
from pages.arguments import arguments
from pages.docstring import example, notes, rule
from pages.markdown import code, joined, prose


def page(cls: type[Probe]) -> str:
    """Return the page."""
    measured = f"Column {code(cls.COLUMN)}. Units: {prose(cls.UNITS)}. Cost: {prose(cls.COST)}."
    return joined(
        f"# {cls.__name__}", prose(cls.HEADLINE), measured, rule(cls), notes(cls), arguments(cls), example(cls)
    )
