"""Every method against an independent rule: a straight loop in NumPy float64 over one array.

The rule of a method is `path(w, gradients, **hyperparameters)` in tests/reference/<its name>.py, written from its
source and not from its code; `paths(ws, gradients, **hyperparameters)` for several arrays, if the method looks across
them. One that compares points is given the loss s + s², s = ⟨g, x − w⟩. A method that has no rule yet is skipped here,
and must have one before it is shipped.
"""

from __future__ import annotations

import runpy
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.core.node import fields, hypers
from fallline.methods import METHODS

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "tests" / "reference"


def reference(cls: type[Method]) -> dict[str, Any]:
    """Return the independent rules of a method."""
    file = REFERENCE / f"{cls.name()}.py"
    if not file.exists():
        pytest.skip(f"{cls.__name__} has no independent rule: write {file.relative_to(ROOT)}")
    return runpy.run_path(str(file))


def variations(method: Method) -> Iterator[Method]:
    """Yield the method, and it with every number in turn far from its default, where the form has a use for it."""
    yield method
    for name in hypers(type(method)):
        number = getattr(method, name)
        if number is None:
            continue
        try:
            yield method.replace(**{name: 0.7 * number if abs(number) > 1e-3 else 0.25})
        except InvalidValue:
            continue


def numbers(method: Method) -> dict[str, Any]:
    """Return every field of the method, as the rules take them."""
    return {f.name: getattr(method, f.name) for f in fields(type(method))}


def test_sixty_steps_follow_the_independent_rule(method: Method, descend: Callable[..., Any]) -> None:
    path = reference(type(method))["path"]
    random = np.random.default_rng(7)
    start, gradients = random.normal(size=(2, 3)), random.normal(size=(60, 2, 3))
    gradients[:, 0, 0] *= 1e-4  # one direction that is almost flat, one that is steep
    gradients[:, 1, 1] *= 1e3
    for variation in variations(method):
        steps = gradients if variation is method else gradients[:20]
        expected = np.array(path(start, steps, **numbers(variation)))
        if variation is method or np.abs(expected).max() < 1e9:  # where it blows up, so does rounding
            points, _ = descend(variation, start, steps)
            np.testing.assert_allclose(points, expected, rtol=1e-12, atol=1e-12)


def test_several_arrays_follow_the_independent_rule(method: Method, descend: Callable[..., Any]) -> None:
    rules, random = reference(type(method)), np.random.default_rng(8)
    shapes = ((2, 3), (4,), (), (2, 1, 3))
    start = [np.asarray(random.normal(size=shape)) for shape in shapes]
    gradients = [[np.asarray(random.normal(size=shape)) for shape in shapes] for _ in range(20)]
    points, _ = descend(method, start, gradients)
    if "paths" in rules:
        expected = rules["paths"](start, gradients, **numbers(method))
    else:
        alone = [rules["path"](w, [g[i] for g in gradients], **numbers(method)) for i, w in enumerate(start)]
        expected = zip(*alone, strict=True)
    for found, wanted in zip(points, expected, strict=True):
        for one, other in zip(found, wanted, strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12)


def test_every_method_that_is_shipped_has_an_independent_rule() -> None:
    if shutil.which("git") is None:
        pytest.skip("git tells which files are shipped")
    listed = subprocess.run(["git", "ls-files", "src/fallline/methods"], cwd=ROOT, capture_output=True, text=True)
    shipped = {Path(file).stem for file in listed.stdout.split()}
    missing = [
        name
        for name, cls in METHODS.items()
        if cls.__module__.rpartition(".")[2] in shipped and not (REFERENCE / f"{name}.py").exists()
    ]
    assert missing == [], "write their rules in tests/reference"


def test_no_rule_is_left_without_a_method() -> None:
    assert {file.stem for file in REFERENCE.glob("*.py")} <= set(METHODS)
