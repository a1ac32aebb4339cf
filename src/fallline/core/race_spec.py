"""Every choice of a race as plain data, which round-trips to TOML and JSON."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from fallline.core.choice import number, one_of, whole
from fallline.core.errors import InvalidType, InvalidValue, did_you_mean
from fallline.core.spec import Spec, read_json, read_toml

Elimination = Literal["none", "halving", "hyperband"]
Lanes = Literal["auto", "threads", "vmap"]
Unit = Literal["seconds", "epochs", "samples"]


@dataclass(frozen=True)
class RaceSpec:
    """Every choice of a race between methods.

    Args:
        methods: one text a method, as on the command line: `("adam", "momentum(beta=0.99)")`; empty for those that race
            when none is named.
        lr: the rates tried: `"auto"` for each method's own grid, `"own"` for its own rate alone, numbers above 0, or a
            range in words, `"1e-4:1"`.
        axes: other choices to vary, by name: `{"b1": [0.9, 0.99], "batch_size": [16, 64]}`.
        seeds: screening runs of each entry, from 1 up.
        final_seeds: fresh runs of each method's best entry; chosen from `seeds` if not given, none with 0.
        trials: entries drawn at random for each method, from 1 up; all of the grid if not given.
        elimination: whether entries that are behind end early, and by which schedule.
        budget: what the whole race may spend, `"60s"`, `"200 epochs"` or `"1e6 samples"`; see `read_budget`.
        measure: what is compared at the end of a run: `"loss"`, or a metric of the validation part.
        target: the value of the measure whose time to reach is reported.
        extend: whether a grid whose best rate lies at its edge is made longer.
        lanes: how runs share the machine: chunks over `"threads"`, one program by `"vmap"`, or whichever is faster.
        run: the choices of every run; its `method` is `""`, and its `seed` the first of the race's.

    Example:
        >>> spec = RaceSpec(("adam", "sgd"), lr=(0.01, 0.1), run=Spec("", epochs=20))
        >>> RaceSpec.from_toml(spec.to_toml()) == spec
        True
    """

    methods: tuple[str, ...] = ()
    lr: tuple[float, ...] | str = "auto"
    axes: Mapping[str, Any] = field(default_factory=dict)
    seeds: int = 5
    final_seeds: int | None = None
    trials: int | None = None
    elimination: Elimination = "none"
    budget: str | None = None
    measure: str = "loss"
    target: float | None = None
    extend: bool = False
    lanes: Lanes = "auto"
    run: Spec = field(default_factory=lambda: Spec(""))

    def __post_init__(self) -> None:
        object.__setattr__(self, "methods", _methods(self.methods))
        object.__setattr__(self, "lr", _rates(self.lr))
        object.__setattr__(self, "axes", _axes(self.axes))
        for name in ("seeds", "final_seeds", "trials"):
            if name == "seeds" or getattr(self, name) is not None:
                object.__setattr__(self, name, whole(name, getattr(self, name), least=int(name != "final_seeds")))
        one_of("elimination", self.elimination, Elimination)
        one_of("lanes", self.lanes, Lanes)
        if self.budget is not None:
            read_budget(self.budget)
        if not isinstance(self.measure, str) or not self.measure.strip():
            raise InvalidType(f"measure={self.measure!r}: what is compared is text, 'loss' or a metric's name.")
        if self.target is not None:
            number("target", self.target)
        if not isinstance(self.extend, bool):
            raise InvalidType(f"extend={self.extend!r}: extend must be True or False.")
        if not isinstance(self.run, Spec):
            raise InvalidType(f"run={self.run!r}: the choices of every run are a Spec: run=Spec('', epochs=20).")
        if self.run.method:
            raise InvalidValue(
                f"run has the method {self.run.method!r}: a race's methods are its own: methods=({self.run.method!r},)."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return plain data; what was not chosen (None) is left out."""
        choices = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        run = {name: value for name, value in self.run.to_dict().items() if name != "method"}
        plain = {**choices, "methods": list(self.methods), "lr": _plain("lr", self.lr), "run": run}
        return {name: value for name, value in plain.items() if value is not None}

    @classmethod
    def from_dict(cls, choices: Mapping[str, Any]) -> RaceSpec:
        """Read plain data; unknown names are refused with the nearest known one."""
        known = [f.name for f in dataclasses.fields(cls)]
        for name in choices:
            if name not in known:
                of_runs = name in (f.name for f in dataclasses.fields(Spec))
                advice = f" It is a choice of its runs: run = {{{name} = ...}}." if of_runs else ""
                raise InvalidValue(f"a race has no choice called {name!r}.{advice or did_you_mean(name, known)}")
        run = choices.get("run", {})
        if not isinstance(run, Mapping):
            raise InvalidType(f"run={run!r}: the choices of every run are a table of names and values.")
        return cls(**{**choices, "run": Spec.from_dict({"method": "", **run})})

    def to_json(self) -> str:
        """Write JSON."""
        return json.dumps(self.to_dict(), indent=2)

    @classmethod
    def from_json(cls, text: str) -> RaceSpec:
        """Read JSON."""
        return cls.from_dict(read_json("a race", text))

    def to_toml(self) -> str:
        """Write TOML."""
        import tomli_w

        return tomli_w.dumps(self.to_dict())

    @classmethod
    def from_toml(cls, text: str) -> RaceSpec:
        """Read TOML."""
        return cls.from_dict(read_toml("a race", text))


