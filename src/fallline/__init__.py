"""Fallline: train with any gradient-descent method, and find out which one wins on your problem.

Names are imported when they are first used, so `import fallline` costs next to nothing. Methods and schedules are found
by looking into their packages; everything else is listed here once.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fallline import data as data
    from fallline import problems as problems
    from fallline.compose.by_path import by_path as by_path
    from fallline.compose.chain import chain as chain
    from fallline.compose.from_optax import from_optax as from_optax
    from fallline.core.errors import FalllineError as FalllineError
    from fallline.core.grid import LogUniform as LogUniform
    from fallline.core.grid import Uniform as Uniform
    from fallline.core.grid import log_grid as log_grid
    from fallline.core.method import Method as Method
    from fallline.core.node import hyper as hyper
    from fallline.core.node import option as option
    from fallline.core.outcome import Outcome as Outcome
    from fallline.core.probe import Probe as Probe
    from fallline.core.problem import Data as Data
    from fallline.core.problem import Problem as Problem
    from fallline.core.schedule import Schedule as Schedule
    from fallline.core.spec import Spec as Spec
    from fallline.core.surface import Surface as Surface
    from fallline.dialects.from_keras import from_keras as from_keras
    from fallline.dialects.from_torch import from_torch as from_torch
    from fallline.engine.minimize import minimize as minimize
    from fallline.engine.path import Path as Path
    from fallline.engine.resume import resume as resume
    from fallline.engine.train import train as train
    from fallline.findings.diagnose import diagnose as diagnose
    from fallline.lab import pictures as pictures
    from fallline.lab.chain_rule import computation_graph as computation_graph
    from fallline.lab.check_gradient import GradientCheck as GradientCheck
    from fallline.lab.check_gradient import check_gradient as check_gradient
    from fallline.lab.compare import compare as compare
    from fallline.lab.comparison import Comparison as Comparison
    from fallline.lab.gradient import gradient as gradient
    from fallline.lab.landscape import Landscape as Landscape
    from fallline.lab.layers import Layers as Layers
    from fallline.lab.layers import layers as layers
    from fallline.lab.learning_rate import LearningRate as LearningRate
    from fallline.lab.learning_rate import find_lr as find_lr
    from fallline.lab.survey import landscape as landscape
    from fallline.lab.trail import Trail as Trail
    from fallline.lab.trail import trail as trail
    from fallline.lab.view import View as View
    from fallline.lab.view import view as view
    from fallline.problems import surfaces as surfaces
    from fallline.record.diagnosis import Diagnosis as Diagnosis
    from fallline.record.finding import Finding as Finding
    from fallline.record.load import load as load
    from fallline.record.record import Record as Record

__version__ = "0.1.0"

_HOMES = {
    "Comparison": "lab.comparison",
    "Data": "core.problem",
    "Diagnosis": "record.diagnosis",
    "FalllineError": "core.errors",
    "Finding": "record.finding",
    "GradientCheck": "lab.check_gradient",
    "Landscape": "lab.landscape",
    "Layers": "lab.layers",
    "LearningRate": "lab.learning_rate",
    "LogUniform": "core.grid",
    "Method": "core.method",
    "Outcome": "core.outcome",
    "Path": "engine.path",
    "Probe": "core.probe",
    "Problem": "core.problem",
    "Record": "record.record",
    "Schedule": "core.schedule",
    "Spec": "core.spec",
    "Surface": "core.surface",
    "Trail": "lab.trail",
    "Uniform": "core.grid",
    "View": "lab.view",
    "by_path": "compose.by_path",
    "chain": "compose.chain",
    "check_gradient": "lab.check_gradient",
    "compare": "lab.compare",
    "computation_graph": "lab.chain_rule",
    "diagnose": "findings.diagnose",
    "find_lr": "lab.learning_rate",
    "from_keras": "dialects.from_keras",
    "from_optax": "compose.from_optax",
    "from_torch": "dialects.from_torch",
    "gradient": "lab.gradient",
    "hyper": "core.node",
    "landscape": "lab.survey",
    "layers": "lab.layers",
    "load": "record.load",
    "log_grid": "core.grid",
    "minimize": "engine.minimize",
    "option": "core.node",
    "resume": "engine.resume",
    "trail": "lab.trail",
    "train": "engine.train",
    "view": "lab.view",
}
_PACKAGES = {"data": "data", "pictures": "lab.pictures", "problems": "problems", "surfaces": "problems.surfaces"}


def __getattr__(name: str) -> Any:
    if name in _PACKAGES:
        return importlib.import_module(f"fallline.{_PACKAGES[name]}")
    if name in _HOMES:
        found = getattr(importlib.import_module(f"fallline.{_HOMES[name]}"), name)
    elif name.startswith("_"):
        raise AttributeError(name)
    else:
        found = _registered().get(name)
        if found is None:
            from fallline.core.errors import did_you_mean

            raise AttributeError(f"fallline has no {name!r}.{did_you_mean(name, __dir__())}")
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted([*_HOMES, *_PACKAGES, *_registered(), "__version__"])


def _registered() -> dict[str, type]:
    from fallline.compose import COMPOSITIONS
    from fallline.methods import METHODS
    from fallline.probes import PROBES
    from fallline.schedules import SCHEDULES
    from fallline.solvers import SOLVERS

    registries = (METHODS, SOLVERS, SCHEDULES, COMPOSITIONS, PROBES)
    return {cls.__name__: cls for registry in registries for cls in registry.values()}
