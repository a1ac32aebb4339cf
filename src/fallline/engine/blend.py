"""The loss at many weighted sums of a few sets of parameters: the points of a line or a plane through them."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from fallline.core.problem import Problem
from fallline.engine import check
from fallline.engine.convolution import CONVOLUTION_OPTIONS, STEPPED_NUMBERS, has_convolution
from fallline.engine.crew import cores
from fallline.engine.micro_batch import MICRO_BATCH_NUMBERS
from fallline.engine.named import unnamed
from fallline.engine.objective import Objective, batch_rows
from fallline.engine.plan import initial
from fallline.engine.program import compiled
from fallline.engine.step import loss_dtype

Arrays = Mapping[str, np.ndarray[Any, Any]]

ROWS = 250
"""Rows at once on a CPU: what a network makes of more of them leaves the caches."""

BLOCK = 32
"""Points of one call: enough that calling costs nothing, few enough that the cores end together."""


def blended_losses(
    problem: Problem, params: Sequence[Arrays], states: Sequence[Arrays], weights: Any, part: Any
) -> np.ndarray[Any, Any]:
    """Return the mean loss over the rows of `part` at each point Σₖ weights[i, k] · params[k].

    A weight of 1 beside zeros gives the parameters' own numbers, to the bit. Model states are blended likewise, but for
    their whole numbers, which are the first one's.

    One program is compiled for blocks of points. On a CPU it takes them one after another, and each core takes its own
    blocks: the numbers of one point stay in the caches (two cores, 100,000 parameters in three layers, 2,000 rows: a
    block by `vmap` took five times as long). Convolutions are slow inside a compiled loop there, so their points are
    called one by one. An accelerator takes a block at once, by `vmap`.

    Args:
        problem: whose loss.
        params: arrays by path, in the model's shapes.
        states: the model's states by path, as many as `params`, or one that holds everywhere.
        weights: shape (n, len(params)).
        part: a batch of rows, in memory; None for a problem without data.

    Returns:
        Shape (n,), float64; nan and infinity where the loss is so.

    Raises:
        RunError: where arrays are not those of the problem's model.
    """
    trees, models = _trees(problem, params, states)
    part = check.to_device(part, "rows:")
    objective, convolutions = _objective(problem, trees[0], models[0], part)
    on_cpu = jax.default_backend() == "cpu"
    block = 1 if on_cpu and convolutions else BLOCK
    how = "alone" if block == 1 else "loop" if on_cpu else "vmap"

    def losses(trees: Any, models: Any, batch: Any, weights: Any) -> Any:
        def at(own: Any) -> Any:
            return _summed(objective, _blend(trees, own), _blend(models, own), batch, ROWS if how == "loop" else 0)

        if how == "alone":
            return at(weights[0])[None], _weight(objective, batch)
        every = jax.lax.map(at, weights) if how == "loop" else jax.vmap(at)(weights)
        return every, _weight(objective, batch)

    weights = np.asarray(weights, loss_dtype(trees[0]))
    filled = np.concatenate([weights, np.repeat(weights[-1:], -len(weights) % block, axis=0)])
    blocks = [jnp.asarray(filled[i : i + block]) for i in range(0, len(filled), block)]
    batches = _batches(part, STEPPED_NUMBERS if how == "alone" else MICRO_BATCH_NUMBERS, how == "loop")
    key = (objective.form, how, len(trees), len(models))
    options = CONVOLUTION_OPTIONS if convolutions else ()
    programs = [
        compiled(losses, trees, models, batch, blocks[0], problem=problem, key=key, options=options)
        for batch in batches
    ]

    def task(own: tuple[Any, int]) -> tuple[Any, Any]:
        points, i = own
        total, weight = programs[i](trees, models, batches[i], points)
        return np.asarray(total, np.float64), np.float64(weight)

    with ThreadPoolExecutor(cores()) as pool:
        found = list(pool.map(task, itertools.product(blocks, range(len(batches)))))
    totals = np.array([total for total, _ in found]).reshape(len(blocks), len(batches), block).sum(axis=1)
    return np.asarray(totals.reshape(-1)[: len(weights)] / sum(weight for _, weight in found[: len(batches)]))


def _trees(problem: Problem, params: Sequence[Arrays], states: Sequence[Arrays]) -> tuple[Any, Any]:
    """Return arrays by path as the problem's own trees."""
    params_like, states_like = initial(problem, 0, shapes_only=True)
    return tuple(unnamed(params_like, each) for each in params), tuple(unnamed(states_like, each) for each in states)


def _batches(part: Any, numbers: int, whole: bool) -> list[Any]:
    """Return the rows in parts of about one size, none with many more input numbers than so many; or all as one."""
    count = batch_rows(part)
    parts = 1 if whole else min(-(-sum(leaf.size for leaf in jax.tree.leaves(part)) // numbers) or 1, count)
    size = -(-count // parts)
    return [jax.tree.map(lambda a, i=i: a[i : i + size], part) for i in range(0, count, size)]


def _summed(objective: Objective, params: Any, model: Any, batch: Any, at_once: int) -> Any:
    """Return the sum of the rows' losses, taken so many rows at once if any number is given."""
    count = batch_rows(batch)
    if not at_once or count <= at_once:
        return objective.in_evaluation(params, model, batch)
    whole = count // at_once * at_once
    stacked = jax.tree.map(lambda a: a[:whole].reshape(-1, at_once, *a.shape[1:]), batch)
    total = jnp.sum(jax.lax.map(lambda rows: objective.in_evaluation(params, model, rows), stacked))
    if whole == count:
        return total
    return total + objective.in_evaluation(params, model, jax.tree.map(lambda a: a[whole:], batch))


def _objective(problem: Problem, params: Any, model: Any, part: Any) -> tuple[Objective, bool]:
    """Return the loss with its form found out, and whether it holds a convolution; from shapes alone."""
    batch = jax.tree.map(lambda a: jax.ShapeDtypeStruct(a.shape, a.dtype), part)
    objective = check.find_objective(problem, params, model, batch, batch_rows(part), "full")
    return objective, has_convolution(problem, objective, params, model, batch)


def _blend(trees: Sequence[Any], weights: Any) -> Any:
    def summed(first: Any, *others: Any) -> Any:
        if not jnp.issubdtype(first.dtype, jnp.inexact):
            return first
        terms = [weights[k].astype(leaf.dtype) * leaf for k, leaf in enumerate((first, *others))]
        return sum(terms[1:], terms[0])

    return jax.tree.map(summed, *trees)


def _weight(objective: Objective, batch: Any) -> Any:
    """Return what the rows of a batch count together."""
    given = getattr(batch, "weight", None) if objective.form == "rows" else None
    return jnp.asarray(float(batch_rows(batch))) if given is None else jnp.sum(given)
