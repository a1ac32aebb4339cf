"""Write the reference: a page a class or function, made from it alone, with pictures beside it. `make docs` runs this.

`python docs/reference.py FOLDER adam rosenbrock` writes the pages of some classes only.
"""

from __future__ import annotations

import sys
from collections.abc import Collection
from pathlib import Path
from typing import Any

from fallline.core.node import Node
from fallline.core.probe import Probe
from fallline.core.registry import Registry
from fallline.core.schedule import Schedule
from fallline.core.surface import Surface
from fallline.findings.cause import Cause
from fallline.lab.picture import Picture
from fallline.problems import catalogue
from pages import app, family, finding, function, method, picture, probe, schedule, surface, yardstick
from pages.function import FUNCTIONS
from pages.markdown import joined, prose, table
from pages.sections import SECTIONS


def page(cls: type[Node], folder: Path, section: str) -> str:
    """Return one class's page, and write its pictures beside it."""
    if issubclass(cls, Schedule):
        return schedule.page(cls, schedule.draw(cls, folder))
    if issubclass(cls, Surface):
        return surface.page(cls, surface.draw(cls, folder))
    if issubclass(cls, Probe):
        return probe.page(cls)
    if issubclass(cls, Cause):
        return finding.page(cls)
    if issubclass(cls, Picture):
        return picture.page(cls, *picture.draw(cls, folder))
    # What is put around a method has no path of its own.
    return method.page(cls, [] if section == "Compositions" else method.draw(cls, folder))


def index(title: str, registry: Registry[Any]) -> str:
    """Return the table of a section's classes."""
    rows = [[f"[{cls.__name__}]({name}.md)", prose(cls.HEADLINE)] for name, cls in registry.items()]
    return joined(f"# {title}", table(["name", "what it is"], rows))


def write(folder: Path, names: Collection[str] = ()) -> None:
    """Write every index, and every page, or those of the classes that are named."""
    for title, registry in SECTIONS.items():
        place = folder / title.lower()
        place.mkdir(parents=True, exist_ok=True)
        (place / "index.md").write_text(index(title, registry))
        for name, cls in registry.items():
            if not names or name in names:
                (place / f"{name}.md").write_text(page(cls, place, title))
    (folder / "methods" / "family.md").write_text(family.tree())
    for title in FUNCTIONS:
        _write_functions(title, folder / title.lower(), names)
    (folder / "yardsticks.md").write_text(yardstick.page())
    (folder / "app.md").write_text(app.page())
    links = [f"- [{title}]({title.lower()}/index.md)" for title in (*SECTIONS, *FUNCTIONS)]
    links += ["- [Yardsticks](yardsticks.md)", "- [The family](methods/family.md)", "- [The pages of the app](app.md)"]
    (folder / "index.md").write_text(joined("# Reference", "\n".join(links)))


def _write_functions(title: str, place: Path, names: Collection[str]) -> None:
    """Write the index and the pages of a section whose entries are functions."""
    found = catalogue.names(FUNCTIONS[title])
    place.mkdir(parents=True, exist_ok=True)
    rows = [[f"[{name}]({name}.md)", prose(function.headline(title, name))] for name in found]
    (place / "index.md").write_text(joined(f"# {title}", table(["name", "what it is"], rows)))
    for name in found:
        if not names or name in names:
            (place / f"{name}.md").write_text(function.page(title, name))


if __name__ == "__main__":
    write(Path(sys.argv[1] if len(sys.argv) > 1 else "docs/reference"), sys.argv[2:])
    finding.renew(Path(__file__).parent / "findings.md")
    probe.renew(Path(__file__).parent / "probes.md")
