"""The sections of the reference, one a registry, and links between their pages."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fallline.compose import COMPOSITIONS
from fallline.core.node import Node
from fallline.core.registry import Registry
from fallline.findings import CAUSES
from fallline.lab.pictures import PICTURES
from fallline.methods import METHODS
from fallline.probes import PROBES
from fallline.problems.surfaces import SURFACES
from fallline.schedules import SCHEDULES
from fallline.solvers import SOLVERS

SECTIONS: Mapping[str, Registry[Any]] = {
    "Methods": METHODS,
    "Solvers": SOLVERS,
    "Compositions": COMPOSITIONS,
    "Schedules": SCHEDULES,
    "Probes": PROBES,
    "Surfaces": SURFACES,
    "Pictures": PICTURES,
    "Causes": CAUSES,
}
"""The title of a section, in lower case its folder → its classes."""


def link(cls: type[Node]) -> str:
    """Return a link to a class's page from any page of a section."""
    folder = next((title.lower() for title, registry in SECTIONS.items() if cls in registry.values()), None)
    return f"[{cls.__name__}](../{folder}/{cls.name()}.md)" if folder else cls.__name__
