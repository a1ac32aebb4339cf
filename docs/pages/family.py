"""Who descends from whom, from the classes' PARENTS."""

from __future__ import annotations

from typing import Any

from fallline.methods import METHODS
from fallline.solvers import SOLVERS
from pages.markdown import joined, listed
from pages.sections import link


def position(cls: type[Any]) -> str:
    """Return a class's parents and children, as links."""
    parents, heirs = _parents(cls), _children(cls)
    return " ".join(
        [
            *([f"Descends from {listed([link(p) for p in parents])}."] if parents else []),
            *([f"From it descend {listed([link(c) for c in heirs])}."] if len(heirs) > 1 else []),
            *([f"From it descends {link(heirs[0])}."] if len(heirs) == 1 else []),
        ]
    )


def tree() -> str:
    """Return the page of the whole family: every class once, under the first of its parents."""
    roots = [cls for cls in _family() if not _parents(cls)]
    lines = [line for root in roots for line in _branch(root, 0)]
    words = "Every method and solver stands under its first parent; where it has more, they are named beside it."
    return joined("# The family", words, "\n".join(lines))


def _branch(cls: type[Any], depth: int) -> list[str]:
    others = _parents(cls)[1:]
    beside = f" (and {listed([link(p) for p in others])})" if others else ""
    own = f"{'  ' * depth}- {link(cls)}{beside}: {cls.HEADLINE}"
    heirs = [c for c in _children(cls) if _parents(c)[0] is cls]
    return [own, *(line for heir in heirs for line in _branch(heir, depth + 1))]


def _family() -> list[type[Any]]:
    return [*METHODS.values(), *SOLVERS.values()]


def _parents(cls: type[Any]) -> tuple[type[Any], ...]:
    return tuple(getattr(cls, "PARENTS", ()))


def _children(cls: type[Any]) -> list[type[Any]]:
    return [other for other in _family() if cls in _parents(other)]
