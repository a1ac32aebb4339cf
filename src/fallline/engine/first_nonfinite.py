"""The operation that a number which is not finite came from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.lift import paths
from fallline.core.problem import Problem
from fallline.engine.objective import Objective, batch_rows
from fallline.engine.operations import Operation, Program, Read, traced
from fallline.engine.program import QUICKLY, compiled
from fallline.engine.source import line

Phase = Literal["forward", "backward"]

_WORDS = {
    "div": "division of {} by {}",
    "rem": "the remainder of {} by {}",
    "mul": "the product of {} and {}",
    "add": "the sum of {} and {}",
    "add_any": "the sum of {} and {}",
    "sub": "the difference of {} and {}",
    "pow": "{} to the power {}",
    "sqrt": "the square root of {}",
    "rsqrt": "1 over the square root of {}",
    "square": "the square of {}",
    "dot_general": "products of {} and {}, summed",
    "conv_general_dilated": "products of {} and {}, summed",
    "reduce_sum": "the sum of {}",
    "cumsum": "running sums of {}",
    "scan": "a loop (scan)",
    "while": "a loop (while)",
    "cond": "a choice (cond)",
}
"""Operations in words; any other is "NAME of …"."""


class Nonfinite(NamedTuple):
    """Where a number that is not finite came from.

    Args:
        operation: what was done, in JAX's word: `"log"`; `"parameters"` or `"data"` where it was so from the first.
        where: the line of the user's code: `"model.py:12"`; empty where there is none.
        phase: `"forward"` in the loss, `"backward"` in its gradient.
        operands: what was done to what, in words: `"log of 0"`.
    """

    operation: str
    where: str
    phase: Phase
    operands: str


def first_nonfinite(problem: Problem, objective: Objective, params: Any, model: Any, batch: Any) -> Nonfinite | None:
    """Return the operation that made the loss, or else its gradient, not finite; None where both are.

    Every operation's result is looked at. From the loss the way goes back over the operands that were not finite
    themselves; it ends at an operation that made such a number of finite ones. A number that a `where` did not choose
    is no cause, and neither is an infinity that the program itself wrote down, a mask's.

    Args:
        problem: whose loss.
        objective: the loss, with its form found out.
        params, model, batch: where; a step's own batch, or any.
    """
    for what, tree in (("parameters", params), ("data", batch)):
        for name, leaf in zip(paths(tree), jax.tree.leaves(tree), strict=True):
            if _nonfinite(leaf):
                wrong = np.asarray(leaf)[~np.isfinite(np.asarray(leaf))]
                return Nonfinite(
                    what, "", "forward", f"{wrong.size} of the {leaf.size} numbers of {name} are {wrong[0]}"
                )

    def loss(params: Any, model: Any, batch: Any) -> Any:
        return objective.in_training(params, model, batch, None, None)[0] / batch_rows(batch)

    return _origin(problem, loss, "forward", params, model, batch) or _origin(
        problem, jax.grad(loss), "backward", params, model, batch
    )


def _origin(problem: Problem, function: Callable[..., Any], phase: Phase, *args: Any) -> Nonfinite | None:
    """Return the operation that made a function's result not finite."""
    program = traced(function, *args)
    leaves = jax.tree.leaves(args)

    def values(leaves: list[Any]) -> list[list[Any]]:
        return [results for _, results in program.steps(leaves)]

    results = compiled(values, leaves, problem=problem, key=phase, options=QUICKLY)(leaves)
    known = dict(zip(program.arguments, leaves, strict=True)) | program.constants
    for operation, found in zip(program.operations, results, strict=True):
        known.update(zip(operation.writes, found, strict=True))
    wrong = [read for read in program.results if isinstance(read, int) and _nonfinite(known[read])]
    if not wrong:
        return None
    operation = _made(program, known)[wrong[0]]
    operands = [_value(read, known) for read in operation.reads]
    result = next(known[write] for write in operation.writes if _nonfinite(known[write]))
    return Nonfinite(operation.name, line(operation), phase, _in_words(operation, operands, result))


def _made(program: Program, known: dict[int, Any]) -> dict[int, Operation]:
    """Return, for every value that is not finite, the operation that made it so.

    Where all that is not finite was written down in the program, it is the one that first let it in.
    """
    made: dict[int, Operation] = {}
    let_in: dict[int, Operation] = {}
    given = program.reached(program.arguments)
    for operation in program.operations:
        writes = [write for write in operation.writes if write in given and _nonfinite(known[write])]
        if not writes:
            continue
        taken = [read for read in _taken(operation, known) if _nonfinite(_value(read, known))]
        numbers = [read for read in taken if isinstance(read, int)]
        before = next((made[read] for read in numbers if read in made), None)
        new = not taken or not any(np.isnan(_value(read, known)).any() for read in taken)
        for write in writes:
            if before is not None or not taken or (new and np.isnan(known[write]).any()):
                made[write] = before or operation
            let_in[write] = next((let_in[read] for read in numbers if read in let_in), operation)
    return let_in | made


def _taken(operation: Operation, known: dict[int, Any]) -> list[Read]:
    """Return what an operation's result is made of; of the cases of a choice, those whose infinities were chosen."""
    if operation.name != "select_n":
        return list(operation.reads)
    which, *cases = operation.reads
    chosen = np.asarray(_value(which, known)).astype(int)
    return [
        case
        for number, case in enumerate(cases)
        if _nonfinite(np.where(chosen == number, np.asarray(_value(case, known), np.float64), 0))
    ]


def _value(read: Read, known: dict[int, Any]) -> Any:
    return known[read] if isinstance(read, int) else read.val


def _in_words(operation: Operation, operands: Sequence[Any], result: Any) -> str:
    """Return what was done to what: to the very numbers where every number has its own, else to how large they were."""
    wrong = tuple(np.argwhere(~np.isfinite(np.asarray(result)))[0])
    numbers = [_number(operand, wrong, np.shape(result)) for operand in operands]
    if operation.name == "div" and numbers[1] == "0":
        return "division by 0"
    if operation.name == "integer_pow":
        return f"{numbers[0]} to the power {operation.equation.params['y']}"
    pattern = _WORDS.get(
        operation.name, f"{operation.name.replace('_', ' ')} of " + " and ".join("{}" for _ in numbers)
    )
    return pattern.format(*numbers)


def _number(operand: Any, place: tuple[int, ...], shape: tuple[int, ...]) -> str:
    values = np.asarray(operand)
    if values.ndim == 0 or values.shape == shape:
        return f"{float(values if values.ndim == 0 else values[place]):.4g}"
    return f"numbers up to {float(np.max(np.abs(values), initial=0)):.4g}"


def _nonfinite(value: Any) -> bool:
    """Whether a value has a floating-point number that is not finite."""
    if not jnp.issubdtype(jnp.result_type(value), jnp.floating):
        return False
    return not bool(np.all(np.isfinite(np.asarray(value, np.float64))))
