"""The way of a run: its parameters at steps along it, found by taking the same steps again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from fallline.core.choice import whole
from fallline.core.errors import InvalidType, InvalidValue, RunError
from fallline.core.method import Method
from fallline.core.problem import Problem
from fallline.data.memory import SHARE, free_memory, in_words
from fallline.record.record import Record

if TYPE_CHECKING:
    from fallline.engine.probing import AnyProbe
    from fallline.engine.progress import Report

Arrays = Mapping[str, np.ndarray]


@dataclass(frozen=True, eq=False, repr=False)
class Trail:
    """The parameters to report along a run.

    Args:
        steps: the steps taken before each look, ascending, shape (k,).
        arrays: the parameters there by their path in the pytree, shape (k, …) each.
        history: what the repeated run measured, a row a step.
        exact: whether it ended on the record's own parameters, bit for bit.
        notes: what must be said beside it, in sentences.
    """

    steps: np.ndarray
    arrays: dict[str, np.ndarray]
    history: dict[str, np.ndarray]
    exact: bool
    notes: tuple[str, ...] = ()

    def at(self, place: int) -> dict[str, np.ndarray]:
        """Return the parameters at one of the looks, by path."""
        return {name: array[place] for name, array in self.arrays.items()}

    def flat(self) -> np.ndarray:
        """Return every look as one row of numbers, shape (k, parameters), float64, the arrays in their order."""
        count = len(self.steps)
        return np.concatenate([np.asarray(a, np.float64).reshape(count, -1) for a in self.arrays.values()], axis=1)

    def __repr__(self) -> str:
        size = sum(array[0].size for array in self.arrays.values())
        return f"<Trail of {size:,} parameters at {len(self.steps)} steps from {self.steps[0]:,} to {self.steps[-1]:,}>"


def trail(
    record: Record,
    points: int | Sequence[int] = 50,
    *,
    problem: Problem | None = None,
    method: Method | None = None,
    probes: Sequence[AnyProbe] = (),
    progress: Report | None = None,
) -> Trail:
    """Run a record's training once more and keep its parameters along the way.

    The same seed takes the same steps on the same machine, to the bit; where the end differs all the same, a note says
    so. It takes as long as the training did.

    Args:
        record: the run, finished in any way.
        points: how many looks, evenly spread from the first parameters to the last, 2 or more, at most one a step; or
            the steps themselves.
        problem: what the run minimised, where it was one of your own and the record was loaded.
        method: the same method, where its class is one of your own.
        probes: what is measured besides, as in `fl.train`.
        progress: called between chunks of steps with a `Progress`.

    Raises:
        RunError: where the problem is not known, or its data or its model are not those of the run.
        InvalidValue: where the looks would not fit into memory.

    Example:
        >>> import fallline as fl
        >>> record = fl.train(fl.problems.for_data("iris", model="linear"), fl.SGD(lr=0.1), epochs=3)
        >>> way = trail(record, points=4)
        >>> way.steps.tolist(), way.exact, way.arrays["0.w"].shape
        ([0, 4, 8, 12], True, (4, 4, 3))
    """
    from fallline.engine.again import again
    from fallline.engine.named import named
    from fallline.engine.plan import as_method
    from fallline.engine.probing import as_probes

    problem, taken = problem_of(record, problem), steps_taken(record)
    wanted = _looks(points, taken)
    _check_memory(record, len(wanted))
    known = as_probes(record.spec.probes)
    more = tuple(probe for probe in as_probes(probes) if probe not in known)
    steps: list[int] = []
    looks: list[dict[str, np.ndarray]] = []

    def look(step: int, reported: Any) -> None:
        while steps and steps[-1] >= step:  # the run failed: it reports an earlier point than where it was seen last
            steps.pop()
            looks.pop()
        steps.append(step)
        # Copies: a look may be a view of memory that the next steps take over.
        looks.append({name: array.copy() for name, array in named(reported.params).items()})

    try:
        chosen = as_method(method or record.spec.method)
    except InvalidValue as error:
        advice = "If it is one of your own, give it: method=."
        raise RunError(f"the run's method cannot be made again: {error} {advice}") from error
    end, history = again(problem, chosen, record.spec, (*known, *more), wanted, look, progress)
    arrays = {name: np.stack([each[name] for each in looks]) for name in record.arrays}
    whole_way = wanted[-1] == taken
    exact, notes = _judged(record, named(end.answer.params), looks[-1]) if whole_way else (False, ())
    return Trail(np.array(steps), arrays, history, exact, notes)


def problem_of(record: Record, problem: Problem | None = None) -> Problem:
    """Return what a run minimised: as given, as the record has it, or built again from the run's recipe.

    Raises:
        InvalidType: for anything but a record.
        RunError: for a problem of the user's own that was not given, and for data or a model that are not the run's.
    """
    from fallline.engine.named import unnamed
    from fallline.engine.plan import initial
    from fallline.engine.provenance import fingerprint

    check_record(record)
    found = problem or record.problem
    if found is None and not record.spec.problem:
        raise RunError(
            "this run was trained on a problem of your own, which a folder cannot hold: give it as problem=."
        )
    if found is None:
        from fallline.problems import rebuild

        found = rebuild(record.spec.problem)
    known = record.provenance.get("data")
    if known is not None and fingerprint(found) != known:
        raise RunError(
            "the data are not those that the run was trained on (their fingerprints differ): give it the same data."
        )
    unnamed(initial(found, 0, shapes_only=True)[0], record.arrays)  # refuses arrays of another model
    return found


def check_record(record: Any) -> None:
    """Raise `InvalidType` for anything but a record: the name of its folder, say."""
    if not isinstance(record, Record):
        raise InvalidType(f"{record!r} is no record: give what fl.train returned, or fl.load(path).")


def steps_taken(record: Record) -> int:
    """Return how many steps a record's history has; a run without any is refused."""
    check_record(record)
    taken = len(record.history.get("step", ()))
    if not taken:
        raise RunError("the run took no step: there is no way to look at.")
    return taken


