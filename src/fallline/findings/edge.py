"""The rate that a curvature can bear."""

from __future__ import annotations

import numpy as np

from fallline.core.errors import CannotTell, FalllineError
from fallline.core.method import Method
from fallline.findings.case import Case


def grows_at(method: Method) -> float | None:
    """Return lr · λ beyond which the method's steps on a quadratic of curvature λ grow, where it divides by nothing.

    >>> from fallline.methods.momentum import Momentum
    >>> grows_at(Momentum(lr=0.1, beta=0.5))
    3.0
    """
    point = np.zeros(1)
    try:
        _, state = method.update(np.ones(1), method.init(point), point)
        divisor = method.preconditioner(point, state)
        edge = method.edge(np, state, np.float64)
    except (FalllineError, NotImplementedError, TypeError, AttributeError):  # one that looks at paths, or at JAX arrays
        return None
    if edge is None or divisor is None or not np.array_equal(divisor, np.ones(1)):
        return None
    return float(edge)


def limit(case: Case) -> float | None:
    """Return the rate beyond which steps grow at the run's first parameters, where it is known."""
    edge = grows_at(case.method)
    try:
        sharpest = case.start.sharpness if edge is not None else 0.0
    except CannotTell:
        return None
    return edge / sharpest if edge is not None and sharpest > 0 else None
