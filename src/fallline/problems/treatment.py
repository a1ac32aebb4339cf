"""How a table's rows are treated before training."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fallline.core.choice import one_of
from fallline.core.errors import InvalidType, InvalidValue
from fallline.problems.missing import Missing
from fallline.problems.preparation import Constant

Shares = tuple[float, float, float]


@dataclass(frozen=True)
class Treatment:
    """The choices that decide which rows and columns are used, checked.

    Args:
        split: shares of training, validation and test rows.
        split_seed: the same seed, the same parts.
        missing: what to do about missing cells.
        constant: what to do about columns that are the same in all training rows.
    """

    split: Shares
    split_seed: int
    missing: Missing
    constant: Constant

    def __post_init__(self) -> None:
        one_of("missing", self.missing, Missing)
        one_of("constant", self.constant, Constant)


def shares(split: Any) -> Shares:
    """Return the shares of training, validation and test rows, if they are three that add up to 1."""
    numbers = isinstance(split, Sequence) and all(isinstance(s, int | float) for s in split)
    if not numbers or len(split) != 3:
        raise InvalidType(f"split={split!r}: give the shares of training, validation and test, as (0.7, 0.15, 0.15).")
    train, validation, test = map(float, split)
    if not (train > 0 and min(validation, test) >= 0 and abs(train + validation + test - 1) <= 1e-6):
        raise InvalidValue(f"split={split!r}: the shares must add up to 1, the first be above 0 and none below.")
    return train, validation, test
