"""Every choice of a run as plain data, which round-trips to TOML and JSON."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from fallline.core.choice import not_negative, number, one_of, whole
from fallline.core.errors import InvalidType, InvalidValue, did_you_mean

Sampling = Literal["shuffle", "shuffle_once", "replacement", "sequential"]
LastBatch = Literal["use", "drop"]
Reduction = Literal["mean", "sum"]
Precision = Literal["full", "bfloat16"]
Keep = Literal["last", "best"]

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
        sampling: `"shuffle"` (a new order each epoch), `"shuffle_once"` (the same random order each epoch),
            `"replacement"` (independent draws) or `"sequential"`.
        last_batch: `"use"` the incomplete batch at an epoch's end, exactly weighted, or `"drop"` it.
        reduction: a batch's loss is the `"mean"` of its rows' losses or their `"sum"`.
        target_loss: stop when the training loss, averaged over an epoch, is at or below this.
        patience: stop after so many epochs in a row without an improvement of what is watched.
        min_improvement: how much better than before counts as one.
        watch: `"loss"` or a metric of the validation part, with `lowest` or `highest` before a metric of your own.
        keep: whether the parameters of the `"last"` or of the `"best"` epoch are reported; with patience, the best.
        max_time: stop after so many seconds of training.
        overfit_batches: train on the first so many batches alone, again and again, without validation.
        micro_batch: rows whose gradient is computed at once; larger batches are accumulated. Chosen if not given.
        precision: what a training step computes in: the parameters' own dtype (`"full"`), or bfloat16 with the
            parameters, the method and all evaluations kept in full.
        l1: λ₁ of the penalty λ₁ Σ|w|, over arrays of two dimensions or more (weights, not biases).
        l2: λ₂ of the penalty λ₂/2 Σw², over the same.
        probes: what is measured besides, in the command line's words: `"sharpness(every=50)"`.
        probe_budget: gradients that probes may take, as a share of those that the steps take; they measure more seldom
            to keep to it. Without one they measure as often as they say.
        checkpoint_seconds: seconds between checkpoints of a run that has a folder.
        checkpoint_steps: steps between checkpoints, instead of seconds.
        keep_checkpoints: how many of the newest checkpoints stay.
        devices: over how many devices each batch's rows are spread; in a race, its runs.
        reproducible: sum a batch's gradient in an order that does not depend on the devices: the same bits on 1, 2, 4
            or 8 of them.
        shard_params: spread the parameters and the method's state over the devices, too.
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
    patience: int | None = None
    min_improvement: float = 0.0
    watch: str = "loss"
    keep: Keep | None = None
    max_time: float | None = None
    overfit_batches: int | None = None
    micro_batch: int | None = None
    precision: Precision = "full"
    l1: float = 0.0
    l2: float = 0.0
    probes: tuple[str, ...] = ()
    probe_budget: float | None = None
    checkpoint_seconds: float = 30.0
    checkpoint_steps: int | None = None
    keep_checkpoints: int = 2
    devices: int = 1
    reproducible: bool = False
    shard_params: bool = False

    def __post_init__(self) -> None:
        if not isinstance(self.problem, Mapping):
            raise InvalidType(f"problem={self.problem!r}: problem must be a table of names and values.")
        counts = (
            *("epochs", "steps", "patience", "overfit_batches", "micro_batch"),
            *("checkpoint_steps", "keep_checkpoints"),
        )
        if not (isinstance(self.batch_size, str) and self.batch_size == "full"):
            object.__setattr__(self, "batch_size", whole("batch_size", self.batch_size, least=1, also="'full'"))
        for name in counts:
            if getattr(self, name) is not None:
                object.__setattr__(self, name, whole(name, getattr(self, name), least=1))
        object.__setattr__(self, "seed", whole("seed", self.seed, least=0, most=LARGEST_SEED))
        one_of("sampling", self.sampling, Sampling)
        one_of("last_batch", self.last_batch, LastBatch)
        one_of("reduction", self.reduction, Reduction)
        one_of("precision", self.precision, Precision)
        if self.target_loss is not None:
            number("target_loss", self.target_loss)
        number("checkpoint_seconds", self.checkpoint_seconds)
        if self.checkpoint_seconds < 0:
            raise InvalidValue(f"checkpoint_seconds={self.checkpoint_seconds}: seconds must not be negative.")
        for name in ("l1", "l2", "min_improvement"):
            not_negative(name, getattr(self, name))
        if self.probe_budget is not None:
            number("probe_budget", self.probe_budget)
            if self.probe_budget <= 0:
                raise InvalidValue(f"probe_budget={self.probe_budget}: a share of the gradients above 0, such as 0.05.")
        self._check_end()
        self._check_devices()
        if not isinstance(self.probes, list | tuple) or not all(isinstance(probe, str) for probe in self.probes):
            raise InvalidType(f"probes={self.probes!r}: a spec holds probes as texts such as 'sharpness(every=50)'.")
        object.__setattr__(self, "probes", tuple(self.probes))

    def _check_end(self) -> None:
        """Check what ends a run early, and which epoch of it is kept."""
        if self.max_time is not None:
            number("max_time", self.max_time)
            if self.max_time <= 0:
                raise InvalidValue(f"max_time={self.max_time}: max_time must be above 0 seconds.")
        if self.keep is not None:
            one_of("keep", self.keep, Keep)
        if not isinstance(self.watch, str):
            raise InvalidType(f"watch={self.watch!r}: what is watched is text, as in watch='highest accuracy'.")
        if self.watch != "loss" and not self.watches:
            raise InvalidValue(f"watch={self.watch!r} alone changes nothing: add patience=5, or keep='best'.")
        if self.min_improvement and self.patience is None:
            raise InvalidValue(
                f"min_improvement={self.min_improvement} says what patience counts as an improvement: add patience=5."
            )
        if self.overfit_batches is not None and self.batch_size == "full":
            raise InvalidValue("overfit_batches with batch_size='full' would be all the rows: give a number of rows.")
        if self.overfit_batches is not None and self.watches:
            raise InvalidValue(
                f"overfit_batches={self.overfit_batches} trains without validation: leave patience and keep='best' out."
            )

    def _check_devices(self) -> None:
        """Check over what the run is spread, and how."""
        object.__setattr__(self, "devices", whole("devices", self.devices, least=1))
        for name in ("reproducible", "shard_params"):
            if not isinstance(getattr(self, name), bool):
                raise InvalidType(f"{name}={getattr(self, name)!r}: {name} must be True or False.")
        if self.reproducible and self.shard_params:
            raise InvalidValue(
                "reproducible=True with shard_params=True: sums over an array that lies on several devices, such as "
                "the gradient's length, depend on how many they are. Leave one of the two out."
            )

    @property
    def keeps_best(self) -> bool:
        """Whether the parameters of the best epoch are reported."""
        return self.keep == "best" or (self.keep is None and self.patience is not None)

    @property
    def watches(self) -> bool:
        """Whether the run is judged by its validation."""
        return self.patience is not None or self.keeps_best

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
        return cls.from_dict(read_json("a run", text))

    def to_toml(self) -> str:
        """Write TOML."""
        import tomli_w

        return tomli_w.dumps(self.to_dict())

    @classmethod
    def from_toml(cls, text: str) -> Spec:
        """Read TOML."""
        return cls.from_dict(read_toml("a run", text))


def read_json(what: str, text: str) -> Mapping[str, Any]:
    """Return the choices of `what` ("a run") that are written in JSON, not yet checked."""
    try:
        choices = json.loads(text)
    except (ValueError, RecursionError) as error:  # a number of 5000 digits is neither JSON nor a JSONDecodeError
        raise InvalidValue(f"{what}'s choices are not JSON: {error}.") from None
    if not isinstance(choices, Mapping):
        raise InvalidType(f"{what}'s choices are a table of names and values, not a {type(choices).__name__}.")
    return choices


def read_toml(what: str, text: str) -> Mapping[str, Any]:
    """Return the choices of `what` ("a run") that are written in TOML, not yet checked."""
    import tomllib

    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise InvalidValue(f"{what}'s choices are not TOML: {error}.") from None


def _without_none(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: _without_none(v) for k, v in value.items() if v is not None}
    return [_without_none(v) for v in value if v is not None] if isinstance(value, list | tuple) else value
