"""DeepOBS's noisy function of Branin."""

from __future__ import annotations

from fallline.core.problem import Problem
from fallline.problems.surfaces.branin import Branin
from fallline.problems.yardsticks.deepobs import protocol
from fallline.problems.yardsticks.two_d import noisy


def build() -> Problem:
    """Return `Branin` with a random slope a row, from (2.5, 12.5).

    Source: `two_d_branin` of DeepOBS (see `deepobs`).
    """
    return noisy(Branin(), start=(2.5, 12.5))


YARDSTICK = protocol("two_d_branin", build)
