"""A fixed sample of a problem's training rows, which a loss is measured on again and again."""

from __future__ import annotations

from typing import Any

import numpy as np

from fallline.core.errors import InvalidValue
from fallline.core.problem import Problem
from fallline.core.problem import rows as count_rows
from fallline.core.stream import Batches, Stream


def sample(problem: Problem, rows: int, seed: int) -> tuple[Any, int, tuple[str, ...]]:
    """Return training rows drawn once, without replacement and in their order; how many; and what is to be said.

    Of a stream, blocks are drawn until they hold enough rows.

    Args:
        problem: whose rows; one without data has none.
        rows: how many, 1 or more; all of them where there are no more.
        seed: the same rows for the same seed.
    """
    import jax

    if problem.data is None:
        return None, 0, ()
    part, rng = problem.data.train, np.random.default_rng(seed)
    notes: tuple[str, ...] = ()
    if isinstance(part, Batches):
        raise InvalidValue(
            "the training rows come from an iterator, which cannot be asked for the same ones again and again: give a "
            "problem of the same model with rows in arrays, problem=fl.Problem(…, data=(x, y))."
        )
    if isinstance(part, Stream):
        part, notes = _of_blocks(part, rows, rng)
    count = count_rows(part, "training data")
    if count <= rows:
        return part, count, notes
    kept = np.sort(rng.choice(count, rows, replace=False))
    return jax.tree.map(lambda a: np.asarray(a)[kept], part), rows, notes


def _of_blocks(stream: Stream[Any], rows: int, rng: np.random.Generator) -> tuple[Any, tuple[str, ...]]:
    import jax

    order = rng.permutation(len(stream.sizes))
    needed = int(np.searchsorted(np.cumsum(stream.sizes[order]), rows)) + 1
    blocks = [stream.read(int(block)) for block in np.sort(order[:needed])]
    notes = (f"The rows are from {len(blocks)} of the {len(order):,} blocks of the stream.",)
    return jax.tree.map(lambda *parts: np.concatenate(parts), *blocks), notes
