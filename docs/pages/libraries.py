"""A method in the words of other libraries, from its own tables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field
from typing import Any

from fallline.core.method import Method
from fallline.core.node import fields
from fallline.dialects.translation import Translation, translations
from pages.markdown import code, joined, prose, table

_TITLES = {"torch": "PyTorch", "keras": "Keras", "optax": "optax", "paper": "The paper"}


def libraries(cls: type[Method]) -> str:
    """Return the section, or nothing for a method that no library has."""
    found = translations(cls)
    exact = {library: t for library, t in found.items() if not t.reason}
    return joined(
        "## In other libraries",
        f"`fl.{cls.__name__}.like(library)` is the library's rule with the library's defaults:" if exact else "",
        _table(cls, exact) if exact else "",
        *(_calls(library, t) for library, t in exact.items()),
        *(f"**{_title(library)}**: {prose(t.reason)}" for library, t in found.items() if t.reason),
    ).strip() * bool(found)


def _table(cls: type[Method], exact: Mapping[str, Translation]) -> str:
    """Return a row a field: what it is called in each library, and the value that it has there."""
    header = ["here", *(_heading(library, t) for library, t in exact.items())]
    rows = [[_here(field), *(_there(t, field.name) for t in exact.values())] for field in fields(cls)]
    return table(header, rows)


def _heading(library: str, t: Translation) -> str:
    return f"{_title(library)}: {prose(t.target) if library == 'paper' else code(t.target)}"


def _here(field: Field[Any]) -> str:
    default = "required" if field.default is MISSING else code(repr(field.default))
    return f"{code(field.name)} {default}"


def _there(t: Translation, name: str) -> str:
    word = next((word for word in t.words if word.ours == name), None)
    if word is not None:
        return f"{code(word.theirs)} {'required' if word.required else code(repr(word.their_default))}"
    forms = dict(t.forms)
    return code(repr(forms[name])) if name in forms else "–"


def _calls(library: str, t: Translation) -> str:
    ours = f"fl.{t.our_call}"
    text = ours if library == "paper" else f"{t.their_call}\n{ours}"
    return f"{_title(library)}:\n\n```python\n{text}\n```" + (f"\n\n{prose(t.note)}" if t.note else "")


def _title(library: str) -> str:
    return _TITLES.get(library, library)
