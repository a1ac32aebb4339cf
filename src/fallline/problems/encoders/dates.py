"""Columns of dates and times: elapsed time, and the place in the day, the week and the year."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from fallline.core.errors import DataError
from fallline.data.table import Column, Text
from fallline.problems.columns import Indices, blocks
from fallline.problems.moments import moments

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

    @classmethod
    def fit(cls, name: str, column: NDArray[Any], rows: Indices) -> Dates:
        """Measure the training rows of a column."""
        known = column[rows].astype("M8[us]")
        known = known[~np.isnat(known)]
        if not len(known):
            raise DataError(f"column {name!r}: no date is known in the training part; leave the column out.")
        start = known.min()

        def parts(measure: Callable[[Any], Phase]) -> Any:
            return (measure(known[which])[:, None] for _, which in blocks(np.arange(len(known)), 8))

        mean, std = moments(lambda: parts(lambda times: _seconds(times, start)))
        cycles = tuple(cycle for cycle in CYCLES if moments(functools.partial(parts, CYCLES[cycle])).std[0] > 0)
        return cls(name, str(start), float(mean[0]), float(std[0]), cycles)

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
        elapsed = (_seconds(times, start) - self.mean) / (self.scale or 1) * (self.scale > 0)
        angles = [2 * math.pi * CYCLES[cycle](times) for cycle in self.cycles]
        waves = [wave(angle) for angle in angles for wave in (np.sin, np.cos)]
        encoded = np.stack([elapsed, *waves], axis=1).astype(np.float32)
        encoded[missing] = np.nan
        return encoded


def _seconds(times: Any, start: Any) -> Phase:
    return np.asarray((times - start) / np.timedelta64(1, "s"), np.float64)
