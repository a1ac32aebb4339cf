"""Files of older formats read as today's: one small function from each format to the next.

A format's number is one more than the functions that lead to it, so a new one is a function more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from fallline.core.errors import RunError

Values = dict[str, Any]
Migration = Callable[[Values], Values]


def newest(steps: Sequence[Migration]) -> int:
    """Return the number of the format that these steps lead to."""
    return 1 + len(steps)


def check_known(what: str, number: int, steps: Sequence[Migration]) -> None:
    """Raise `RunError` for a format of the future.

    Args:
        what: the file, for the message.
        number: its format.
        steps: what leads to the newest that is known.
    """
    if number > newest(steps):
        raise RunError(
            f"{what} was written by a newer Fallline: its format is {number}, this one reads up to {newest(steps)}. "
            f"Upgrade with: pip install --upgrade fallline"
        )


def migrated(values: Values, steps: Sequence[Migration]) -> Values:
    """Return what a file of any format up to the newest says, as the newest says it.

    Args:
        values: its contents; `format` is a number from 1 up.
        steps: what makes format 2 of format 1, 3 of 2, and so on.

    Example:
        >>> migrated({"format": 1, "lr": 0.1}, [lambda old: {"rate": old["lr"]}])
        {'rate': 0.1, 'format': 2}
    """
    for step in steps[values["format"] - 1 :]:
        values = step(values)
    return values | {"format": newest(steps)}


def used_one_device(values: Values) -> Values:
    """Format 1 of runs and races: they used one device of one process, and counted those that could be seen."""
    return values | {"provenance": values["provenance"] | {"devices": 1, "processes": 1}}


def of_no_run(meta: Values) -> Values:
    """Format 1 of checkpoints: they did not say which run they are of."""
    return meta | {"run": None}


RUN: tuple[Migration, ...] = (used_one_device,)
RACE: tuple[Migration, ...] = (used_one_device,)
FINDINGS: tuple[Migration, ...] = ()
CHECKPOINT: tuple[Migration, ...] = (of_no_run,)
