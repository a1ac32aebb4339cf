"""How much of a batch's gradient is noise."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from fallline.core import euclidean, lift
from fallline.core.errors import InvalidValue
from fallline.core.node import option
from fallline.core.probe import Probe, StepView


class NoiseScale(Probe):
    """The two parts of the gradient's noise scale, tr Σ / ‖G‖²: from batches of about so many rows on, more do not pay.

    halves:  trace = n₁ n₂ / (n₁ + n₂) · ‖g₁ − g₂‖²        signal = g₁ · g₂
    rows:    trace = (Σᵢ ‖gᵢ‖² − B ‖g‖²) / (B − 1)         signal = ‖g‖² − trace / B

    G is the gradient of the mean loss over all rows, Σ the covariance of single rows' gradients gᵢ around it; g₁ and g₂
    are the mean gradients of the n₁ rows of a batch's first half and the n₂ of the other, g that of all its B rows.
    For rows drawn independently both numbers are right on average: E ‖g₁ − g₂‖² = tr Σ (1/n₁ + 1/n₂), E g₁ · g₂ = ‖G‖².
    Single measurements scatter, the signal's even below 0, and the mean of a ratio is not the ratio of the means: so
    the columns are `noise/trace` and `noise/signal`, and the noise scale is the mean of one, over many steps, divided
    by the mean of the other. Of halves of B / 2 rows, the variance of the signal is 4 Gᵀ Σ G / B + 4 tr Σ² / B²: where
    the noise scale is many times B, it takes many times the square of their ratio of measurements. The trace of rows
    scatters far less than that of halves; their signals differ little.

    Source: S. McCandlish et al., An Empirical Model of Large-Batch Training, 2018, arXiv:1812.06162, appendix A.1: of
    two batch sizes, B / 2 and B where halves are taken, averaged over both halves, and 1 and B where rows are.
    Deviations: rows of a shuffled pass are drawn without putting back. The trace is then that of the covariance over
    the N training rows with N − 1 under it, exactly, and the signal is ‖G‖² − tr Σ / N: what the training rows' own
    choice adds to G is taken off. A row's weight is part of its loss, and penalties of large weights are left out. The
    rows of a full batch come in no random order: nan.

    Example:
        >>> import numpy as np
        >>> view = StepView(halves=lambda: ((2, np.array([3.0, 1.0])), (2, np.array([1.0, 1.0]))))
        >>> {name: float(number) for name, number in NoiseScale().columns(np, view).items()}
        {'noise/trace': 4.0, 'noise/signal': 4.0}
    """

    COLUMN: ClassVar[str] = "noise"
    UNITS: ClassVar[str] = "(loss / parameter)²; their ratio: rows"
    COST: ClassVar[str] = "one gradient for halves, four for rows"
    DEFAULT: ClassVar[bool] = True
    ASKS: ClassVar[bool] = True

    every: int = option(100, help="steps from one measurement to the next; the first step is measured")
    estimator: Literal["halves", "rows"] = option("halves", help="what is compared with the whole batch")

    def measure(self, xp: Any, view: StepView) -> Any:
        """Return both numbers by name."""
        (first, g1), (second, g2) = view.halves()
        if self.estimator == "halves":
            apart = lift.mapped(lambda a, b: lift.widened(xp, a) - lift.widened(xp, b), g1, g2)
            trace = first * second / (first + second) * euclidean.norm(xp, apart) ** 2
            return {"trace": trace, "signal": euclidean.inner(xp, g1, g2)}
        squares = view.row_norms()
        if squares is None:
            raise InvalidValue(
                "noisescale(estimator='rows'): the problem's loss is one number for a batch, and has no rows. Return "
                "one loss a row, or leave estimator out, which takes halves."
            )
        rows = first + second
        whole = lift.mapped(lambda a, b: (first * lift.widened(xp, a) + second * lift.widened(xp, b)) / rows, g1, g2)
        square = euclidean.norm(xp, whole) ** 2
        trace = (xp.nansum(squares) - rows * square) / (rows - 1)
        return {"trace": trace, "signal": square - trace / rows}

    def gradients(self) -> float:
        """Return one for the two halves, and three more for rows' lengths."""
        return 1.0 if self.estimator == "halves" else 4.0
