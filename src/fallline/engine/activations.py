"""What a model's units give, found in the traced program of its loss: nothing need be registered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from fallline.engine.objective import Objective, batch_rows
from fallline.engine.operations import Operation, Program, traced
from fallline.engine.spelled import Spelling, weighted
from fallline.probes.activity import WAY, dead, saturated


class Activations(NamedTuple):
    """What one activation function of a model gives over a sample.

    Args:
        name: `"relu 1"`, in the order of the program; or the name that `jax.ad_checkpoint.checkpoint_name` gave it.
        kind: `"relu"`, `"sigmoid"`, `"tanh"` or `"other"`.
        dead: the share of units that are 0 for every row.
        saturated: the share of its numbers beyond 0.99 of the way from the middle to a limit, 0 without limits.
        mean: of all its numbers.
        std: of all its numbers.
        units: how many units it has: a channel of a picture is one, and so is a feature of a sequence.
    """

    name: str
    kind: str
    dead: float
    saturated: float
    mean: float
    std: float
    units: int


class _Found(NamedTuple):
    """An activation in a program: its kind, the value that is its result, what it was called, where its units lie."""

    kind: str
    value: int
    given: str | None
    axis: int


def activations(
    objective: Objective, params: Any, model: Any, batch: Any, key: Any = None
) -> dict[str, tuple[str, Any]]:
    """Return every activation that the loss of a batch computes: name → (kind, array of shape (B, …, units)).

    Found are max(x, 0), the logistic function and tanh in their usual spellings, the activation functions of `jax.nn`,
    and whatever `jax.ad_checkpoint.checkpoint_name(x, "name")` names: inside of calls too (`jit`, `checkpoint`, rules
    of one's own for derivatives), but not inside of loops. What depends on the targets is part of the loss; so is a
    max(x, 0) that no weight is multiplied with, where x is used otherwise. Channels that come first are moved last.

    It may be called while something is traced.

    Args:
        objective: the loss.
        params, model, batch: what it takes.
        key: for a loss that draws; without one it gets its default, or a fixed one.
    """

    def total(params: Any, model: Any, batch: Any) -> Any:
        return objective.in_training(params, model, batch, None, key)[0]

    program = traced(total, params, model, batch)
    found = list(_found(program, *_origins(program, params, model, batch)))
    values = program.carried_out(jax.tree.leaves((params, model, batch)), {each.value for each in found})
    count, numbers = batch_rows(batch), Counter[str]()
    named: dict[str, tuple[str, Any]] = {}
    for kind, value, given, axis in found:
        array = values[value]
        if array.ndim and array.shape[0] == count:
            numbers[kind] += given is None
            named[given or f"{kind} {numbers[kind]}"] = kind, jnp.moveaxis(array, axis if array.ndim > 2 else -1, -1)
    return named


def statistics(kind: str, array: Any) -> dict[str, Any]:
    """Return the share of dead units, of saturated numbers, their mean and deviation; `array` is (B, …, units)."""
    values = array.astype(jnp.promote_types(array.dtype, jnp.float32)).reshape(-1, units(array))
    full = saturated(jnp, kind, values) if kind in WAY else jnp.zeros(())
    return {"dead": dead(jnp, values), "saturated": full, "mean": jnp.mean(values), "std": jnp.std(values)}


def units(array: Any) -> int:
    """Return how many units an activation of shape (B, …, units) has."""
    return int(array.shape[-1]) if array.ndim > 1 else 1


def _origins(program: Program, params: Any, model: Any, batch: Any) -> tuple[set[int], set[int], set[int]]:
    """Return the values that depend on the parameters, on the rows' features, and on their targets and weights."""
    before, after = len(jax.tree.leaves(params)), len(jax.tree.leaves((params, model)))
    of_batch = program.arguments[after:]
    features = len(jax.tree.leaves(batch.x)) if "x" in getattr(batch, "_fields", ()) else len(of_batch)
    return (
        program.reached(program.arguments[:before]),
        program.reached(of_batch[:features]),
        program.reached(of_batch[features:]),
    )


def _found(program: Program, of_params: set[int], of_rows: set[int], of_targets: set[int]) -> Iterator[_Found]:
    """Return the activations of a program, in its order."""
    inside = (of_params & of_rows) - of_targets
    multiplied = weighted(program, of_params - of_rows - of_targets)
    spelling, axis = Spelling(program), -1
    found: dict[int, _Found] = {}
    for operation in program.operations:
        if operation.name == "conv_general_dilated":
            axis = 1 if operation.equation.params["dimension_numbers"].out_spec[1] == 1 else -1
        value = operation.writes[0] if operation.writes else -1
        if value not in inside:
            continue
        kind = spelling.kind(operation)
        if operation.name == "name":
            before = found.pop(_first(operation), None)
            kind = "other" if before is None else before.kind
            found[value] = _Found(kind, value, str(operation.equation.params["name"]), axis)
        elif kind is not None and (
            kind in ("sigmoid", "tanh") or value in multiplied or (kind == "relu" and spelling.alone(operation))
        ):
            found[value] = _Found(kind, value, None, axis)
    yield from found.values()


def _first(operation: Operation) -> int:
    read = operation.reads[0]
    return read if isinstance(read, int) else -1
