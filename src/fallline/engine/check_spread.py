"""A run that is to be spread over devices, looked over before anything is compiled."""

from __future__ import annotations

from fallline.core.errors import InvalidValue
from fallline.engine.layout import Layout
from fallline.engine.objective import Objective
from fallline.engine.order import Order


def check_spread(
    laid: Layout, objective: Objective, order: Order, micro_batch: int, has_data: bool, by_calls: str | None
) -> None:
    """Refuse what cannot be spread over the devices, or not summed in one order.

    Args:
        laid: how the run lies.
        objective: its loss.
        order: its batches.
        micro_batch: rows that are computed at once, by all devices together.
        has_data: whether there are rows.
        by_calls: why a step is gathered by calls, where it is.
    """
    if laid.reproducible:
        _check_reproducible(objective, by_calls)
    if not laid.spreads:
        return
    devices = laid.count
    if not has_data:
        raise InvalidValue(f"devices={devices}: a problem without data has no rows to spread. Leave devices= out.")
    if order.batch_size < devices:
        raise InvalidValue(
            f"batch_size={order.batch_size} is fewer rows than devices={devices}: take more rows, or fewer devices."
        )
    if micro_batch % devices:
        together = "its rows belong together" if objective.together else "they are computed at once"
        less, more = micro_batch // devices * devices, -(-micro_batch // devices) * devices
        sizes = f"{less} or {more}" if less else f"{more}"
        raise InvalidValue(
            f"{micro_batch} rows are not equally spread over devices={devices}, and {together}: choose {sizes} rows "
            f"({'batch_size' if micro_batch == order.batch_size else 'micro_batch'}), or another number of devices."
        )


def _check_reproducible(objective: Objective, by_calls: str | None) -> None:
    if objective.stateful:
        raise InvalidValue(
            "reproducible=True computes a batch in parts, and this model has statistics of the whole batch: leave "
            "reproducible out, or train a model without them."
        )
    if objective.form == "scalar":
        raise InvalidValue(
            "reproducible=True computes a batch in parts, some filled up with rows of weight 0, and the loss returns "
            "one float for all rows: return one loss a row."
        )
    if by_calls is not None:
        raise InvalidValue(f"reproducible=True is one compiled program a step, and {by_calls}: leave it out.")
