"""A run's spec with one choice changed."""

from __future__ import annotations

import dataclasses

from fallline.core.method import Method
from fallline.core.registry import to_call
from fallline.core.spec import Spec
from fallline.methods.adam import Adam


def with_method(spec: Spec, method: Method) -> Spec:
    """Return the spec of the same run by another method."""
    return dataclasses.replace(spec, method=str(to_call(method)))


def with_rate(spec: Spec, method: Method, lr: float) -> Spec:
    """Return the spec with another learning rate, of two digits; a schedule keeps its shape, with another peak.

    >>> from fallline.methods.adam import Adam
    >>> with_rate(Spec("adam(lr=0.1)"), Adam(lr=0.1), 0.0123).method
    'adam(lr=0.012, b1=0.9, b2=0.999, eps=1e-08, eps_root=0.0)'
    """
    return with_method(spec, method.with_peak(float(f"{lr:.2g}")))


def with_own_rates(spec: Spec, method: Method) -> Spec | None:
    """Return the spec by a method with a rate for every parameter, or None where the method is no plain descent.

    >>> from fallline.methods.sgd import SGD
    >>> with_own_rates(Spec("sgd(lr=0.1)"), SGD(lr=0.1)).method.partition("(")[0]
    'adam'
    """
    kind = type(method)
    plain = kind.divisor is Method.divisor and kind.grows_at is not Method.grows_at
    return with_method(spec, Adam()) if plain else None


def with_batch(spec: Spec, size: int, rows: int) -> Spec:
    """Return the spec with another number of rows a step, and as many samples in all.

    Args:
        spec: the run.
        size: rows a step.
        rows: how many the training part has.

    >>> with_batch(Spec("sgd", batch_size="full", steps=10), 25, 100).steps
    40
    """
    before = rows if spec.batch_size == "full" else min(int(spec.batch_size), rows)
    steps = None if spec.steps is None else max(round(spec.steps * before / size), 1)
    return dataclasses.replace(spec, batch_size=size, steps=steps, micro_batch=None)


def rate_of(spec: Spec) -> float:
    """Return a spec's learning rate, a schedule's peak.

    >>> rate_of(Spec("sgd(lr=cosine(0.1, 100))"))
    0.1
    """
    from fallline.engine.plan import as_method

    return float(as_method(spec.method).peak)
