"""A target that half of the methods reach."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from fallline.core.errors import InvalidValue
from fallline.engine.watch import Better
from fallline.lab.statistics.cost import cost, sign


def automatic_target(finals: ArrayLike, better: Better) -> float | None:
    """Return the value that the median method reaches at the end of its runs: a target that tells methods apart.

    A method reaches a value if more than half of its runs do; so the median over its runs of the time to the target
    (see `typical_time`) is finite. The target is the best value that half of the methods reach, of an odd number the
    larger half. Methods that reach nothing, because half of their runs failed, are left out of the count.

    Args:
        finals: (methods, runs), the final value of the runs at each method's tuned rate; not finite for a failure.
        better: whether the `"lowest"` or the `"highest"` is best.

    Returns:
        The target; None where no method reaches anything.

    Raises:
        InvalidValue: for another shape, or nothing in it.

    Example:
        >>> automatic_target([[0.9, 0.8, 0.7], [0.6, 0.5, 0.4], [0.3, 0.2, 0.1]], "highest")
        0.5
    """
    costs = cost(finals, better)
    if costs.ndim != 2 or not costs.size:
        raise InvalidValue(
            f"finals of shape {costs.shape}: the target follows from (methods, runs), one or more of each."
        )
    reached = np.sort(costs, axis=1)[:, costs.shape[1] // 2]
    reached = np.sort(reached[np.isfinite(reached)])
    return sign(better) * float(reached[(reached.size - 1) // 2]) if reached.size else None
