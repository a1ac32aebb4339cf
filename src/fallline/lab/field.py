"""The field: the methods that race when none is named."""

from __future__ import annotations

from collections.abc import Iterator

from fallline.core.method import Method
from fallline.lab.scheduled import Lasting
from fallline.methods import METHODS

YOUNGEST = "nadam"
"""It descends from momentum's line and from that of the adaptive methods; all its ancestors race too."""


def default_field() -> tuple[Method | Lasting, ...]:
    """Return the methods that race when none is named, oldest first.

    NAdam with all its ancestors, and AdamW as it is mostly run: with a warm-up and a cosine decay.

    Example:
        >>> [method.name() for method in default_field()[:-1]], default_field()[-1].schedule
        (['sgd', 'momentum', 'nesterov', 'adagrad', 'rmsprop', 'adam', 'nadam'], 'cosine')
    """
    classes = dict.fromkeys(_line(METHODS[YOUNGEST]))
    return *(cls() for cls in classes), Lasting(METHODS["adamw"](), "cosine")


def _line(cls: type[Method]) -> Iterator[type[Method]]:
    """Yield the ancestors of a method, then itself."""
    for parent in cls.PARENTS:
        yield from _line(parent)
    yield cls
