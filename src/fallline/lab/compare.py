"""Which method, with which learning rate, on this problem: a race, and what it found."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import TYPE_CHECKING, Any

from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.core.problem import Problem
from fallline.core.race_spec import Elimination, Lanes, RaceSpec
from fallline.core.registry import to_call
from fallline.core.schedule import Schedule
from fallline.core.spec import Spec
from fallline.engine.probing import as_probes, budget_of
from fallline.lab.axes import plain_axis, plain_rates, several
from fallline.lab.entrants import BatchSize
from fallline.lab.published import published
from fallline.lab.raced import raced

if TYPE_CHECKING:
    from fallline.lab.comparison import Comparison
    from fallline.lab.race_progress import RaceProgress

MODEL = "mlp(32)"
"""The ready model of a race where none is named; small, as there are hundreds of runs."""

EPOCHS = 20
"""Passes over the training part of every run, where nothing else is asked for."""

_ARGUMENTS = {"method", "problem", "batch_size", "epochs", "steps", "seed"}
_ALONE = {"overfit_batches", "checkpoint_steps", "keep_checkpoints"}
"""What a single training may be told, and a race's runs not."""

_OF_RUNS = {field.name for field in dataclasses.fields(Spec)} - _ARGUMENTS - _ALONE


def compare(
    problem: Problem,
    methods: Sequence[Method | type[Method] | str] | Method | type[Method] | str | None = None,
    *,
    lr: Any = "auto",
    batch_size: BatchSize | Sequence[BatchSize] = 32,
    epochs: int | None = None,
    steps: int | None = None,
    seeds: int = 5,
    final_seeds: int | None = None,
    seed: int = 0,
    schedule: Sequence[Schedule | type[Schedule] | str | None] | None = None,
    trials: int | None = None,
    elimination: Elimination = "none",
    budget: str | None = None,
    measure: str = "loss",
    target: float | None = None,
    extend: bool | None = None,
    lanes: Lanes = "auto",
    out: str | PathLike[str] | None = None,
    progress: Callable[[RaceProgress], None] | None = None,
    **more: Any,
) -> Comparison:
    """Let methods race on a problem, and say who wins, if the evidence carries it.

    Every method is tried at several learning rates on `seeds` screening seeds; the rate with the best mean validation
    measure at the end is taken. The methods then run with their rates on fresh seeds, all on the same ones: with one
    seed all start from the same parameters and see the same batches. A winner is declared only if every other method's
    paired difference to it, corrected by Holm, excludes 0 at 99 %. The test part is reported, and judges nothing.

    Args:
        problem: what is minimised.
        methods: instances keep what they set, classes mean their defaults, names are the command line's words. Without
            any, NAdam races with all its ancestors, and AdamW with a warm-up and a cosine decay.
        lr: the rates of every method: numbers (`fl.log_grid(1e-4, 1, 9)`), one for all, or a range to draw from
            (`fl.LogUniform(1e-4, 1)`); `"auto"` for seven of each method's own, half a decade apart around its rate;
            None for that rate alone.
        batch_size: rows a step, or several to try.
        epochs: passes over the training part in every run, the same for all; 20 if neither this nor `steps` is given.
        steps: optimiser steps; with `epochs`, whichever comes first.
        seeds: screening seeds. With fewer than 3 there are no finals, no intervals and no verdict.
        final_seeds: fresh seeds for the finals; 10, or `seeds` if that is more, or if there is nothing to choose. 0 for
            none.
        seed: the first seed; the others follow it.
        schedule: schedules to try: None for a constant rate; a name or class takes its lengths from the run.
        trials: so many random points of each method's choices, instead of the whole grid.
        elimination: `"halving"` ends runs early whose configuration is behind, `"hyperband"` does so less boldly.
        budget: what the whole race may spend, `"60s"`, `"200 epochs"` or `"1e6 samples"`: runs are made shorter to fit.
        measure: what is compared: `"loss"`, or a metric of the validation part; before a metric of your own say
            which is best, `"lowest error"` or `"highest score"`.
        target: the value whose time to reach is reported; without it, what the median method ends with.
        extend: go on beyond the edge of a grid that the best rate lies on; by itself for `lr="auto"` without
            elimination.
        lanes: how runs share the machine: each by itself in a thread (`"threads"`, the very bits of `fl.train`), side
            by side in one program (`"vmap"`), or by the model's size (`"auto"`).
        out: a folder for the race: its runs as they end, every `checkpoint_seconds` (30) where the others stand, and
            the report. A race that was interrupted goes on there, to the very numbers of one that was not.
        progress: called now and then with a `RaceProgress`.
        **more: hyperparameters to try, by name (`beta=[0.9, 0.99]`), or choices of every run, as in `fl.train`
            (`l2=1e-4`, `sampling="replacement"`).

    Returns:
        The comparison: `.winner`, `.verdict`, `.table`, `.runs`, `.records`, `.report(path)`.

    Raises:
        InvalidValue, InvalidType: before anything runs, for choices that cannot be, or where no method can run here.

    Example:
        >>> import jax.numpy as jnp
        >>> import fallline as fl
        >>> x = jnp.linspace(-1, 1, 64)[:, None]
        >>> line = fl.Problem(
        ...     init=lambda key: {"w": jnp.zeros(1)},
        ...     loss=lambda p, batch: (batch.x @ p["w"] - batch.y) ** 2,
        ...     data=(x, 3 * x[:, 0]),
        ... )
        >>> result = fl.compare(line, [fl.SGD, fl.Momentum], lr=[0.003, 0.03], batch_size=8, epochs=5)
        >>> result.winner
        Momentum(lr=0.03, beta=0.9, form='velocity', dampening=0.0)
    """
    spec = race_spec(
        dict(problem.recipe or {}) if isinstance(problem, Problem) else {},
        lr=lr,
        batch_size=batch_size,
        schedule=schedule,
        axes={name: value for name, value in more.items() if name not in _OF_RUNS},
        extend=extend,
        run={name: value for name, value in more.items() if name in _OF_RUNS}
        | {"epochs": epochs, "steps": steps, "seed": seed},
        seeds=seeds,
        final_seeds=final_seeds,
        trials=trials,
        elimination=elimination,
        budget=budget,
        measure=measure,
        target=target,
        lanes=lanes,
    )
    return raced(problem, methods, spec, out, progress, published(spec.run.problem))


