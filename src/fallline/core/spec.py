"""Every choice of a run as plain data, which round-trips to TOML and JSON."""

from __future__ import annotations

import dataclasses
import json
import math
import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fallline.core.errors import InvalidType, InvalidValue, did_you_mean

Sampling = Literal["shuffle", "replacement", "sequential"]
LastBatch = Literal["use", "drop"]
Reduction = Literal["mean", "sum"]
Precision = Literal["full", "bfloat16"]

LARGEST_SEED = 2**32 - 1


@dataclass(frozen=True)
class Spec:
    """Every choice of a training run.

    Args:
        method: the method with its hyperparameters, in the command line's words: `"adam(lr=0.001)"`.
        problem: what a ready problem is built from (data, target, model, split); empty for a user's own.
        batch_size: rows a step, from 1 up, or `"full"` for the exact gradient.
        epochs: passes over the training part; without `epochs` and `steps`, 10.
        steps: optimiser steps; with both, whichever comes first.
        seed: 0 to 2³²−1; initial parameters and sample order follow from it.
        sampling: `"shuffle"` (a new order each epoch), `"replacement"` (independent draws) or `"sequential"`.
        last_batch: `"use"` the incomplete batch at an epoch's end, exactly weighted, or `"drop"` it.
        reduction: a batch's loss is the `"mean"` of its rows' losses or their `"sum"`.
        target_loss: stop when the training loss, averaged over an epoch, is at or below this.
        micro_batch: rows whose gradient is computed at once; larger batches are accumulated. Chosen if not given.
        precision: what a training step computes in: the parameters' own dtype (`"full"`), or bfloat16 with the
            parameters, the method and all evaluations kept in full.
        l1: λ₁ of the penalty λ₁ Σ|w|, over arrays of two dimensions or more (weights, not biases).
        l2: λ₂ of the penalty λ₂/2 Σw², over the same.
        checkpoint_seconds: seconds between checkpoints of a run that has a folder.
        checkpoint_steps: steps between checkpoints, instead of seconds.
    """

    method: str
    problem: Mapping[str, Any] = field(default_factory=dict)
    batch_size: int | Literal["full"] = 32
    epochs: int | None = None
    steps: int | None = None
    seed: int = 0
    sampling: Sampling = "shuffle"
    last_batch: LastBatch = "use"
    reduction: Reduction = "mean"
    target_loss: float | None = None
    micro_batch: int | None = None
    precision: Precision = "full"
    l1: float = 0.0
    l2: float = 0.0
    checkpoint_seconds: float = 30.0
    checkpoint_steps: int | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.problem, Mapping):
            raise InvalidType(f"problem={self.problem!r}: problem must be a table of names and values.")
        if not (isinstance(self.batch_size, str) and self.batch_size == "full"):
            self._make_whole("batch_size", least=1, also="'full'")
        for name in ("epochs", "steps", "micro_batch", "checkpoint_steps"):
            if getattr(self, name) is not None:
                self._make_whole(name, least=1)
        self._make_whole("seed", least=0, most=LARGEST_SEED)
        _one_of("sampling", self.sampling, Sampling)
        _one_of("last_batch", self.last_batch, LastBatch)
        _one_of("reduction", self.reduction, Reduction)
        _one_of("precision", self.precision, Precision)
        for name in ("target_loss", "l1", "l2", "checkpoint_seconds"):
            value = getattr(self, name)
            if value is None and name == "target_loss":
                continue
            if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
                raise InvalidType(f"{name}={value!r}: {name} must be a number.")
        if self.checkpoint_seconds < 0:
            raise InvalidValue(f"checkpoint_seconds={self.checkpoint_seconds}: seconds must not be negative.")
        for name in ("l1", "l2"):
            if not 0 <= getattr(self, name) < math.inf:
                raise InvalidValue(f"{name}={getattr(self, name)}: {name} must be finite and not negative.")

    def _make_whole(self, name: str, least: int, most: int | None = None, also: str = "") -> None:
        """Check a count, and keep it as Python's own number: files take no NumPy integer."""
        value = getattr(self, name)
        if isinstance(value, bool) or not hasattr(value, "__index__"):
            raise InvalidType(f"{name}={value!r}: {name} must be a whole number{f' or {also}' if also else ''}.")
        count = operator.index(value)
        if count < least or (most is not None and count > most):
            rule = f"at least {least}" if most is None else f"from {least} to {most}"
            raise InvalidValue(f"{name}={count}: {name} must be {rule}.")
        object.__setattr__(self, name, count)

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; what was not chosen (None) is left out."""
        choices = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return {name: _without_none(value) for name, value in choices.items() if value is not None}

    @classmethod
    def from_dict(cls, choices: Mapping[str, Any]) -> Spec:
        """Read plain data; unknown names are refused with the nearest known one."""
        known = [f.name for f in dataclasses.fields(cls)]
        for name in choices:
            if name not in known:
                raise InvalidValue(f"a run has no choice called {name!r}.{did_you_mean(name, known)}")
        if not isinstance(choices.get("method"), str):
            raise InvalidType("a run needs a method, as text: method = 'adam(lr=0.001)'.")
        return cls(**choices)

    def to_json(self) -> str:
        """Write JSON."""
        return json.dumps(self.to_dict(), indent=2)

    @classmethod
    def from_json(cls, text: str) -> Spec:
        """Read JSON."""
        try:
            choices = json.loads(text)
        except json.JSONDecodeError as error:
            raise InvalidValue(f"a run's choices are not JSON: {error}.") from None
        return cls.from_dict(_table(choices))

    def to_toml(self) -> str:
        """Write TOML."""
        import tomli_w

        return tomli_w.dumps(self.to_dict())

    @classmethod
    def from_toml(cls, text: str) -> Spec:
        """Read TOML."""
        import tomllib

        try:
            choices = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            raise InvalidValue(f"a run's choices are not TOML: {error}.") from None
        return cls.from_dict(choices)


def _one_of(name: str, value: Any, choices: Any) -> None:
    allowed = choices.__args__
    if value not in allowed:
        raise InvalidValue(f"{name}={value!r}: {name} must be one of {', '.join(map(repr, allowed))}.")


def _table(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise InvalidType(f"a run's choices are a table of names and values, not a {type(value).__name__}.")
    return value


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    return [_without_none(v) for v in value] if isinstance(value, list | tuple) else value
