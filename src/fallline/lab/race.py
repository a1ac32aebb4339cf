"""A race carried out: screening, elimination, and the finals on fresh seeds."""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import numpy as np

from fallline.core.errors import FalllineError
from fallline.core.race_spec import RaceSpec
from fallline.core.registry import to_call
from fallline.core.spec import LARGEST_SEED
from fallline.core.stream import streamed
from fallline.engine.contest import Contestant, Group
from fallline.engine.crew import Crew
from fallline.engine.grouping import Grouping
from fallline.engine.interrupt import Interrupt
from fallline.engine.plan import Plan
from fallline.lab.entrants import Entrant, Entry
from fallline.lab.halving import Rung, brackets
from fallline.lab.measure import Measure
from fallline.lab.statistics.cost import cost, sign
from fallline.record.record import Record

Phase = Literal["screening", "final"]

FRESH = 10
"""Fresh seeds for the finals, where no other number is asked for and the screening has no more."""

LOOK_SECONDS = 0.25
"""How often a report is made of how the race stands, at most."""

MOST_MORE = 4
"""How many times a grid is made longer, at most."""

LEAST_RATES = 3
"""A shorter grid has no inside that its best rate could lie in."""

LEAST_SEEDS = 3
"""With fewer there is no interval, and so no final."""


@dataclass(frozen=True)
class Run:
    """One run of a race.

    Args:
        label: the entrant's.
        entry: the configuration.
        seed: of the first parameters and the order of the rows, the same for all methods.
        phase: `"screening"` runs choose the configuration of each entrant, `"final"` ones judge the entrants.
        contestant: the run itself.
    """

    label: str
    entry: Entry
    seed: int
    phase: Phase
    contestant: Contestant

    @property
    def name(self) -> str:
        """What it is known by in the race's folder."""
        return f"{self.label} | {to_call(self.entry.method)} | batch {self.entry.batch_size} | seed {self.seed}"

    @property
    def record(self) -> Record:
        """What it left."""
        assert self.contestant.record is not None, "asked of runs that have ended"
        return self.contestant.record


@dataclass(frozen=True)
class RaceProgress:
    """How a race stands.

    Args:
        phase: what is going on, in a word.
        done, runs: runs that have ended, and all that are known of so far.
        share: of all the steps of those runs, the part that is taken.
        seconds: since it began.
        rows: of each entrant its label, the rate that is best so far, and the measure there; best first.
    """

    phase: str
    done: int
    runs: int
    share: float
    seconds: float
    rows: tuple[tuple[str, float | None, float], ...]


Report = Callable[[RaceProgress], None]
Keep = Callable[[Mapping[str, Record]], None]


