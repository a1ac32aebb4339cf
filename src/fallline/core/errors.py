"""Errors that teach: what was asked, what was found, the rule, what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class FalllineError(Exception):
    """Every error that Fallline raises about what it was given."""


class InvalidValue(FalllineError, ValueError):
    """A value of the right type that breaks a rule."""


class InvalidType(FalllineError, TypeError):
    """A value of a type that cannot be used here."""


class DataError(InvalidValue):
    """A file, table or array that cannot be trained on as it is."""


class RunError(InvalidValue):
    """A run folder that cannot be used as asked."""


class ProcessLost(FalllineError):
    """Another process of a training that several carry out has gone, or never came; start all of them again."""


class OutOfMemory(FalllineError, MemoryError):
    """More memory than there is was needed."""


class CannotTell(FalllineError):
    """A question that what is at hand cannot answer; says why, and how to get the rest."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `" Did you mean 'adam'?"`, or the known names when none is near.

    >>> did_you_mean("adm", ["adam", "sgd"])
    " Did you mean 'adam'?"
    """
    names = sorted(known)
    near = difflib.get_close_matches(name.lower(), names, n=3, cutoff=0.55)
    if near:
        *others, last = map(repr, near)
        return f" Did you mean {', '.join(others)}{' or ' * bool(others)}{last}?"
    return f" Known: {', '.join(names)}." if names else ""
