"""Many steps at once, by whichever way of taking them is fast here."""

from __future__ import annotations

from collections.abc import Callable

from fallline.core.method import Method
from fallline.engine.loop import History, Indexed, Whole
from fallline.engine.plan import Plan
from fallline.engine.step import State
from fallline.engine.stepwise import Stepwise
from fallline.engine.swept import Swept

Pieces = list[tuple[int, History]]
Advance = Callable[[Method, State, int, int], tuple[State, Pieces]]
Chunk = Callable[[Method, State, int, int], tuple[State, History, int]]
"""Takes steps from one on, up to so many, and says how many it took."""

LONGEST_CHUNK = 4096
BLOCK_NUMBERS = 2**22


def make_advance(plan: Plan, state: State, longest: int) -> Advance:
    """Compile the plan's steps and return `advance(method, state, first, steps)`.

    It takes steps `first` … `first + steps − 1` without waiting for them, and returns the state after them and the
    history in pieces: (number of steps, columns at least that long).

    Args:
        plan: the run.
        state: the state before the first step, for its shapes.
        longest: steps that will be asked for at once, at most; sizes the buffers.
    """
    order, tail, full = plan.order, _tail(plan), whole_batches(plan, state, longest)
    if not tail:
        return lambda method, state, first, steps: _in_pieces(full, method, state, first, steps)
    last = _way(plan, state, tail, 1, masked=False)

    def advance(method: Method, state: State, first: int, steps: int) -> tuple[State, Pieces]:
        """Nothing may fill up rows that belong together, so the incomplete batch has a program of its own shape."""
        pieces: Pieces = []
        while steps:
            before_last = order.steps_per_epoch - 1 - first % order.steps_per_epoch
            here, count = (full, min(steps, before_last)) if before_last else (last, 1)
            state, history = _in_pieces(here, method, state, first, count)
            pieces += history
            first, steps = first + count, steps - count
        return state, pieces

    return advance


def whole_batches(plan: Plan, state: State, longest: int) -> Chunk:
    """Compile and return what takes steps of whole batches, and of an incomplete one where it can be filled up."""
    masked = bool(plan.order.remainder and not _tail(plan))
    return _way(plan, state, plan.order.batch_size, capacity(plan, longest), masked)


def _tail(plan: Plan) -> int:
    """Return the rows of an incomplete batch that nothing may fill up."""
    return plan.order.remainder if plan.objective.together else 0


def _way(plan: Plan, state: State, size: int, room: int, masked: bool) -> Chunk:
    if plan.swept:
        return Swept(plan, state)
    if plan.whole:
        return Whole(plan, state, room)
    return (Stepwise if plan.stepwise else Indexed)(plan, state, size, room, masked)


def capacity(plan: Plan, longest: int) -> int:
    """Return how many steps one buffer holds: a power of two, so that few different programs are compiled."""
    fitting = LONGEST_CHUNK if plan.whole else max(BLOCK_NUMBERS // plan.order.batch_size, 1)
    wanted = 1 << max(min(longest, plan.feed.longest) - 1, 0).bit_length()
    return min(wanted, LONGEST_CHUNK, 1 << (fitting.bit_length() - 1))


def _in_pieces(chunk: Chunk, method: Method, state: State, first: int, steps: int) -> tuple[State, Pieces]:
    pieces = []
    while steps:
        state, history, count = chunk(method, state, first, steps)
        pieces.append((count, history))
        first, steps = first + count, steps - count
    return state, pieces
