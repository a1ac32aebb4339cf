"""Write the reference: a page a method, schedule and probe, made from their classes. `make docs` runs this."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

from fallline.core.node import Node
from fallline.core.probe import Probe
from fallline.core.registry import Registry
from fallline.methods import METHODS
from fallline.probes import PROBES
from fallline.schedules import SCHEDULES


def page(cls: type[Node]) -> str:
    """Return one class's page."""
    parents = [f"[{p.__name__}]({p.name()}.md)" for p in getattr(cls, "PARENTS", ())]
    family = f"\n\nDescends from {' and '.join(parents)}." if parents else ""
    measured = f"\n\nUnits: {cls.UNITS}. Cost: {cls.COST}." if issubclass(cls, Probe) else ""
    return f"# {cls.__name__}\n\n```text\n{inspect.cleandoc(cls.__doc__ or '')}\n```{family}{measured}\n"


def index(title: str, registry: Registry) -> str:
    """Return the list of a registry's classes."""
    lines = [f"- [{cls.__name__}]({name}.md): {cls.HEADLINE}" for name, cls in registry.items()]
    return f"# {title}\n\n" + "\n".join(lines) + "\n"


def write(folder: Path) -> None:
    """Write every page."""
    for title, registry in (("Methods", METHODS), ("Schedules", SCHEDULES), ("Probes", PROBES)):
        place = folder / title.lower()
        place.mkdir(parents=True, exist_ok=True)
        (place / "index.md").write_text(index(title, registry))
        for name, cls in registry.items():
            (place / f"{name}.md").write_text(page(cls))


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference"))