def race_spec(
    recipe: Mapping[str, Any],
    *,
    lr: Any = "auto",
    batch_size: BatchSize | Sequence[BatchSize] = 32,
    schedule: Sequence[Schedule | type[Schedule] | str | None] | None = None,
    axes: Mapping[str, Any] | None = None,
    extend: bool | None = None,
    run: Mapping[str, Any] | None = None,
    **race: Any,
) -> RaceSpec:
    """Return the choices of a race as plain data, checked; its methods, which may depend on the steps, come later.

    Args:
        recipe: what the problem is built from.
        lr, batch_size, schedule, extend: as in `compare`.
        axes: hyperparameters to try, by name.
        run: other choices of every run.
        **race: the rest of a `RaceSpec`.
    """
    sizes, axes, run = list(several(batch_size)), dict(axes or {}), dict(run or {})
    if alone := sorted(_ALONE & axes.keys()):
        raise InvalidValue(f"{alone[0]}={axes[alone[0]]!r} is for one training: leave it out, or use fl.train.")
    if "probes" in run:
        run["probe_budget"] = budget_of(run["probes"], run.get("probe_budget"))
        run["probes"] = tuple(str(to_call(probe)) for probe in as_probes(run["probes"]))
    if len(sizes) != 1 or not isinstance(batch_size, int | str):
        axes["batch_size"] = sizes
    if schedule is not None:
        axes["schedule"] = schedule
    if extend is None:
        whole = race.get("elimination", "none") == "none" and race.get("trials") is None and race.get("budget") is None
        extend = isinstance(lr, str) and lr == "auto" and whole
    if run.get("epochs") is None and run.get("steps") is None:
        run["epochs"] = EPOCHS
    return RaceSpec(
        lr=plain_rates(lr),
        axes={name: plain_axis(name, values) for name, values in axes.items()},
        extend=extend,
        run=Spec("", problem=recipe, batch_size=sizes[0] if sizes else 32, **run),
        **race,
    )
