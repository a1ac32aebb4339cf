"""How many rows are computed at once."""

from __future__ import annotations

from fallline.core.spec import Spec
from fallline.engine.convolution import STEPPED_NUMBERS
from fallline.engine.layout import Layout
from fallline.engine.objective import Objective
from fallline.engine.order import Order

MICRO_BATCH_NUMBERS = 2**20
MICRO_BATCH_ROWS = 2**13
"""What one micro-batch holds, if nothing else is asked: numbers of input about the size of a core's cache, and no more
rows than leave room for what a model makes of each."""


def rows_at_once(numbers: int) -> int:
    """Return how many rows of so many numbers are computed at once."""
    return min(max(MICRO_BATCH_NUMBERS // max(numbers, 1), 64), MICRO_BATCH_ROWS)


def usual(spec: Spec, order: Order, objective: Objective, stepwise: bool, numbers: int, laid: Layout) -> int:
    """Return how many rows of a batch are computed at once where nothing is asked: on several devices, by all together.

    Args:
        spec, order, objective: the run's.
        stepwise: whether its steps are called one by one.
        numbers: how many numbers a row has.
        laid: the devices.
    """
    if objective.together and spec.batch_size != "full":
        return order.batch_size  # only a wish splits rows that belong together
    at_once = rows_at_once(numbers)
    if stepwise and objective.form == "rows":
        at_once = 1 << max(STEPPED_NUMBERS // max(numbers, 1), 16).bit_length() - 1
    return laid.rows_at_once(order.batch_size, at_once)
