"""Counts with their noun."""

from __future__ import annotations


def counted(number: int, noun: str) -> str:
    """Return a count and its noun, in the plural unless it is one.

    >>> counted(1, "epoch"), counted(1797, "row")
    ('1 epoch', '1,797 rows')
    """
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