def _looks(points: int | Sequence[int], taken: int) -> list[int]:
    """Return the steps to look at: at most `points` of them, evenly spread, or those that were named."""
    if not isinstance(points, Sequence | np.ndarray):
        count = whole("points", points, least=2)
        return sorted({round(step) for step in np.linspace(0, taken, min(count, taken + 1)).tolist()})
    steps = sorted({whole("points", step, least=0, most=taken) for step in points})
    if not steps:
        raise InvalidValue("points=[]: name at least one step to look at.")
    return steps


def _check_memory(record: Record, looks: int) -> None:
    """Refuse more looks than fit into memory, before any is taken."""
    count = sum(array.size for array in record.arrays.values())
    needed, free = looks * sum(array.nbytes for array in record.arrays.values()), free_memory()
    if free is not None and needed > SHARE * free:
        raise InvalidValue(
            f"{looks} looks at {count:,} parameters take {in_words(needed)}, and {in_words(free)} of memory are free: "
            f"take fewer, with points={max(int(SHARE * free * looks / needed), 2)}."
        )


def _judged(record: Record, answered: Arrays, last: Arrays) -> tuple[bool, tuple[str, ...]]:
    """Return whether the repeated run ended on the record's parameters, and what is to be said of its end."""
    exact = all(np.array_equal(array, record.arrays[name], equal_nan=True) for name, array in answered.items())
    notes = []
    if not exact:
        apart = max(float(np.abs(array - record.arrays[name]).max(initial=0)) for name, array in answered.items())
        notes.append(
            f"The run, taken again, did not end on the record's own parameters (they differ by up to {apart:.2g}): it "
            f"was made on another machine or beside others, or its rate was changed on the way."
        )
    if any(not np.array_equal(array, last[name], equal_nan=True) for name, array in answered.items()):
        notes.append("The record reports the parameters of its best epoch; the way goes on beyond them.")
    return exact, tuple(notes)
