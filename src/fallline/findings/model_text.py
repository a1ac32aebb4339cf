"""A run's spec with its ready model changed."""

from __future__ import annotations

import dataclasses
import inspect
from typing import Any

from fallline.core.grammar import Call, parse
from fallline.core.spec import Spec
from fallline.problems import catalogue
from fallline.problems.model import MODELS


def with_model(spec: Spec, **changes: Any) -> Spec | None:
    """Return the spec with other arguments of its ready model, or None where it has none, or none that takes them.

    >>> spec = Spec("sgd", {"data": "digits", "model": "mlp(32, 32, activation=sigmoid)"})
    >>> with_model(spec, activation="relu").problem["model"]
    'mlp(32, 32, activation=relu)'
    >>> with_model(spec, kernel=3) is None
    True
    """
    text = spec.problem.get("model")
    if not isinstance(text, str):
        return None
    call = parse(text)
    function = getattr(catalogue.module(MODELS, call.name, "model"), call.name.lower())
    if not changes.keys() <= inspect.signature(function).parameters.keys():
        return None
    changed = Call(call.name, call.args, call.kwargs | changes)
    return dataclasses.replace(spec, problem={**spec.problem, "model": str(changed)})
