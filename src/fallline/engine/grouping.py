"""How the runs of a race fall into groups that share their programs, and how many of each go side by side."""

from __future__ import annotations

import dataclasses
from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

import jax

from fallline.core.choice import whole
from fallline.core.errors import InvalidValue
from fallline.core.method import Method
from fallline.core.problem import Problem
from fallline.core.race_spec import Lanes as Way
from fallline.core.registry import to_call
from fallline.core.spec import Spec
from fallline.data.memory import free_memory, in_words
from fallline.engine.alone import Alone
from fallline.engine.check_schedules import check_schedules
from fallline.engine.contest import Group
from fallline.engine.crew import cores
from fallline.engine.feeding import check_repeatable
from fallline.engine.lanes import Lanes, obstacle
from fallline.engine.layout import RUNS
from fallline.engine.plan import Plan, in_dtype, initial, plan
from fallline.engine.probing import as_probes
from fallline.engine.step import loss_dtype

SMALL = 50_000
"""Models of at most so many parameters go side by side on a CPU: a step of one is less work than calling it."""

PLACES = range(10, 3, -1)
"""How many go side by side on a CPU: enough to share the calls, few enough to stay in a core's cache."""

CALL = 2
"""What a call costs besides its lanes' work, in lanes of a small model."""

SHARE = 0.5
"""Of the memory that is free, the part that a race may use."""

BatchSize = int | Literal["full"]


class Needs(NamedTuple):
    """Bytes that a run needs while it goes on, that its parameters take, and that its history leaves."""

    going: int
    params: int
    history: int


class Grouping:
    """The plans of a race, one for each structure of a method and batch size.

    Args:
        problem: what is minimised.
        choices: of every run; its method, batch size and seed are replaced.
        way: how runs share the machine.
    """

    def __init__(self, problem: Problem, choices: Spec, way: Way) -> None:
        self.problem, self.choices, self.way = problem, choices, way
        self.plans: dict[Hashable, Plan] = {}

    def plan(self, method: Method, batch_size: BatchSize) -> Plan:
        """Return the plan of runs like this one, checked.

        Raises:
            InvalidValue, InvalidType: for a method that cannot run on this problem.
        """
        key = self.key(method, batch_size)
        if key not in self.plans:
            spec = dataclasses.replace(self.choices, method=str(to_call(method)), batch_size=batch_size)
            new = plan(self.problem, method, spec, as_probes(spec.probes), RUNS)
            check_repeatable(None if self.problem.data is None else self.problem.data.train, "a race")
            spread = "" if new.layout.plain else f"devices={new.layout.count}"
            asked = "lanes='vmap'" if self.way == "vmap" else spread
            if asked and (why := obstacle(new)):
                raise InvalidValue(f"{asked}: runs of {method.name()} cannot go side by side: {why}.")
            self.plans[key] = new
        planned = self.plans[key]
        check_schedules(method, planned.total_steps)
        in_dtype(method, loss_dtype(planned.method))
        return planned

    def key(self, method: Method, batch_size: BatchSize) -> Hashable:
        """Return what runs of one group have in common."""
        return jax.tree.structure(method), batch_size

    def groups(
        self, counts: Mapping[Hashable, list[int]], pausing: bool, widths: Sequence[int] | None = None
    ) -> dict[Hashable, Group]:
        """Return a group for each key, wide enough for what is to be run.

        Args:
            counts: of each key the numbers of runs that go at a time, in one stage after another.
            pausing: whether all runs of a stage may stand still together, half done.
            widths: how wide each group is, where that is settled: it follows from the memory that happens to be free,
                and the last bits of runs side by side from it.

        Raises:
            InvalidValue: where the runs' histories, and the runs that stand still, would not fit into memory.
            InvalidType: for a width that is no number.
        """
        needs = {key: self.needs(self.plans[key]) for key in counts}
        if (host := free_memory()) is not None:
            kept = sum(needs[key].history * sum(runs) for key, runs in counts.items())
            held = sum(needs[key].going * max(runs) for key, runs in counts.items()) if pausing else 0
            _check(kept + held, sum(map(sum, counts.values())), SHARE * host)
        free = device_memory()
        found = {key: self._group(self.plans[key], runs, needs[key], free) for key, runs in counts.items()}
        if widths is None or len(widths) != len(found):
            return found
        most = max(max(PLACES), *map(max, counts.values())) * self.choices.devices
        settled = [whole("widths", width, least=1, most=most) for width in widths]
        return {key: _as_wide(group, width) for (key, group), width in zip(found.items(), settled, strict=True)}

    def holds_params(self, runs: int) -> bool:
        """Return whether the parameters of so many runs can stay in memory."""
        free = free_memory()
        return free is None or runs * max(self.needs(each).params for each in self.plans.values()) < SHARE * free / 2

    def needs(self, planned: Plan) -> Needs:
        """Return how much memory one run takes."""
        params, model = initial(self.problem, 0, shapes_only=True)
        state = jax.eval_shape(lambda method, params: method.init(params), planned.method, params)
        batch = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape[1:], a.dtype), planned.feed.example)
        own, slots = _bytes(params), _bytes((state, model))
        activations = planned.micro_batch * (_bytes(batch) + own // 8)
        columns = 8 * (3 + len(planned.probes) + sum(len(cadence.columns) for cadence in planned.cadences))
        return Needs(2 * (own + slots) + own + activations, own, planned.total_steps * columns)

    def _group(self, planned: Plan, runs: list[int], needs: Needs, free: int | None) -> Group:
        count = sum(leaf.size for leaf in jax.tree.leaves(initial(self.problem, 0, shapes_only=True)[0]))
        on_cpu, devices = jax.default_backend() == "cpu", planned.layout.count
        side_by_side = self.way == "vmap" or devices > 1 or (self.way == "auto" and (not on_cpu or count <= SMALL))
        if not side_by_side or obstacle(planned) or max(runs) == 1:
            planned.feed.close()
            return Alone(planned)
        runs = [-(-number // devices) for number in runs]
        room = max(runs) if free is None else max(int(SHARE * free / cores() / needs.going), 1)
        return Lanes(planned, devices * min(_places(runs) if on_cpu else max(runs), room))


def _as_wide(group: Group, width: int) -> Group:
    if not isinstance(group, Lanes):
        return group
    devices = group.plan.layout.count
    return Lanes(group.plan, -(-width // devices) * devices)


def _places(runs: list[int]) -> int:
    """Return how many places cost the least, the empty ones and the calls counted; of equal ones the most."""
    return min(PLACES, key=lambda places: sum(-(-count // places) * (places + CALL) for count in runs))


def _check(needed: float, runs: int, room: float) -> None:
    if needed > room:
        raise InvalidValue(
            f"{runs:,} runs would hold {in_words(needed)}, more than half of the memory that is free "
            f"({in_words(2 * room)}): take fewer seeds, rates or methods, shorter runs, or no elimination."
        )


def device_memory() -> int | None:
    """Return the bytes that are free where the runs go on; None where that is not known."""
    if jax.default_backend() == "cpu":
        return free_memory()
    known = jax.devices()[0].memory_stats() or {}
    return known["bytes_limit"] - known["bytes_in_use"] if {"bytes_limit", "bytes_in_use"} <= known.keys() else None


def _bytes(tree: Any) -> int:
    return sum(leaf.size * leaf.dtype.itemsize for leaf in jax.tree.leaves(tree))
