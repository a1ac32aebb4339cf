"""Who races: every method with the configurations in which it is tried."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

from fallline.core.choice import whole
from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.grid import LogUniform, RateWord
from fallline.core.method import Method
from fallline.core.race_spec import RaceSpec
from fallline.core.registry import to_call
from fallline.lab.axes import Values, auto_rates, points, read_axes, read_batch_size, read_rate_axis, several
from fallline.lab.label import label
from fallline.lab.scheduled import Lasting, lasting, schedule_over
from fallline.lab.setting import class_rate, settable, value_of, with_values

BatchSize = int | Literal["full"]
Key = tuple[str, BatchSize]
"""A configuration: the method's text and the batch size."""


@dataclass(frozen=True)
class Entry:
    """One configuration of one method.

    Args:
        method: with all numbers in place.
        lr: its learning rate, of a schedule the peak; None for a method without one.
        values: what the axes set, `{"b1": 0.9, "batch_size": 32, "lr": 0.01}`; a schedule as text.
        batch_size: rows a step.
    """

    method: Method
    lr: float | None
    values: Mapping[str, Any]
    batch_size: BatchSize

    @cached_property
    def key(self) -> Key:
        """What two configurations have in common that are one."""
        return str(to_call(self.method)), self.batch_size


@dataclass(frozen=True)
class Entrant:
    """One method of a race.

    Args:
        label: unique and short: `adam`, `momentum(beta=0.99)`, `adamw(lr=cosine)`.
        given: the method as it was given; with a schedule that lasts as long as the run, for a run of any length.
        entries: its configurations, in the order of the grid.
        default: which of them has the rate of the method's class and, on every other axis, the method's own value, or
            the first where that is not among them; None if none has.
    """

    label: str
    given: Method | Lasting
    entries: tuple[Entry, ...]
    default: int | None


def entrants(
    methods: Any,
    lr: Any = "auto",
    axes: Mapping[str, Any] | None = None,
    *,
    batch_size: BatchSize,
    steps: Callable[[BatchSize], int],
    trials: int | None = None,
    seed: int = 0,
) -> tuple[Entrant, ...]:
    """Return the methods of a race, each with every configuration to try.

    Args:
        methods: one or several: instances, classes for their defaults, the command line's words, or `Lasting` ones;
            the words `adamw(lr=cosine)` mean such a one.
        lr: the rates of all methods that have one: a number, several, or a range; `"auto"` for seven of each method's
            own, half a decade apart around the rate that it has; None or `"own"` for that rate alone. A method that
            needs none keeps its own then.
        axes: more to vary, by name: `batch_size`, `schedule`, or any hyperparameter; a method without it simply lacks
            that axis. The lengths of a schedule's name or class follow from the run, an instance keeps its shape; its
            peak is the rate. None among schedules is the method's own rate, as it is.
        batch_size: rows a step, where no axis says it.
        steps: how many steps a run of a batch size takes.
        trials: so many random points of each method's axes, instead of the whole grid: the same shares for all methods.
        seed: of the random points, from 0 up.

    Returns:
        One entrant a method, in the order given; a configuration that comes twice is there once.

    Raises:
        InvalidValue: for an empty axis, an unknown one, a value outside its range, a range without `trials`, or a
            method that is there twice.

    Example:
        >>> adam, ball = entrants(["adam", "momentum(beta=0.99)"], batch_size=32, steps=lambda batch_size: 100)
        >>> adam.label, [entry.lr for entry in adam.entries[2:5]], adam.default, ball.label
        ('adam', [0.000316, 0.001, 0.00316], 3, 'momentum(beta=0.99)')
    """
    given = tuple(read_method(method) for method in several(methods))
    found = tuple(m.over(steps(batch_size)) if isinstance(m, Lasting) else m for m in given)
    if not found:
        raise InvalidValue(f"methods={methods!r}: a race needs at least one method, as in methods=[fl.Adam, fl.SGD].")
    trials = None if trials is None else whole("trials", trials, least=1)
    seed = whole("seed", seed, least=0)
    rates, others = read_rate_axis(lr), read_axes(axes or {}, found)
    every = []
    for as_given, method in zip(given, found, strict=True):
        own = _axes_of(method, rates, others, trials)
        entries = _once(_entry(as_given, values, batch_size, steps) for values in points(own, trials, seed))
        every.append(Entrant(label(as_given, given), as_given, entries, _default(method, entries, own, batch_size)))
    _refuse_twins(every)
    return tuple(every)


