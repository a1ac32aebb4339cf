"""Functions by name, found by looking: one public function of the same name in every file of a package.

Adding a model, a loss or a metric is adding a file; no list is kept beside it.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable
from types import ModuleType
from typing import Any

from fallline.core.errors import InvalidType, InvalidValue, did_you_mean
from fallline.core.grammar import Call, parse


@functools.cache
def names(package: str) -> tuple[str, ...]:
    """Return the names of a package's files, in alphabetical order; none of them is imported.

    >>> names("fallline.problems.models")
    ('cnn', 'linear', 'mlp', 'resnet')
    """
    return tuple(sorted(module.name for module in pkgutil.iter_modules(importlib.import_module(package).__path__)))


def module(package: str, name: str, kind: str) -> ModuleType:
    """Import the file called `name`; `kind` is the word for it in the error when there is none."""
    if name.lower() not in names(package):
        raise InvalidValue(f"unknown {kind} {name!r}.{did_you_mean(name, names(package))}")
    return importlib.import_module(f"{package}.{name.lower()}")


def read(text: str, kind: str) -> Call:
    """Read a call such as `mlp(128, 64)`; anything but text is refused."""
    if not isinstance(text, str):
        raise InvalidType(f"{kind}={text!r}: a {kind} is given by its name, as text, not as {type(text).__name__}.")
    return parse(text)


def bind(function: Callable[..., Any], call: Call, later: int = 0) -> inspect.BoundArguments:
    """Return a call's arguments as the function takes them, apart from its first `later`, which are given later.

    >>> bind(pow, parse("pow(3)"), later=1).arguments
    {'exp': 3}
    """
    parameters = [p.replace(annotation=p.empty) for p in inspect.signature(function).parameters.values()][later:]
    signature = inspect.Signature(parameters)
    taken = [p.name for p in parameters if p.kind in (p.KEYWORD_ONLY, p.POSITIONAL_OR_KEYWORD)]
    for name in call.kwargs:
        if name not in taken:
            raise InvalidValue(f"{call}: {call.name}{signature} has no {name!r}.{did_you_mean(name, taken)}")
    try:
        return signature.bind(*call.args, **call.kwargs)
    except TypeError as error:
        raise InvalidValue(f"{call}: {call.name}{signature} cannot be called so: {error}.") from None
