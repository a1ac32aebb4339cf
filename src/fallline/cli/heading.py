"""What a run is about to do, in a few lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from fallline.core.problem import rows
from fallline.core.registry import to_call

if TYPE_CHECKING:
    from fallline.core.method import Method
    from fallline.core.problem import Problem


def lines(problem: Problem, method: Method, choices: Mapping[str, Any], inferred: bool) -> list[str]:
    """Return the data and its parts, the task, the model and the method, a line each.

    Args:
        problem: what is minimised.
        method: how.
        choices: the run's other choices.
        inferred: whether the task was found out from the target's values, so that the reason is worth a word.
    """
    said = [f"data: {_data(problem)}"]
    if problem.preparation is not None and problem.recipe is not None:
        said.append(f"task: {problem.recipe['task']}{_reason(problem) if inferred else ''}")
        said.append(f"loss: {problem.recipe['loss']}")
    model = (problem.recipe or {}).get("model", "your own")
    said.append(f"model: {model}, {_count_parameters(problem):,} parameters")
    said.append(f"method: {to_call(method)}, batch {choices['batch_size']}, seed {choices['seed']}")
    return said


def _data(problem: Problem) -> str:
    if problem.data is None:
        return "none"
    parts = {name: getattr(problem.data, name) for name in ("train", "validation", "test")}
    counts = {name: rows(part) for name, part in parts.items() if part is not None}
    shares = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    columns = "" if problem.preparation is None else _columns(problem.data.train.x)
    return f"{problem.name}, {sum(counts.values()):,} rows{columns} ({shares})"


def _columns(x: Any) -> str:
    """Return what one row is: an image's size, or how many columns, which may stand in several blocks."""
    shapes = [block.shape[1:] for block in (x if isinstance(x, tuple) else (x,))]
    if len(shapes[0]) > 1:
        return " of " + "×".join(map(str, shapes[0]))
    return f" × {sum(width for (width,) in shapes):,} columns"


def _reason(problem: Problem) -> str:
    assert problem.preparation is not None
    target = problem.preparation.to_dict()["target"]
    if target["kind"] == "labels":
        return f", as {target['name']!r} has {len(target['labels'])} distinct values"
    return f", as {target['name']!r} holds numbers rather than a few classes"


def _count_parameters(problem: Problem) -> int:
    """Return the number of parameters, from shapes alone: nothing is computed."""
    import jax

    shapes = jax.eval_shape(problem.init, jax.random.key(0))
    return sum(leaf.size for leaf in jax.tree.leaves(shapes[0] if problem.stateful else shapes))