def read_method(method: Any) -> Method | Lasting:
    """Return the method meant: by a text such as `adamw(lr=cosine)` one whose schedule lasts as long as the run."""
    from fallline.engine.plan import as_method, as_solver

    return (lasting(method) if as_solver(method) is None else None) or as_method(method)


def entrants_of(methods: Any, spec: RaceSpec, steps: Callable[[BatchSize], int]) -> tuple[Entrant, ...]:
    """Return the entrants of a race, by its choices; see `entrants`."""
    return entrants(
        methods,
        spec.lr,
        spec.axes,
        batch_size=spec.run.batch_size,
        steps=steps,
        trials=spec.trials,
        seed=spec.run.seed,
    )


def without_solvers(methods: Any) -> tuple[tuple[Any, ...], list[str]]:
    """Return the methods that step, and a sentence for each solver, which drives a function by itself.

    Raises:
        InvalidType: where there are only solvers.
    """
    from fallline.engine.plan import as_method, as_solver

    every = tuple(several(methods))
    stepping = tuple(method for method in every if as_solver(method) is None)
    notes = []
    for solver in filter(None, map(as_solver, every)):
        try:
            as_method(solver)
        except InvalidType as error:
            if not stepping:
                raise
            notes.append(f"{solver.name()} does not race: {error}")
    return stepping, notes


def _axes_of(
    method: Method, rates: Values | RateWord, others: Mapping[str, Values], trials: int | None
) -> dict[str, Values]:
    """Return the axes that a method has, the rate last."""
    known = {"batch_size", *settable(method), *(["schedule"] if method.has_lr else [])}
    own = {name: values for name, values in others.items() if name in known}
    if rates == "own":
        return own
    if rates != "auto":
        return {**own, "lr": rates} if method.has_lr else own
    grid = auto_rates(method)
    if not grid:
        return own
    return {**own, "lr": LogUniform(grid[0], grid[-1]) if trials and len(grid) > 1 else grid}


def _entry(
    method: Method | Lasting,
    values: Mapping[str, Any],
    batch_size: BatchSize,
    steps: Callable[[BatchSize], int],
) -> Entry:
    size = read_batch_size(values.get("batch_size", batch_size))
    method = method.over(steps(size)) if isinstance(method, Lasting) else method
    rate, schedule = values.get("lr", method.peak), values.get("schedule")
    method = with_values(method, {n: v for n, v in values.items() if n not in ("lr", "schedule", "batch_size")})
    if "lr" in values:
        method.with_lr(rate)  # the rate's range is the method's: a schedule's peak may be negative
    if schedule is not None:
        method = method.with_lr(schedule_over(schedule, steps(size)))
    if schedule is not None or "lr" in values:
        method = method.with_peak(rate)
    return Entry(method, None if rate is None else float(rate), values, size)


def _once(entries: Iterable[Entry]) -> tuple[Entry, ...]:
    """Return the entries without repetitions: an axis may name a value twice, and draws may meet."""
    first: dict[Any, Entry] = {}
    for entry in entries:
        first.setdefault(entry.key, entry)
    return tuple(first.values())


def _default(
    method: Method, entries: tuple[Entry, ...], axes: Mapping[str, Values], batch_size: BatchSize
) -> int | None:
    wanted = {}
    for name, values in axes.items():
        if name == "lr":
            continue
        if not isinstance(values, tuple):
            return None
        chosen = {"batch_size": batch_size, "schedule": None}
        own = chosen[name] if name in chosen else value_of(method, name)
        wanted[name] = own if own in values else values[0]
    rate = class_rate(method)
    for i, entry in enumerate(entries):
        if entry.lr == rate and wanted.items() <= entry.values.items():
            return i
    return None


def _refuse_twins(entrants: list[Entrant]) -> None:
    seen: dict[frozenset[Any], str] = {}
    for entrant in entrants:
        runs = frozenset(entry.key for entry in entrant.entries)
        if runs in seen or entrant.label in seen.values():
            both = " and ".join(dict.fromkeys((seen.get(runs, entrant.label), entrant.label)))
            raise InvalidValue(
                f"methods: {both} would be the same runs twice. Leave one out, or give it other numbers."
            )
        seen[runs] = entrant.label
