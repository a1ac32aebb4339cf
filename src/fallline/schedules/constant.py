"""The schedule that does not change."""

from __future__ import annotations

from typing import Any

from fallline.core.node import Scalar, hyper
from fallline.core.schedule import Schedule


class Constant(Schedule):
    """The same value at every step.

    value(t) = peak

    Example:
        >>> float(Constant(0.5)(100))
        0.5
    """

    peak: Scalar = hyper(range="(-inf, inf)", help="the value", rate=True)

    def value(self, xp: Any, t: Any) -> Any:
        """Return `peak`."""
        return self.peak
