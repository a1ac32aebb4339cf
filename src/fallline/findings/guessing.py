"""What guessing costs: the loss of the best answer that does not look at the row."""

from __future__ import annotations

import math

import numpy as np

from fallline.findings.case import Case
from fallline.findings.table import classes


def guessing(case: Case) -> float:
    """Return the loss of the best constant answer: the classes' entropy, or the variance of the values.

    H = −Σ pₖ ln pₖ,  or Σ var(y): what cross-entropy and squared error come to. Where the targets are no classes and
    the loss is not known to be the squared error, it is the loss at the first parameters, which know as little.
    """
    y = getattr(case.train, "y", None)
    ids = None if y is None else classes(y)
    if ids is not None:
        shares = np.bincount(ids) / len(ids)
        return float(-np.sum(shares * np.log(shares, where=shares > 0, out=np.zeros(len(shares)))))
    if y is not None and case.spec.problem.get("loss") == "squared_error":
        return float(np.sum(np.var(np.asarray(y, np.float64), axis=0)))
    return case.start.loss


def left(case: Case) -> float:
    """Return the share of the loss of guessing that is left at the end; infinite for a run that failed."""
    if case.record.outcome.failed:
        return math.inf
    return case.end.loss / guessing(case) if guessing(case) > 0 else 0.0
