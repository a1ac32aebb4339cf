"""How far the gradients of single rows lie apart."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import jax
import numpy as np

from fallline.core.errors import CannotTell
from fallline.engine.row_norms import row_norms, rows_together
from fallline.engine.sampled import Sample

Array = np.ndarray[Any, Any]

MOST_NUMBERS = 2**28
"""Numbers of row gradients that are computed for one place."""

CONVOLVED_ROWS = 256
"""Rows at most whose gradients are computed one by one: a convolution has no fast form for rows of their own."""

GROUPS = 32
"""Parts of a sample whose gradients are compared where rows have none of their own."""


class Noise(NamedTuple):
    """The spread of the rows' gradients about their mean G, unbiased.

    Args:
        trace: tr Σ, Σ the covariance of a row's gradient.
        signal: ‖G‖², G the mean over all rows that there could be; where it is small, it may come out below 0.

    Source: S. McCandlish et al., An Empirical Model of Large-Batch Training, 2018, arXiv:1812.06162, appendix A.
    """

    trace: float
    signal: float

    @property
    def scale(self) -> float:
        """The batch size at which noise and signal are as large as each other, tr Σ / ‖G‖²; inf without a signal."""
        return self.trace / self.signal if self.signal > 0 else math.inf


def of_rows(squares: Array, mean: Array, count: int) -> Noise:
    """Return tr Σ = (mean ‖gᵢ‖² − ‖ḡ‖²) n / (n − 1),  ‖G‖² = ‖ḡ‖² − tr Σ / n.

    Args:
        squares: ‖gᵢ‖² of some of the rows, shape (m,).
        mean: ḡ of all rows, shape (parameters,).
        count: n, how many they are, 2 or more.

    >>> of_rows(np.array([1.0, 9.0]), np.array([2.0]), 2)
    Noise(trace=2.0, signal=3.0)
    """
    length = float(mean @ mean)
    trace = max(float(np.mean(squares)) - length, 0.0) * count / (count - 1)
    return Noise(trace, length - trace / count)


def of_groups(means: Array, size: int) -> Noise:
    """Return the noise from the mean gradients of K groups of b rows: tr Σ = b Σₖ ‖ḡₖ − ḡ‖² / (K − 1).

    Args:
        means: ḡₖ, shape (K, parameters).
        size: b.

    >>> of_groups(np.array([[1.0], [3.0]]), 1)
    Noise(trace=2.0, signal=3.0)
    """
    mean = means.mean(axis=0)
    trace = size * float(np.sum((means - mean) ** 2)) / (len(means) - 1)
    return Noise(trace, float(mean @ mean) - trace / (size * len(means)))


def squared_norms(sample: Sample, params: Any, model: Any) -> Array:
    """Return ‖∇ℓᵢ‖² of the sample's first rows: all of them, or as many as a large model leaves time for; (m,)."""
    numbers = sum(leaf.size for leaf in jax.tree.leaves(params))
    count = min(len(sample.indices), max(MOST_NUMBERS // numbers, 64))
    count = min(count, CONVOLVED_ROWS) if sample.convolved else count
    size = 1 if sample.convolved else rows_together(params, count)

    def norms(params: Any, model: Any, batch: Any, mean_weight: Any) -> Any:
        return row_norms(sample.objective, params, model, batch, mean_weight, None)

    places = np.minimum(np.arange(-(-count // size) * size), count - 1).reshape(-1, size)
    batches = [jax.tree.map(lambda a, own=own: a[own], sample.batch) for own in places]
    program = sample.program(norms, params, model, batches[0], sample.mean_weight, quickly=False)
    found = [program(params, model, batch, sample.mean_weight) for batch in batches]
    return np.concatenate([np.asarray(part, np.float64) for part in found])[:count]


def group_gradients(sample: Sample, params: Any, model: Any) -> tuple[Array, int]:
    """Return the mean gradients of the sample's groups, (K, parameters), and how many rows each is of."""
    size = len(sample.indices) // min(GROUPS, len(sample.indices))

    def gradient(params: Any, model: Any, batch: Any, mean_weight: Any) -> Any:
        return jax.grad(sample.loss)(params, model, batch, mean_weight, None)

    starts = range(0, len(sample.indices) - size + 1, size)
    batches = [jax.tree.map(lambda a, start=start: a[start : start + size], sample.batch) for start in starts]
    program = sample.program(gradient, params, model, batches[0], sample.mean_weight)
    return np.stack([flat(program(params, model, batch, sample.mean_weight)) for batch in batches]), size


def noise(sample: Sample, params: Any, model: Any, squares: Array | None, mean: Array) -> Noise:
    """Return the spread of the rows' gradients, or what that of groups tells where rows have none of their own."""
    if len(sample.indices) < 2:
        raise CannotTell("the noise of a gradient takes two rows at least to tell.")
    if squares is None:
        return of_groups(*group_gradients(sample, params, model))
    return of_rows(squares, mean, len(sample.indices))


def flat(tree: Any) -> Array:
    """Return all the numbers of a tree as one vector, float64."""
    return np.concatenate([np.asarray(leaf, np.float64).ravel() for leaf in jax.tree.leaves(tree)])
