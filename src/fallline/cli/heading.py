"""What a run is about to do, in a few lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fallline.core.problem import rows
from fallline.core.registry import to_call
from fallline.core.stream import streamed
from fallline.report.numbers import counted

if TYPE_CHECKING:
    from fallline.core.method import Method
    from fallline.core.problem import Problem


def lines(problem: Problem, inferred: bool) -> list[str]:
    """Return the data and its parts, the task, the loss and the model, a line each.

    Args:
        problem: what is minimised.
        inferred: whether the task was found out from the target's values, so that the reason is worth a word.
    """
    said = [f"data: {_data(problem)}", *_stream(problem)]
    recipe = problem.recipe or {}
    if "task" in recipe:
        said.append(f"task: {recipe['task']}{_reason(problem) if inferred else ''}")
        said.append(f"loss: {recipe['loss']}")
    model = recipe.get("model", "its own" if "data" in recipe else "your own")
    said.append(f"model: {model}, {counted(_count_parameters(problem), 'parameter')}")
    return said


def method_line(method: Method, choices: Mapping[str, Any]) -> str:
    """Return the method with its numbers, and the run's batch and seed."""
    return f"method: {to_call(method)}, batch {choices['batch_size']}, seed {choices['seed']}"


def _data(problem: Problem) -> str:
    if problem.data is None:
        return "none"
    parts = {name: getattr(problem.data, name) for name in ("train", "validation", "test")}
    counts = {name: rows(part) for name, part in parts.items() if part is not None}
    shares = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    train = problem.data.train
    columns = "" if problem.preparation is None else _columns((train.row if streamed(train) else train).x)
    return f"{problem.name}, {counted(sum(counts.values()), 'row')}{columns} ({shares})"


def _stream(problem: Problem) -> list[str]:
    """Return a line about training rows that are read block by block, if they are."""
    recipe = problem.recipe or {}
    if not recipe.get("stream"):
        return []
    from fallline.problems.held_out import MOST

    data = problem.data
    capped = [name for name in ("validation", "test") if getattr(data, name) and rows(getattr(data, name)) == MOST]
    few = f"; {' and '.join(capped)} hold{'s' * (len(capped) == 1)} {MOST:,} random rows{' each' * (len(capped) > 1)}"
    blocks = counted(len(data.train.sizes), "block")
    return [f"stream: training rows are read in {blocks}, in another order each epoch{few if capped else ''}"]


def _columns(x: Any) -> str:
    """Return what one row is: an image's size, or how many columns, which may stand in several blocks."""
    shapes = [block.shape[1:] for block in (x if isinstance(x, tuple) else (x,))]
    if len(shapes[0]) > 1:
        return " of " + "×".join(map(str, shapes[0]))
    return f" × {counted(sum(width for (width,) in shapes), 'column')}"


def _reason(problem: Problem) -> str:
    assert problem.preparation is not None
    target = problem.preparation.to_dict()["target"]
    if target["kind"] == "labels":
        return f", as {target['name']!r} has {counted(len(target['labels']), 'distinct value')}"
    return f", as {target['name']!r} holds numbers rather than a few classes"


def _count_parameters(problem: Problem) -> int:
    """Return the number of parameters, from shapes alone: nothing is computed."""
    import jax

    shapes = jax.eval_shape(problem.init, jax.random.key(0))
    return sum(leaf.size for leaf in jax.tree.leaves(shapes[0] if problem.stateful else shapes))
