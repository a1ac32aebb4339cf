"""Parameters that the loss does not use."""

from __future__ import annotations

from typing import ClassVar

import numpy as np

from fallline.findings.case import Case
from fallline.findings.cause import Cause
from fallline.record.finding import Exhibit, Finding

SURE = 0.95
"""The traced program of the loss shows every use of a parameter; why there is none, it does not."""


class UnusedParameters(Cause):
    """Arrays of parameters that do not enter the loss: a layer that was made and never called.

    How it is told: the traced program of the loss, in which nothing leads from them to its value. A gradient that
    happens to be zero is not enough.
    What mends it: calling the layer, or not making it.
    """

    EXPLAINS: ClassVar[tuple[str, ...]] = ("underfitting",)

    def judge(self, case: Case) -> Finding | None:
        """Look them up in the program of the loss."""
        unused = case.start.unused
        if not unused:
            return None
        sizes = {name: int(np.size(array)) for name, array in case.start.arrays.items()}
        idle, total = sum(sizes[name] for name in unused), sum(sizes.values())
        one = len(unused) == 1
        listed = ", ".join(unused[:6]) + (f" and {len(unused) - 6} more" if len(unused) > 6 else "")
        return Finding(
            cause=self.name(),
            message=f"The loss does not use {listed}: {idle:,} of {total:,} parameters, which training leaves as they "
            f"were made.",
            since=None,
            evidence={"arrays": list(unused), "unused parameters": idle, "parameters": total},
            confidence=SURE,
            remedy=None,
            advice=f"Find where {'it belongs' if one else 'they belong'} in the loss's function and use "
            f"{'it' if one else 'them'} there, or leave {'it' if one else 'them'} out of init.",
            exhibit=Exhibit(
                "Parameters that the loss does not use",
                ("", "parameters"),
                {"used": total - idle, "unused": idle},
                kind="bars",
            ),
        )
