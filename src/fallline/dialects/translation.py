"""A method told in a library's words: what the command line and the documentation show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from fallline.core.dialect import Dialect
from fallline.core.method import Method
from fallline.core.node import Option, fields
from fallline.dialects.libraries import LIBRARIES
from fallline.dialects.translate import dialect_of, translate
from fallline.dialects.words import in_their_words, is_renamed, theirs


@dataclass(frozen=True)
class Word:
    """One name in the two vocabularies, with the default in each."""

    theirs: str
    ours: str
    their_default: Any
    our_default: Any
    required: bool
    """Whether the library has no default, so that it must be given."""


@dataclass(frozen=True)
class Translation:
    """One method in one library; where it cannot be reproduced, only the reason is filled in."""

    library: str
    target: str = ""
    words: tuple[Word, ...] = ()
    forms: tuple[tuple[str, Any], ...] = ()
    """Our choices that are the library's rule: field and value."""
    their_call: str = ""
    our_call: str = ""
    note: str = ""
    reason: str = ""


def translations(cls: type[Method]) -> dict[str, Translation]:
    """Return the method in every library that has it, by the library's name."""
    return {library: translation(cls, library) for library in LIBRARIES if library in cls.LIKE}


def translation(cls: type[Method], library: str) -> Translation:
    """Return the method told in the library's words; the error of `like` where the library does not have it."""
    if isinstance(reason := cls.LIKE.get(library), str):
        return Translation(library, reason=reason)
    dialect = dialect_of(cls, library)
    method = translate(cls, library, {})
    words = tuple(_words(method, library, dialect))
    renamed = {word.ours for word in words}
    return Translation(
        library,
        dialect.target,
        words,
        tuple((f.name, getattr(method, f.name)) for f in fields(cls) if _is_form(f) and f.name not in renamed),
        _call(dialect.target, in_their_words(method, library)),
        _call(cls.__name__, _ours(method)),
        dialect.note,
    )


def _words(method: Method, library: str, dialect: Dialect) -> list[Word]:
    """Return the fields in our order, each under the library's name for it."""
    cls = type(method)
    named: dict[str, str] = {}
    for name, ours in theirs(cls, library, dialect).items():
        for i, field in enumerate(ours):
            if is_renamed(cls, field):
                named.setdefault(field, name if len(ours) == 1 else f"{name}[{i}]")
    required = LIBRARIES[library].required - dialect.settings.keys()
    return [
        Word(
            named[f.name],
            f.name,
            None if f.name in required else dialect.settings.get(f.name, getattr(method, f.name)),
            f.default,
            f.name in required,
        )
        for f in fields(cls)
        if f.name in named
    ]


def _ours(method: Method) -> dict[str, Any]:
    """Return the arguments that build the method: every number, and the forms that are not our defaults."""
    return {
        f.name: getattr(method, f.name)
        for f in fields(type(method))
        if not _is_form(f) or getattr(method, f.name) != f.default
    }


def _is_form(field: Any) -> bool:
    return isinstance(field.metadata["meta"], Option)


def _call(name: str, arguments: dict[str, Any]) -> str:
    told = ", ".join(f"{n}={v!r}" for n, v in arguments.items())
    return f"{name}({told})" if name.replace(".", "").replace("_", "").isalnum() else f"{name}: {told}"