@dataclass
class Race:
    """The runs of a race and what carries them.

    Args:
        spec: every choice.
        entrants: who races.
        grouping: how runs are planned.
        measure: what they are compared by.
        interrupt: a signal ends the race soon.
        report: hears how it stands.
        keep: keeps the records of runs that have ended; of those of the screening without their parameters.
        known: records of an earlier part of the same race, by their runs' names.
    """

    spec: RaceSpec
    entrants: Sequence[Entrant]
    grouping: Grouping
    measure: Measure
    interrupt: Interrupt
    report: Report | None = None
    keep: Keep | None = None
    known: Mapping[str, Record] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.entries = {entrant.label: list(entrant.entries) for entrant in self.entrants}
        self.runs: list[Run] = []
        self.phase: Phase = "screening"
        self._began = time.perf_counter()
        self._screening: dict[int, list[Run]] = defaultdict(list)
        self._run_of: dict[int, Run] = {}
        self._plan_of: dict[int, Plan] = {}
        self._ended: list[Run] = []
        self._lock = threading.Lock()
        self._groups = self._grouped()
        self._keeps_params = self.grouping.holds_params(sum(map(len, self.entries.values())) * self.spec.seeds)
        data = self.grouping.problem.data
        one_reader = data is not None and streamed(data.train)  # a stream is read by one thread at a time
        self._crew = Crew(self.interrupt, self._told, threads=1 if one_reader else None)
        self._looked = -math.inf

    @property
    def final_seeds(self) -> int:
        """How many fresh seeds the finals have."""
        return self.finals_of(self.spec)

    def finals_of(self, spec: RaceSpec) -> int:
        """Return how many fresh seeds the finals of a race have; none where seeds are too few for an interval."""
        return finals_of(spec, self.tuned)

    @property
    def samples_per_epoch(self) -> int:
        """Rows that a pass over the training part sees."""
        orders = [planned.order for planned in self.grouping.plans.values()]
        return max(int(order.samples_after(order.steps_per_epoch)) for order in orders)

    @property
    def tuned(self) -> bool:
        """Whether any entrant has more than one configuration."""
        return any(len(entrant.entries) > 1 for entrant in self.entrants)

    @property
    def screens(self) -> bool:
        """Whether there is a screening: something to choose, or no finals."""
        return self.tuned or not self.final_seeds

    def carry_out(self) -> tuple[Run, ...]:
        """Run everything; return the runs that have ended, all of them unless a signal came."""
        try:
            return self._carried_out()
        finally:
            for run in self.runs:
                if run.contestant.record is None:
                    self._groups[self._key(run.entry)].leave(run.contestant)

    def _carried_out(self) -> tuple[Run, ...]:
        if self.screens:
            self._screen()
        if self.final_seeds and self.interrupt.signal is None:
            chosen = {label: self.best(label) for label in self.entries}
            self.phase = "final"
            fresh = self._seeds(self.spec.seeds if self.tuned else 0, self.final_seeds)
            self._carry([self._run(label, entry, seed) for label, entry in chosen.items() for seed in fresh])
        return tuple(run for run in self.runs if run.contestant.record is not None)

    def best(self, label: str) -> Entry:
        """Return the configuration with the best mean in screening; where all failed, the one with the least rate."""
        entries = self.entries[label]
        means = [self._cost(entry) for entry in entries]
        if len(entries) > 1 and not np.isfinite(means).any():
            return min(entries, key=lambda entry: entry.lr or 0.0)
        return entries[int(np.argmin(means))]

    def _screen(self) -> None:
        seeds = self._seeds(0, self.spec.seeds)
        thinned = [
            ([entries[place] for place in bracket.places], bracket.rungs)
            for every in self.entries.values()
            for entries in _by_schedule(every)
            for bracket in brackets(len(entries), min(map(self._epochs, entries)), self.spec.elimination)
        ]
        runs = [
            self._run(label, entry, seed)
            for label, entries in self.entries.items()
            for seed in seeds
            for entry in entries
        ]
        for epochs in sorted({rung.epochs for _, rungs in thinned for rung in rungs}):
            self._carry(runs, epochs)
            if self.interrupt.signal is not None:
                return
            for entries, rungs in thinned:
                self._thin_out(entries, next((rung for rung in rungs if rung.epochs == epochs), None))
        self._carry(runs)
        for _ in range(MOST_MORE if self.spec.extend else 0):
            beyond = {label: more for label in self.entries if (more := self._beyond(label)) is not None}
            if not beyond or self.interrupt.signal is not None:
                return
            for label, entry in beyond.items():
                self.entries[label].append(entry)
            self._carry([self._run(label, entry, seed) for label, entry in beyond.items() for seed in seeds])

    def _seeds(self, after: int, count: int) -> list[int]:
        """Return so many seeds after the first ones; after the largest there is comes 0."""
        return [(self.spec.run.seed + after + k) % (LARGEST_SEED + 1) for k in range(count)]

    def _thin_out(self, entries: list[Entry], rung: Rung | None) -> None:
        """End the runs of those of a bracket's configurations that do not go on from here."""
        if rung is None:
            return
        for entry in sorted(entries, key=self._cost)[rung.keep :]:
            for run in self._screening[id(entry)]:
                if run.contestant.record is None:
                    why = f"not among the {rung.keep} best of {len(entries)} after {rung.epochs} epochs"
                    self._groups[self._key(entry)].eliminate(run.contestant, why)
                    self._told(run.contestant)

    def _beyond(self, label: str) -> Entry | None:
        """Return a configuration beyond the edge of the grid of rates that the best one lies on, if it does."""
        entries = [entry for entry in self.entries[label] if entry.lr is not None]
        best = self.best(label)
        rates = sorted({entry.lr for entry in entries if entry.lr is not None})
        if best.lr is None or len(rates) < LEAST_RATES or best.lr not in (rates[0], rates[-1]):
            return None
        if not np.isfinite(self._cost(best)):
            return None
        lr = rates[0] ** 2 / rates[1] if best.lr == rates[0] else rates[-1] ** 2 / rates[-2]
        lr = float(f"{lr:.3g}")
        try:
            entry = replace(best, method=best.method.with_peak(lr), lr=lr, values={**best.values, "lr": lr})
            self.grouping.plan(entry.method, entry.batch_size)
        except FalllineError:  # the method takes no such rate
            return None
        return entry

    def _cost(self, entry: Entry) -> float:
        """Return the mean of a configuration's screening runs where they stand, so that the lowest is best."""
        return self._mean(self._screening[id(entry)])

    def _mean(self, runs: Sequence[Run]) -> float:
        values = [
            np.nan
            if _eliminated(run)
            else self.measure.now(run.contestant, self._plan(run.entry).order.steps_per_epoch)
            for run in runs
        ]
        return float(np.mean(cost(values, self.measure.better))) if values else np.inf

    def _run(self, label: str, entry: Entry, seed: int) -> Run:
        run = Run(label, entry, seed, self.phase, Contestant(entry.method, seed, 0))
        run.contestant.record = self.known.get(run.name)
        self.runs.append(run)
        self._run_of[id(run.contestant)] = run
        if self.phase == "screening":
            self._screening[id(entry)].append(run)
        return run

    def _key(self, entry: Entry) -> Hashable:
        return self.grouping.key(entry.method, entry.batch_size)

    def _plan(self, entry: Entry) -> Plan:
        if id(entry) not in self._plan_of:
            self._plan_of[id(entry)] = self.grouping.plans[self._key(entry)]
        return self._plan_of[id(entry)]

    def _epochs(self, entry: Entry) -> int:
        planned = self._plan(entry)
        return -(-planned.total_steps // planned.order.steps_per_epoch)

    def _carry(self, runs: Sequence[Run], epochs: int | None = None) -> None:
        """Take runs to the end of so many epochs, or to their end."""
        waiting: dict[Group, list[Contestant]] = {}
        for run in runs:
            planned = self._plan(run.entry)
            total = planned.total_steps
            run.contestant.until = total if epochs is None else min(epochs * planned.order.steps_per_epoch, total)
            waiting.setdefault(self._groups[self._key(run.entry)], []).append(run.contestant)
        self._crew.work(waiting, self._look)
        self._looked = -math.inf
        self._look()

    def _grouped(self) -> dict[Hashable, Group]:
        """Return the groups, wide enough for the screening and for the finals."""
        counts: dict[Hashable, list[int]] = {}
        for entries in self.entries.values():
            keys = [self._key(entry) for entry in entries]
            for key in keys:
                counts.setdefault(key, [0, 0])[0] += self.spec.seeds if self.screens else 0
            for key in set(keys):
                counts[key][1] += self.final_seeds
        return self.grouping.groups(counts, pausing=self.spec.elimination != "none")

    def _told(self, contestant: Contestant) -> None:
        if contestant.record is not None:
            run = self._run_of[id(contestant)]
            if run.phase == "screening" and not self._keeps_params:
                contestant.record = _bare(contestant.record)
            with self._lock:
                self._ended.append(run)

    def _look(self) -> None:
        """Keep what has ended since the last look, and tell how the race stands."""
        with self._lock:
            ended, self._ended = self._ended, []
        if ended and self.keep is not None:
            self.keep({run.name: run.record if run.phase == "final" else _bare(run.record) for run in ended})
        if self.report is not None and time.perf_counter() - self._looked >= LOOK_SECONDS:
            self.report(self._progress())
            self._looked = time.perf_counter()

    def _progress(self) -> RaceProgress:
        totals = [self._plan(run.entry).total_steps for run in self.runs]
        taken = [
            run.contestant.step if run.contestant.record is None else total
            for run, total in zip(self.runs, totals, strict=True)
        ]
        return RaceProgress(
            phase=self.phase,
            done=sum(run.contestant.record is not None for run in self.runs),
            runs=len(self.runs),
            share=sum(taken) / max(sum(totals), 1),
            seconds=time.perf_counter() - self._began,
            rows=self._standing(),
        )

    def _standing(self) -> tuple[tuple[str, float | None, float], ...]:
        rows = []
        for label, entries in self.entries.items():
            final = [run for run in self.runs if run.phase == "final" and run.label == label]
            means = [self._mean(_begun(self._screening[id(entry)])) for entry in entries]
            place = int(np.argmin(means))
            mean = self._mean(_begun(final)) if final else means[place]
            rows.append((label, final[0].entry.lr if final else entries[place].lr, mean))
        turn = sign(self.measure.better)
        return tuple((label, lr, turn * mean) for label, lr, mean in sorted(rows, key=lambda row: row[2]))


def finals_of(spec: RaceSpec, tuned: bool) -> int:
    """Return how many fresh seeds the finals of a race have; none where seeds are too few for an interval.

    Args:
        spec: every choice.
        tuned: whether any entrant has more than one configuration.
    """
    if spec.final_seeds is not None:
        return spec.final_seeds
    if spec.seeds < LEAST_SEEDS:
        return 0
    return max(spec.seeds, FRESH) if tuned else spec.seeds


def entering(entrants: Sequence[Entrant], grouping: Grouping) -> tuple[list[Entrant], list[str]]:
    """Return the entrants that can run on the problem, and why the others cannot.

    Raises:
        FalllineError: where none can.
    """
    able: list[Entrant] = []
    notes: list[str] = []
    for entrant in entrants:
        try:
            for entry in entrant.entries:
                grouping.plan(entry.method, entry.batch_size)
        except FalllineError as error:
            if not able and entrant is entrants[-1]:
                raise
            notes.append(f"{entrant.label} does not race: {error}")
        else:
            able.append(entrant)
    return able, notes


def _by_schedule(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Return configurations apart by their schedule: one with a warm-up would go out for starting slowly."""
    found: dict[Any, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.values.get("schedule")].append(entry)
    return list(found.values())


def _bare(record: Record) -> Record:
    """Return a record without its parameters: hundreds of runs are kept for their numbers."""
    return replace(record, arrays={}, model_arrays={}, tree=None)


def _begun(runs: Sequence[Run]) -> list[Run]:
    return [run for run in runs if run.contestant.step or run.contestant.record is not None]


def _eliminated(run: Run) -> bool:
    record = run.contestant.record
    return record is not None and record.outcome == "eliminated"
