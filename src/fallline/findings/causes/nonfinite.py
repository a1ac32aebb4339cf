"""An operation that gives no number."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.core.errors import CannotTell
from fallline.core.outcome import Outcome
from fallline.engine.first_nonfinite import Nonfinite as Operation
from fallline.findings.attempt import losses_a_row
from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.findings.path import paths
from fallline.record.finding import Exhibit, Finding


class Nonfinite(Cause):
    """A loss or a gradient that is infinite or not a number, by an operation or by the data.

    How it is told: rows of the training part that hold such numbers are looked for, and the loss and its gradient at
    the parameters where the run stopped are computed operation by operation, until one gives a number that is not
    finite from numbers that are. Where the loss had blown up before, `lr_too_large` stands above it.
    What mends it: nothing that a run can choose: the data, or the operation.

    Source: our own.
    """

    def judge(self, case: Case) -> Finding | None:
        """Look at the data, then at every operation."""
        if case.record.outcome not in (Outcome.NONFINITE, Outcome.DIVERGED):
            return None
        if case.record.outcome == Outcome.DIVERGED and np.isfinite(case.losses[-1]):
            return None
        return self._in_data(case) or self._in_program(case)

    def _in_data(self, case: Case) -> Finding | None:
        bad = nonfinite_rows(case.train if case.problem.data is not None else ())
        if not len(bad):
            return None
        shown = ", ".join(map(str, bad[:5].tolist())) + (", …" if len(bad) > 5 else "")
        which = f"training row {shown} holds" if len(bad) == 1 else f"{len(bad):,} training rows hold"
        return self._finding(
            case,
            f"The run stopped at step {case.taken}: {which} a number that is infinite or not a number"
            f"{'' if len(bad) == 1 else f' (rows {shown})'}.",
            {"rows": bad[:100].tolist(), "count": len(bad)},
            "Fill in or leave out these cells; tables read by fl.problems.for_data do so by themselves.",
        )

    def _in_program(self, case: Case) -> Finding | None:
        found = case.end.first_nonfinite()
        if found is None:
            raise CannotTell(
                f"the run stopped at step {case.taken} at a loss or gradient that was not finite, and where it stopped "
                f"every operation gives finite numbers on the rows looked at: it lies in other rows, or in a draw."
            )
        return self._finding(
            case,
            f"The run stopped at step {case.taken}: {_in_words(found)}.",
            {"operation": found.operation, "where": found.where, "phase": found.phase, "operands": found.operands},
            f"Keep the operand of {found.operation} away from where it has no value or no slope: add a small number to "
            f"it, or compute from logits (log_softmax, logaddexp) instead of probabilities.",
        )

    def _finding(self, case: Case, message: str, evidence: dict[str, Any], advice: str) -> Finding:
        picture = Exhibit(
            "The loss until it was no number",
            ("step", "training loss"),
            paths({"loss": losses_a_row(case)}),
            since=float(case.taken),
        )
        return Finding(self.name(), message, case.taken, evidence, 0.95, None, advice, picture)


def nonfinite_rows(part: Any) -> Any:
    """Return which rows of a part of the data hold a number that is infinite or not a number, ascending.

    >>> nonfinite_rows((np.array([[1.0, 2.0], [np.nan, 0.0]]), np.array([1.0, 2.0]))).tolist()
    [1]
    """
    import jax

    bad: Any = np.zeros(0, np.int64)
    for leaf in jax.tree.leaves(part):
        array = np.asarray(leaf)
        if np.issubdtype(array.dtype, np.inexact) or array.dtype.name == "bfloat16":
            own = ~np.isfinite(array.astype(np.float64)).reshape(len(array), -1).all(axis=1)
            bad = np.union1d(bad, np.flatnonzero(own))
    return bad


def _in_words(found: Operation) -> str:
    where = f" ({found.where})" if found.where else ""
    of = "its gradient" if found.phase == "backward" else "the loss"
    return f"in {of}, {found.operands or found.operation}{where} is the first to give no finite number"
