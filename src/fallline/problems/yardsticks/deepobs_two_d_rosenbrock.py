"""DeepOBS's noisy function of Rosenbrock."""

from __future__ import annotations

from fallline.core.problem import Problem
from fallline.problems.surfaces.rosenbrock import Rosenbrock
from fallline.problems.yardsticks.deepobs import protocol
from fallline.problems.yardsticks.two_d import noisy


def build() -> Problem:
    """Return `Rosenbrock` with a random slope a row, from (-0.5, 1.5).

    Source: `two_d_rosenbrock` of DeepOBS (see `deepobs`).
    """
    return noisy(Rosenbrock(), start=(-0.5, 1.5))


YARDSTICK = protocol("two_d_rosenbrock", build)
