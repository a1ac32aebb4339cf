"""A race carried out: screening, elimination, and the finals on fresh seeds."""

from __future__ import annotations

import math
import threading
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from fallline.core.errors import RunError
from fallline.core.race_spec import RaceSpec
from fallline.core.spec import LARGEST_SEED
from fallline.core.stream import streamed
from fallline.engine import out_of_memory
from fallline.engine.checkpoint import saved_from
from fallline.engine.contest import Contestant, Group
from fallline.engine.crew import Crew
from fallline.engine.grouping import Grouping
from fallline.engine.interrupt import Interrupt
from fallline.lab.entrants import Entrant, Entry
from fallline.lab.halving import Rung, brackets
from fallline.lab.measure import Measure
from fallline.lab.race_progress import RaceProgress, Report
from fallline.lab.run import Phase, Run, bare
from fallline.lab.safekeeping import Safekeeping
from fallline.lab.scoreboard import Scoreboard
from fallline.lab.statistics.interval import LEAST
from fallline.record.record import Record
from fallline.record.under_way import Standing

FRESH = 10
"""Fresh seeds for the finals, where no other number is asked for and the screening has no more."""

LOOK_SECONDS = 0.25
"""How often a report is made of how the race stands, at most."""

MOST_MORE = 4
"""How many times a grid is made longer, at most."""

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
        safekeeping: keeps where the other runs stand.
        known: records of an earlier part of the same race, by their runs' names.
        begun: where its other runs stood, likewise.
        widths: how many runs of each group go side by side; settled here, where no earlier part has.
    """

    spec: RaceSpec
    entrants: Sequence[Entrant]
    grouping: Grouping
    measure: Measure
    interrupt: Interrupt
    report: Report | None = None
    keep: Keep | None = None
    safekeeping: Safekeeping | None = None
    known: Mapping[str, Record] = field(default_factory=dict)
    begun: Mapping[str, Standing] = field(default_factory=dict)
    widths: Sequence[int] | None = None

    def __post_init__(self) -> None:
        self.board = Scoreboard(self.entrants, self.grouping, self.measure)
        self.phase: Phase = "screening"
        self._began = time.perf_counter()
        self._run_of: dict[int, Run] = {}
        self._ended: list[Run] = []
        self._lock = threading.Lock()
        self._groups = self._grouped()
        self.widths = [group.width for group in self._groups.values()]
        self._keeps_params = self.grouping.holds_params(sum(map(len, self.board.entries.values())) * self.spec.seeds)
        data = self.grouping.problem.data
        one_reader = data is not None and streamed(data.train)  # a stream is read by one thread at a time
        self._crew = Crew(self.interrupt, self._told, threads=1 if one_reader else None)
        self._looked = -math.inf

    @property
    def final_seeds(self) -> int:
        """How many fresh seeds the finals have."""
        return finals_of(self.spec, self.tuned)

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

    @out_of_memory.explained()
    def carry_out(self) -> tuple[Run, ...]:
        """Run everything; return the runs that have ended, all of them unless a signal came."""
        try:
            runs = self._carried_out()
        except BaseException as error:
            try:
                self._put_away()
            except RunError as another:
                error.add_note(f"What had not been written by then could not be: {another}")
            raise
        self._put_away()
        return runs

    def _put_away(self) -> None:
        """Keep what has not been kept yet, and let go of the runs that have not ended."""
        for run in self.board.runs:
            if not run.ended:
                group = self._group(run.entry)
                if self.safekeeping is not None:
                    self.safekeeping.take(run.name, run.contestant, group)
                group.leave(run.contestant)
        try:
            self._keep_ended()
        finally:
            if self.safekeeping is not None:
                self.safekeeping.close()

    def _carried_out(self) -> tuple[Run, ...]:
        if self.screens:
            self._screen()
        if self.final_seeds and self.interrupt.signal is None:
            chosen = {label: self.board.best(label) for label in self.board.entries}
            self.phase = "final"
            fresh = self._seeds(self.spec.seeds if self.tuned else 0, self.final_seeds)
            self._carry([self._run(label, entry, seed) for label, entry in chosen.items() for seed in fresh])
        return tuple(run for run in self.board.runs if run.ended)

    def _screen(self) -> None:
        seeds = self._seeds(0, self.spec.seeds)
        thinned = [
            ([entries[place] for place in bracket.places], bracket.rungs)
            for every in self.board.entries.values()
            for entries in by_schedule(every)
            for bracket in brackets(len(entries), min(map(self.board.epochs, entries)), self.spec.elimination)
        ]
        runs = [
            self._run(label, entry, seed)
            for label, entries in self.board.entries.items()
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
            beyond = {label: more for label in self.board.entries if (more := self.board.beyond(label)) is not None}
            if not beyond or self.interrupt.signal is not None:
                return
            for label, entry in beyond.items():
                self.board.entries[label].append(entry)
            self._carry([self._run(label, entry, seed) for label, entry in beyond.items() for seed in seeds])

    def _seeds(self, after: int, count: int) -> list[int]:
        """Return so many seeds after the first ones; after the largest there is comes 0."""
        return [(self.spec.run.seed + after + k) % (LARGEST_SEED + 1) for k in range(count)]

    def _thin_out(self, entries: list[Entry], rung: Rung | None) -> None:
        """End the runs of those of a bracket's configurations that do not go on from here."""
        if rung is None:
            return
        for entry in sorted(entries, key=lambda entry: self.board.cost(entry, rung.epochs))[rung.keep :]:
            for run in self.board.screening(entry):
                if not run.ended:
                    why = f"not among the {rung.keep} best of {len(entries)} after {rung.epochs} epochs"
                    self._group(entry).eliminate(run.contestant, why)
                    self._told(run.contestant)

    def _run(self, label: str, entry: Entry, seed: int) -> Run:
        run = Run(label, entry, seed, self.phase, Contestant(entry.method, seed, 0))
        run.contestant.record = self.known.get(run.name)
        self.board.add(run)
        self._run_of[id(run.contestant)] = run
        if not run.ended and run.name in self.begun:
            self._restore(run, self.begun[run.name])
        return run

    def _restore(self, run: Run, standing: Standing) -> None:
        """Let a run go on from where it stood."""
        try:
            seconds = float(standing.about["seconds"])
            run.contestant.stands(saved_from(standing.arrays, seconds, self._group(run.entry).shapes))
        except (RunError, KeyError, TypeError, ValueError) as error:
            warnings.warn(f"the run {run.name} starts again: what was saved of it is damaged: {error}", stacklevel=2)

    def _group(self, entry: Entry) -> Group:
        return self._groups[self._key(entry)]

    def _key(self, entry: Entry) -> Hashable:
        return self.grouping.key(entry.method, entry.batch_size)

    def _carry(self, runs: Sequence[Run], epochs: int | None = None) -> None:
        """Take runs to the end of so many epochs, or to their end."""
        waiting: dict[Group, list[Contestant]] = {}
        for run in runs:
            planned = self.board.plan(run.entry)
            total = planned.total_steps
            run.contestant.until = total if epochs is None else min(epochs * planned.order.steps_per_epoch, total)
            waiting.setdefault(self._group(run.entry), []).append(run.contestant)
        self._crew.work(waiting, self._look)
        self._looked = -math.inf
        self._look()

    def _grouped(self) -> dict[Hashable, Group]:
        """Return the groups, wide enough for the screening and for the finals."""
        counts: dict[Hashable, list[int]] = {}
        for entries in self.board.entries.values():
            keys = [self._key(entry) for entry in entries]
            for key in keys:
                counts.setdefault(key, [0, 0])[0] += self.spec.seeds if self.screens else 0
            for key in set(keys):
                counts[key][1] += self.final_seeds
        return self.grouping.groups(counts, pausing=self.spec.elimination != "none", widths=self.widths)

    def _told(self, contestant: Contestant) -> None:
        run = self._run_of[id(contestant)]
        if contestant.record is not None:
            if run.phase == "screening" and not self._keeps_params:
                contestant.record = bare(contestant.record)
            with self._lock:
                self._ended.append(run)
        elif self.safekeeping is not None:
            self.safekeeping.hear(run.name, contestant, self._group(run.entry))

    def _look(self) -> None:
        """Keep what has ended since the last look, and where the others stand, and tell how the race does."""
        ended = self._keep_ended()
        if self.safekeeping is not None:
            self.safekeeping.look(ended)
        if self.report is not None and time.perf_counter() - self._looked >= LOOK_SECONDS:
            self.report(self._progress())
            self._looked = time.perf_counter()

    def _keep_ended(self) -> list[str]:
        """Keep what has ended since this was last asked for, and return the runs' names."""
        with self._lock:
            ended, self._ended = self._ended, []
        if ended and self.keep is not None:
            self.keep({run.name: run.record if run.phase == "final" else bare(run.record) for run in ended})
        return [run.name for run in ended]

    def _progress(self) -> RaceProgress:
        runs = self.board.runs
        totals = [self.board.plan(run.entry).total_steps for run in runs]
        taken = [total if run.ended else run.contestant.step for run, total in zip(runs, totals, strict=True)]
        return RaceProgress(
            phase=self.phase,
            done=sum(run.ended for run in runs),
            runs=len(runs),
            share=sum(taken) / max(sum(totals), 1),
            seconds=time.perf_counter() - self._began,
            rows=self.board.rows(),
        )


def finals_of(spec: RaceSpec, tuned: bool) -> int:
    """Return how many fresh seeds the finals of a race have; none where seeds are too few for an interval.

    Args:
        spec: every choice.
        tuned: whether any entrant has more than one configuration.
    """
    if spec.final_seeds is not None:
        return spec.final_seeds
    if spec.seeds < LEAST:
        return 0
    return max(spec.seeds, FRESH) if tuned else spec.seeds


def by_schedule(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Return configurations apart by their schedule: one with a warm-up would go out for starting slowly."""
    found: dict[Any, list[Entry]] = defaultdict(list)
    for entry in entries:
        found[entry.values.get("schedule")].append(entry)
    return list(found.values())
