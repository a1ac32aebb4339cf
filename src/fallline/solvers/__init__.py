"""Solvers: algorithms of other libraries that drive a function to its minimum, one a file."""

from fallline.core.registry import Registry
from fallline.core.solver import Solver

SOLVERS: Registry[Solver] = Registry(__name__, Solver)
