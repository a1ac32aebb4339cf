"""DeepOBS's noisy function of Beale."""

from __future__ import annotations

from fallline.core.problem import Problem
from fallline.problems.surfaces.beale import Beale
from fallline.problems.yardsticks.deepobs import protocol
from fallline.problems.yardsticks.two_d import noisy


def build() -> Problem:
    """Return `Beale` with a random slope a row, from (-4.5, 4.5).

    Source: `two_d_beale` of DeepOBS (see `deepobs`).
    """
    return noisy(Beale(), start=(-4.5, 4.5))


YARDSTICK = protocol("two_d_beale", build)