class Budget(NamedTuple):
    """What a race may spend: `amount` (above 0, finite) of `unit`, over all its runs together."""

    amount: float
    unit: Unit


_UNITS: Mapping[str, tuple[float, Unit]] = {
    **dict.fromkeys(("s", "sec", "second", "seconds"), (1.0, "seconds")),
    **dict.fromkeys(("min", "minute", "minutes"), (60.0, "seconds")),
    **dict.fromkeys(("h", "hour", "hours"), (3600.0, "seconds")),
    **dict.fromkeys(("epoch", "epochs"), (1.0, "epochs")),
    **dict.fromkeys(("sample", "samples"), (1.0, "samples")),
}
_BUDGET = re.compile(r"\s*([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]+)?\s*([a-z]+)\s*", re.ASCII | re.IGNORECASE)


def read_budget(text: str) -> Budget:
    """Read a number and its unit: seconds (`s`, `min`, `h`), epochs or samples.

    Raises:
        InvalidValue: for a text without either, an unknown unit, or an amount that is 0 or infinite.

    Example:
        >>> read_budget("2 min"), read_budget("1e6 samples")
        (Budget(amount=120.0, unit='seconds'), Budget(amount=1000000.0, unit='samples'))
    """
    rule = "a budget is a number and a unit, as in '60s', '5 min', '200 epochs' or '1e6 samples'."
    if not isinstance(text, str):
        raise InvalidType(f"budget={text!r}: {rule}")
    match = _BUDGET.fullmatch(text)
    if match is None:
        raise InvalidValue(f"budget={text!r}: {rule}")
    digits, exponent, word = match.groups(default="")
    if word.lower() not in _UNITS:
        raise InvalidValue(f"budget={text!r}: there is no unit {word!r}.{did_you_mean(word, _UNITS)} In short, {rule}")
    scale, unit = _UNITS[word.lower()]
    amount = float(digits + exponent) * scale
    if not 0 < amount < math.inf:
        raise InvalidValue(f"budget={text!r}: a budget must be above 0 and finite.")
    return Budget(amount, unit)


def _methods(methods: Any) -> tuple[str, ...]:
    if not isinstance(methods, list | tuple) or not all(isinstance(method, str) for method in methods):
        raise InvalidType(f"methods={methods!r}: methods are texts in a list, as in ['adam', 'momentum(beta=0.99)'].")
    return tuple(methods)


def _rates(lr: Any) -> tuple[float, ...] | str:
    if isinstance(lr, str) and lr.strip():
        return lr
    if not isinstance(lr, list | tuple):
        raise InvalidType(f"lr={lr!r}: rates are 'auto', a range in words such as '1e-4:1', or a list of numbers.")
    if not lr:
        raise InvalidValue("lr=(): a race needs at least one learning rate; leave lr out for each method's own grid.")
    for rate in lr:
        number("lr", rate)
        if not 0 < rate < math.inf:
            raise InvalidValue(f"lr={rate}: a learning rate must be above 0 and finite.")
    return tuple(map(float, lr))


def _axes(axes: Any) -> dict[str, Any]:
    if not isinstance(axes, Mapping) or not all(isinstance(name, str) for name in axes):
        raise InvalidType(f"axes={axes!r}: axes are a table of names and values, as in {{'b1': [0.9, 0.99]}}.")
    if "lr" in axes:
        raise InvalidValue("axes has 'lr': the rates of a race are a choice of their own: lr='1e-4:1'.")
    return {name: _plain(name, value) for name, value in axes.items()}


def _plain(name: str, value: Any) -> Any:
    """Return what TOML and JSON give back as it was: texts, numbers, booleans, lists and tables of them."""
    if isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, list | tuple):
        return [_plain(name, inner) for inner in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {key: _plain(name, inner) for key, inner in value.items()}
    raise InvalidType(f"{name}={value!r}: a spec holds texts, numbers, booleans, and lists and tables of them.")
