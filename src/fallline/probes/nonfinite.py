"""Where numbers stop being numbers."""

from __future__ import annotations

from typing import Any, ClassVar

from fallline.core import lift
from fallline.core.probe import Probe, StepView


class Nonfinite(Probe):
    """How many elements of each parameter array have a gradient or an update that is infinite or not a number.

    A run ends at the first gradient that is not finite, so the last row of its history tells which arrays it began in:
    those that the backward pass reached before it are still at 0. Column `nonfinite/0.w` is that of `params[0]["w"]`.

    Example:
        >>> import numpy as np
        >>> view = StepView(grads=[np.array([1.0, np.nan])], updates=[np.array([np.inf, np.nan])])
        >>> {name: int(count) for name, count in Nonfinite().columns(np, view).items()}
        {'nonfinite/0': 2}
    """

    COLUMN: ClassVar[str] = "nonfinite"
    UNITS: ClassVar[str] = "elements"
    COST: ClassVar[str] = "one pass over the gradient and one over the updates"

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return the number of elements of every array by its path."""
        pairs = zip(lift.flatten(view.grads)[0], lift.flatten(view.updates)[0], strict=True)
        counts = [xp.sum(~(xp.isfinite(g) & xp.isfinite(u))) for g, u in pairs]
        return dict(zip(lift.paths(view.grads), counts, strict=True))
