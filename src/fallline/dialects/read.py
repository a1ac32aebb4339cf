"""The options that a library's live object has, read as one of our methods."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.dialects.libraries import LIBRARIES
from fallline.dialects.vocabulary import Options
from fallline.dialects.which import method_for, targets
from fallline.dialects.words import known


def read(library: str, target: str, options: Options, defaults: Mapping[str, Any]) -> Method:
    """Return the method that the library's class is with these options; `defaults` are those of its signature."""
    cls = method_for(library, target, options)
    if cls is None:
        changed = ", ".join(f"{n}={v!r}" for n, v in options.items() if v != defaults.get(n))
        raise InvalidValue(
            f"from_{library}: {target}({changed}) is none of the methods here. Known: {', '.join(targets(library))}."
        )
    words, silent = _told(cls, library), LIBRARIES[library].silent
    # Defaults are in the method's table. What no word is for says nothing where it is left out in another way.
    told = {n: v for n, v in options.items() if n not in silent and v != defaults.get(n)}
    return cls.like(library, **{n: v for n, v in told.items() if n in words or not _is_default(v, defaults.get(n))})


def _told(cls: type[Method], library: str) -> set[str]:
    """Return the options that `like` takes."""
    dialect, words = cls.LIKE[library], LIBRARIES[library]
    assert not isinstance(dialect, str)
    return {*known(cls, library, dialect), *dialect.given, *words.around, *words.only, *words.silent}


def _is_default(value: Any, default: Any) -> bool:
    """Return whether an option is left as it was: Keras writes an empty list where None was given."""
    return bool(value == default) or (not value and not default)
