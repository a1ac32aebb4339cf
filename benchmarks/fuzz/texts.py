"""Formulas, calls, and choices in TOML and JSON."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import numpy as np

from benchmarks.fuzz import mutate
from benchmarks.fuzz.target import Target
from fallline.core.errors import FalllineError
from fallline.core.formula import CONSTANTS, FUNCTIONS, Formula
from fallline.core.grammar import parse_all
from fallline.core.race_spec import RaceSpec
from fallline.core.spec import Spec

Kind = type[Spec] | type[RaceSpec]

_FORMULAS = (
    "x**4 - 3*x**2 + y**2 + sin(3*x)",
    "(1 - x)**2 + 100*(y - x**2)**2",
    "-20*exp(-0.2*sqrt(0.5*(x**2 + y**2))) - exp(0.5*(cos(2*pi*x) + cos(2*pi*y))) + e + 20",
    "max(abs(x), min(y, 3)) / (1 + x**2) - log(x**2 + 1e-3)",
    "x",
    "2**x + x**y - -x**-3",
    "tanh(x)*acos(y/9) + log10(x**2) + +x",
)
_CALLS = (
    "adam(lr=1e-3)",
    "momentum(beta=0.99, form=average)",
    "adamw(lr=cosine(peak=0.1, steps=100, end=0.01), b1=0.9, b2=0.99)",
    "chain(clip_norm(max_norm=1.0), sgd(lr=warmup(0.1, steps=10)))",
    "by_path({'*.b': sgd(0.1), '*': adam})",
    "optax.adamw(1e-3, weight_decay=0.1)",
    "optax.sgd(learning_rate=cosine(0.1, 100), momentum=0.9, nesterov=True)",
    "muon(lr=piecewise(values=[0.1, 0.01], boundaries=[5]))",
    "accumulate(rmsprop(centered=true), every=4), sgd, nesterov",
)
_PARTS = (
    "mlp(128, 64, activation=tanh)",
    "cnn(4, 8)",
    "linear",
    "huber(delta=2)",
    "softmax_cross_entropy(smoothing=0.1)",
    "accuracy, f1, top_k(3)",
    "flip, crop(4)",
    "sharpness(every=50)",
    "gradnorms, noisescale(every=10)",
    "1e6 samples",
)
_SPECS: tuple[dict[str, Any], ...] = (
    {"method": "adam(lr=0.001)", "problem": {"data": "digits", "model": "mlp(32)", "split": [0.7, 0.15, 0.15]}},
    {"method": "sgd", "batch_size": "full", "epochs": 3, "steps": 10, "seed": 2**32 - 1, "sampling": "replacement"},
    {"method": "sgd", "patience": 3, "min_improvement": 0.1, "watch": "highest accuracy", "keep": "best", "l2": 1e-4},
    {"method": "sgd", "probes": ["sharpness(every=5)"], "probe_budget": 0.05, "max_time": 9.5, "target_loss": -1.0},
)
_RACES: tuple[dict[str, Any], ...] = (
    {"methods": ["adam", "sgd"], "lr": [0.1, 0.01], "seeds": 3, "run": {"epochs": 2, "problem": {"data": "iris"}}},
    {"methods": [], "lr": "1e-4:1", "axes": {"b1": [0.9, 0.99], "batch_size": [8, 16]}, "elimination": "halving"},
    {"methods": ["adam"], "budget": "60s", "measure": "accuracy", "target": 0.9, "final_seeds": 0, "lanes": "vmap"},
)


_RECIPES: tuple[dict[str, Any], ...] = (
    {"data": "iris", "model": "linear", "target": "species", "task": "classification", "split": [0.7, 0.15, 0.15]},
    {"data": "diabetes", "model": "mlp(4)", "loss": "huber", "split_seed": 3, "missing": "drop", "metrics": "mae, r2"},
    {"data": "deepobs:quadratic_deep"},
)


def _recipe(random: Random) -> dict[str, Any]:
    strange = (*(each for each in mutate.AWKWARD_VALUES if each != mutate.DEEP), "linear", "iris", "mlp(2)", "accuracy")
    return mutate.values(random, random.choice(_RECIPES), strange)


def _rebuild(given: dict[str, Any], place: Path) -> None:
    """Build the problem of a run folder again."""
    from fallline.problems import rebuild

    rebuild(given)


def _formula(given: str, place: Path) -> None:
    formula = Formula(given)
    with np.errstate(all="ignore"):
        at = np.linspace(-4.0, 4.0, 7 * len(formula.coordinates)).reshape(len(formula.coordinates), -1)
        formula.value(np, at)
        if len(given) < 40:
            assert len(formula.domain) == len(formula.start) == len(formula.coordinates)


def _method(given: str, place: Path) -> None:
    from fallline.lab.entrants import read_method
    from fallline.methods import METHODS

    for call in parse_all(given):
        METHODS.build(call)
        read_method(str(call))


def _part(given: str, place: Path) -> None:
    """Give a text to each reader of the parts of a problem and a run: one of them may know it."""
    from fallline.core.race_spec import read_budget
    from fallline.engine.probing import as_probes
    from fallline.problems import augmentation, measures
    from fallline.problems.model import build
    from fallline.problems.objective import read_loss

    readers: tuple[Callable[[str], Any], ...] = (build, read_loss, measures.read, augmentation.read, as_probes)
    refusals = []
    for read in (*readers, read_budget):
        try:
            read(given)
        except FalllineError as error:
            refusals.append(error)
    if len(refusals) == len(readers) + 1:
        raise refusals[0]


def _written(kind: Kind, good: tuple[dict[str, Any], ...]) -> Callable[[Random], tuple[str, str]]:
    """Return what makes choices in TOML or JSON: their values changed first, or the words of the text."""

    @functools.cache
    def texts() -> dict[str, list[str]]:
        made = [kind.from_dict(choices) for choices in good]
        return {"toml": [each.to_toml() for each in made], "json": [each.to_json() for each in made]}

    def make(random: Random) -> tuple[str, str]:
        form = random.choice(("toml", "json", "values"))
        if form == "values":
            return "json", mutate.written(mutate.values(random, random.choice(good))).decode()
        return form, mutate.words(random, texts()[form], _TOML)

    return make


def _read_choices(kind: Kind) -> Callable[[tuple[str, str], Path], None]:
    def give(given: tuple[str, str], place: Path) -> None:
        form, text = given
        read = kind.from_toml(text) if form == "toml" else kind.from_json(text)
        assert kind.from_json(read.to_json()).to_dict() == read.to_dict() or "NaN" in read.to_json()

    return give


_TOML = ("[", "]", "=", "method", "[run]", '"""', "1979-05-27", "[[a]]")
_MATHS = (*FUNCTIONS, *CONSTANTS, *"xy+-*/(),.0123456789", "**", "1e-3", "^")
_WORDS = (*"=(),[]'.", "lr", "optax", "adam", "cosine", "chain", "sgd", "true", "none", "a")

TARGETS = (
    Target("formulas", 250_000, lambda random: mutate.words(random, _FORMULAS, _MATHS, 520), _formula),
    Target("calls", 200_000, lambda random: mutate.words(random, _CALLS, _WORDS), lambda text, place: parse_all(text)),
    Target("methods", 60_000, lambda random: mutate.words(random, _CALLS, _WORDS), _method),
    Target("parts of problems", 60_000, lambda random: mutate.words(random, _PARTS, _WORDS), _part),
    Target("recipes of problems", 2_000, _recipe, _rebuild),
    Target("choices of runs", 120_000, _written(Spec, _SPECS), _read_choices(Spec)),
    Target("choices of races", 80_000, _written(RaceSpec, _RACES), _read_choices(RaceSpec)),
)
