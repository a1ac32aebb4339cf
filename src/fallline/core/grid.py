"""Values to try: grids even in the logarithm, and ranges to draw from, with their words on the command line."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from fallline.core.choice import number, whole
from fallline.core.errors import InvalidValue

if TYPE_CHECKING:
    from numpy.random import Generator


RateWord = Literal["auto", "own"]
"""Learning rates in a word: a grid around each method's own, or that one alone."""

MOST = 10_000
"""Numbers of one grid: a slip of the keyboard asks for a thousand million in as many letters."""


def log_grid(low: float, high: float, n: int) -> tuple[float, ...]:
    """Return `n` numbers from `low` to `high`, each the same factor above the one before.

    value[i] = low · (high / low)^(i / (n − 1))

    Args:
        low: the first, above 0.
        high: the last, above `low`.
        n: how many, from 2 to 10,000.

    Raises:
        InvalidValue: for an empty range, one that reaches 0, or fewer or more numbers than that.

    Example:
        >>> log_grid(1e-4, 1, 5)
        (0.0001, 0.001, 0.01, 0.1, 1.0)
    """
    between = LogUniform(low, high)
    last = whole("n", n, least=2, most=MOST) - 1
    return tuple(between.at(i / last) for i in range(n))


@dataclass(frozen=True)
class LogUniform:
    """A range whose numbers are drawn evenly in the logarithm: every decade is as likely as the next.

    Args:
        low: the lower end, above 0.
        high: the upper end, above `low`.

    Example:
        >>> LogUniform(1e-4, 1.0).at(0.25)
        0.001
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_ends(self)
        if self.low <= 0:
            raise InvalidValue(
                f"{_written(self)}: low must be above 0, got {self.low}: a logarithm never gets to 0. For even "
                f"distances use fl.Uniform({self.low}, {self.high})."
            )

    def at(self, share: float) -> float:
        """Return the number below which `share` of the draws lie; the ends, at 0 and 1, are exact."""
        if share in (0, 1):
            return float(self.high if share else self.low)
        low, high = math.log10(self.low), math.log10(self.high)
        return float(min(max(10.0 ** (low + share * (high - low)), self.low), self.high))

    def draw(self, generator: Generator) -> float:
        """Return a random number of the range."""
        return self.at(generator.random())

    def __str__(self) -> str:
        return f"{float(self.low)}:{float(self.high)}"


@dataclass(frozen=True)
class Uniform:
    """A range whose numbers are all as likely.

    Args:
        low: the lower end.
        high: the upper end, above `low`.

    Example:
        >>> Uniform(0.8, 1.0).at(0.5)
        0.9
    """

    low: float
    high: float

    def __post_init__(self) -> None:
        _check_ends(self)

    def at(self, share: float) -> float:
        """Return the number below which `share` of the draws lie; the ends, at 0 and 1, are exact."""
        return float(min(max(self.low * (1 - share) + self.high * share, self.low), self.high))

    def draw(self, generator: Generator) -> float:
        """Return a random number of the range."""
        return self.at(generator.random())

    def __str__(self) -> str:
        return f"uniform({float(self.low)}, {float(self.high)})"


def read_rates(text: str) -> tuple[float, ...] | LogUniform | Uniform | RateWord:
    """Read learning rates from the command line's words: `auto`, `own`, or what `read_values` reads."""
    match text.strip().lower():
        case "auto":
            return "auto"
        case "own":
            return "own"
    return read_values(text)


def read_values(text: str, name: str = "lr") -> tuple[float, ...] | LogUniform | Uniform:
    """Read numbers to try from the command line's words.

    One number, several with commas between them, `LOW:HIGH:N` for a grid even in the logarithm; or a range to draw
    from: `LOW:HIGH`, even in the logarithm, or `uniform(LOW, HIGH)`.

    Args:
        text: the words.
        name: what the numbers are of, for the error.

    Raises:
        InvalidValue: for any other text, an empty range, or a grid of fewer than two numbers.

    Example:
        >>> read_values("0.1, 0.01"), read_values("0.01:1:3"), read_values("1e-4:1")
        ((0.1, 0.01), (0.01, 0.1, 1.0), LogUniform(low=0.0001, high=1.0))
    """
    match found := _numbers(text):
        case ("uniform" | ":", _, _) | (":", _, _, _) if rule := _broken_rule(*found):
            raise InvalidValue(f"{name}={text.strip()!r}: {rule}.")
        case "uniform", low, high:
            return Uniform(low, high)
        case ":", low, high:
            return LogUniform(low, high)
        case ":", low, high, n:
            return log_grid(low, high, int(n))
        case ",", *several:
            return tuple(several)
    raise InvalidValue(
        f"cannot read {text!r}: write one number (0.01), several (0.1,0.01), a grid (1e-4:1:9: from, to, how many) or "
        f"a range to draw from (1e-4:1)."
    )


def _numbers(text: str) -> tuple[Any, ...]:
    """Return what a text is made of: the word or the mark that says what it is, and its numbers; () for none of it."""
    range_ = re.fullmatch(r"\s*uniform\((.*)\)\s*", text, re.IGNORECASE)
    mark = ":" if ":" in text else ","
    sign, numbers = ("uniform", range_[1].split(",")) if range_ else (mark, text.split(mark))
    try:
        return sign, *map(float, numbers)
    except ValueError:
        return ()


def _broken_rule(sign: str, low: float, high: float, n: float = 2.0) -> str | None:
    """Return the rule that the numbers of a range or a grid break, in terms of where they are written."""
    if not (math.isfinite(low) and math.isfinite(high)):
        return "the ends must be finite numbers"
    if sign == ":" and low <= 0:
        return f"the first number must be above 0, got {low:g}: a logarithm never gets to 0"
    if high <= low:
        return f"the second number must be above the first, got {low:g} and {high:g}"
    if not (n >= 2 and n.is_integer()):
        return f"the third number says how many, and must be at least 2 and whole, got {n:g}"
    return None


def _check_ends(between: LogUniform | Uniform) -> None:
    for name in ("low", "high"):
        number(name, getattr(between, name))
        if math.isinf(getattr(between, name)):
            raise InvalidValue(f"{_written(between)}: {name} must be finite.")
    if between.high <= between.low:
        raise InvalidValue(f"{_written(between)}: high must be above low, got {between.high} and {between.low}.")


def _written(between: Any) -> str:
    return f"{type(between).__name__}({between.low}, {between.high})"
