"""Directions through the parameters of a model, as flat arrays by path: the axes of a landscape."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

Arrays = dict[str, np.ndarray]

_SMALL = 1e-10
"""A second direction of so small a share of the first one's length is rounding."""


def filter_normalised(params: Mapping[str, np.ndarray], seed: int, count: int = 2) -> tuple[Arrays, ...]:
    """Return random directions in which every filter is as long as the model's own.

    d ← d / ‖d‖ · ‖θ‖        for the weights of one output at a time

    Networks with ReLUs or batch normalisation compute the same with a layer's weights multiplied and the next one's
    divided; a step of fixed length means less to large weights than to small ones. Directions scaled so can be compared
    between layers and between models.

    An output's weights are what all but the last axis hold: a column of a dense layer's (inputs, outputs), a filter of
    a convolution's (height, width, inputs, outputs). Arrays of one dimension or none (biases, the scales of a
    normalisation) stay put; only where a model has no other, each of them counts as one filter.

    Args:
        params: the model's arrays by path.
        seed: 0 or more; the directions follow from it.
        count: how many.

    Returns:
        Float64 arrays of the shapes of `params`.

    Source: H. Li, Z. Xu, G. Taylor, C. Studer and T. Goldstein, Visualizing the loss landscape of neural nets, 2018,
    arXiv:1712.09913, §4; biases as in their code.

    Example:
        >>> own = {"w": np.array([[3.0, 0.0], [4.0, 0.0]]), "b": np.ones(2)}
        >>> (found,) = filter_normalised(own, seed=0, count=1)
        >>> np.linalg.norm(found["w"], axis=0).round(6).tolist(), found["b"].tolist()
        ([5.0, 0.0], [0.0, 0.0])
    """
    rng = np.random.default_rng(seed)
    least = 2 if any(array.ndim > 1 for array in params.values()) else 0
    return tuple({path: _scaled(rng, array, least) for path, array in params.items()} for _ in range(count))


def _scaled(rng: np.random.Generator, array: np.ndarray, least: int) -> np.ndarray:
    drawn = rng.normal(size=array.shape)
    if array.ndim < least:
        return np.zeros(array.shape)
    axes = tuple(range(array.ndim - 1)) if array.ndim > 1 else None
    lengths = np.sqrt(np.sum(np.square(drawn), axis=axes, keepdims=True))
    own = np.sqrt(np.sum(np.square(array.astype(np.float64)), axis=axes, keepdims=True))
    return np.asarray(drawn * (own / np.where(lengths > 0, lengths, 1.0)))


def principal(way: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the two directions in which a way of points spreads most, and the share of the spread in each.

    The points are taken relative to their mean, as principal component analysis does and the code of the source too
    (its text takes them relative to the last); the directions are the first two right singular vectors, of length 1,
    the sign such that the way goes towards the positive side.

    Args:
        way: shape (k, n), float64.

    Returns:
        Directions, shape (2, n), fewer where the points lie on a line or in one place; and as many shares.

    Source: as for `filter_normalised`, §7.2.

    Example:
        >>> found, shares = principal(np.array([[0.0, 0, 0], [2, 0, 0], [4, 1, 0]]))
        >>> found.shape, bool(shares.sum().round(6) == 1)
        ((2, 3), True)
    """
    spread = way - way.mean(axis=0)
    _, sizes, vectors = np.linalg.svd(spread, full_matrices=False)
    kept = int(np.count_nonzero(sizes[:2] > _SMALL * max(sizes[0], np.abs(way).max() * _SMALL)))
    found = vectors[:kept]
    forward = np.where((way[-1] - way[0]) @ found.T < 0, -1.0, 1.0)
    return forward[:, None] * found, sizes[:kept] ** 2 / max(float(np.sum(sizes**2)), np.finfo(float).tiny)


def coordinates(points: np.ndarray, directions: np.ndarray) -> tuple[np.ndarray, float]:
    """Return the coordinates of points in the plane of two directions, and the share of their squared lengths in it.

    They are those of the nearest point of the plane, by least squares: the directions need not be orthogonal.

    Args:
        points: relative to the plane's origin, shape (k, n).
        directions: shape (2, n).

    Returns:
        Shape (k, 2), and a number from 0 to 1; nan where no point is off the origin.

    Example:
        >>> coordinates(np.array([[3.0, 0.0, 4.0]]), np.array([[1.0, 0.0, 0.0], [1.0, 1.0, 0.0]]))
        (array([[ 3., -0.]]), 0.36)
    """
    found = np.linalg.lstsq(directions.T, points.T, rcond=None)[0]
    whole, inside = float(np.sum(points**2)), float(np.sum((directions.T @ found) ** 2))
    return found.T, inside / whole if whole else float("nan")


def unflattened(vector: np.ndarray, like: Mapping[str, np.ndarray]) -> Arrays:
    """Return a vector's numbers as arrays of the shapes of `like`, in its order."""
    ends = np.cumsum([array.size for array in like.values()])[:-1]
    pieces = np.split(vector, ends)
    return {path: piece.reshape(array.shape) for (path, array), piece in zip(like.items(), pieces, strict=True)}


def flattened(arrays: Mapping[str, np.ndarray]) -> np.ndarray:
    """Return arrays by path as one vector, float64."""
    return np.concatenate([np.asarray(array, np.float64).ravel() for array in arrays.values()])
