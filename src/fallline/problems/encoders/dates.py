"""Columns of dates and times: elapsed time, and the place in the day, the week and the year."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError
from fallline.data.table import Column, Text
from fallline.problems.moments import Sums, added

Phase = NDArray[np.float64]


def _day(times: Any) -> Phase:
    """Return the share of the day that has passed, 0 to 1."""
    return np.asarray((times - times.astype("M8[D]")) / np.timedelta64(1, "D"), np.float64)


def _week(times: Any) -> Phase:
    """Return the day of the week from Monday, in weeks: 0, 1/7, …, 6/7."""
    monday = np.datetime64("1970-01-05", "D")
    return np.asarray((times.astype("M8[D]") - monday) / np.timedelta64(7, "D") % 1, np.float64)


def _year(times: Any) -> Phase:
    """Return the day of the year, in years: 0 on the first of January."""
    year = times.astype("M8[Y]")
    first, after = year.astype("M8[D]"), (year + 1).astype("M8[D]")
    return np.asarray((times.astype("M8[D]") - first) / (after - first), np.float64)


CYCLES: dict[str, Callable[[Any], Phase]] = {"day": _day, "week": _week, "year": _year}


@dataclass(frozen=True)
class Dates:
    """A column of dates: elapsed time, standardised, and sine and cosine of each cycle that was seen to vary.

    Args:
        name: the column's name.
        start: the earliest time of the training part, in ISO 8601; elapsed seconds count from it.
        mean: of the elapsed seconds.
        scale: standard deviation of the elapsed seconds; 0 where they never varied.
        cycles: those of `CYCLES` that take several values in the training part.
    """

    name: str
    start: str
    mean: float
    scale: float
    cycles: tuple[str, ...]

    @property
    def row_shape(self) -> tuple[int, ...]:
        """Return the shape of one row."""
        return ()

    @property
    def width(self) -> int:
        """Return how many numbers a row becomes."""
        return 1 + 2 * len(self.cycles)

    @property
    def constant(self) -> bool:
        """Return whether all dates were the same."""
        return self.scale == 0

    def accept(self, column: Column) -> Column:
        """Return the column if it holds dates, or text that reads as dates in ISO 8601."""
        if isinstance(column, Text):
            try:
                known = np.array([*column.levels, "NaT"], "M8[us]")
            except ValueError as error:
                raise DataError(f"column {self.name!r}: {error}; the model was trained on dates there.") from None
            return known[column.codes]
        if column.dtype.kind != "M" or column.ndim != 1:
            raise DataError(
                f"column {self.name!r} holds {column.dtype} of shape {column.shape}; the model was trained on dates."
            )
        return column

    def encode(self, column: Any) -> NDArray[np.float32]:
        """Return rows as (N, width); NaN where the date is missing."""
        times = column.astype("M8[us]")
        missing = np.isnat(times)
        start = np.datetime64(self.start, "us")
        times = np.where(missing, start, times)
        encoded = np.empty((len(times), self.width), np.float32)
        encoded[:, 0] = (_seconds(times, start) - self.mean) / (self.scale or 1) * (self.scale > 0)
        for i, cycle in enumerate(self.cycles):
            encoded[:, 2 * i + 1 : 2 * i + 3] = _waves(cycle, times)
        encoded[missing] = np.nan
        return encoded


class DatesFitting:
    """A column of dates that is measured block by block.

    >>> fitting = DatesFitting("day")
    >>> fitting.add(np.array(["2024-01-08", "NaT"], "M8[D]"))
    >>> fitting.add(np.array(["2024-01-01"], "M8[D]"))
    >>> fitting.finish()
    Dates(name='day', start='2024-01-01T00:00:00.000000', mean=302400.0, scale=302400.0, cycles=('year',))
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._first: Any = None
        self._start: Any = None
        self._sums: Sums | None = None
        self._varying: set[str] = set()

    def add(self, column: NDArray[Any]) -> None:
        """Measure some rows."""
        times: Any = column.astype("M8[us]")
        known = times[~np.isnat(times)]
        if not len(known):
            return
        if self._first is None:
            self._first = self._start = known[0]
        # Seconds count from a time that is seen at once: the start is known only at the end.
        self._sums = added(self._sums, _seconds(known, self._first)[:, None])
        self._start = min(self._start, known.min())
        for cycle in CYCLES.keys() - self._varying:
            if (CYCLES[cycle](known) != CYCLES[cycle](self._first)).any():
                self._varying.add(cycle)

    def finish(self) -> Dates:
        """Return the encoder."""
        if self._sums is None:
            raise DataError(f"column {self._name!r}: no date is known in the training part; leave the column out.")
        mean, std = self._sums.moments()
        elapsed = float(mean[0]) + float(_seconds(self._first, self._start))
        cycles = tuple(cycle for cycle in CYCLES if cycle in self._varying)
        return Dates(self._name, str(self._start), elapsed, float(std[0]), cycles)


def _seconds(times: Any, start: Any) -> Phase:
    return np.asarray((times - start) / np.timedelta64(1, "s"), np.float64)


def _waves(cycle: str, times: Any) -> NDArray[np.float32]:
    """Return sine and cosine of a cycle, (N, 2); the week's and the year's once for each day, which many rows share."""
    days = times.astype("M8[D]").astype(np.int64)
    if cycle == "day" or not len(days) or days.max() - days.min() >= len(days):
        return _sine_and_cosine(CYCLES[cycle](times))
    first = days.min()
    table = _sine_and_cosine(CYCLES[cycle](np.arange(first, days.max() + 1).astype("M8[D]")))
    waves: NDArray[np.float32] = np.take(table, days - first, axis=0)
    return waves


def _sine_and_cosine(phase: Phase) -> NDArray[np.float32]:
    angle = 2 * math.pi * phase
    return np.stack([np.sin(angle), np.cos(angle)], axis=1).astype(np.float32)
