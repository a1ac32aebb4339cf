"""The largest eigenvalue of a symmetric matrix that is only known by its products with vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fallline.core.arithmetic import ratio
from fallline.core.loop import while_loop

TOLERANCE = 1e-4
"""How long the residual may be beside the eigenvalue, whose own error is of its square; the danger is another, that a
smaller eigenvalue is found first. On 2,160 Hessians of networks of 11 to 660 parameters, at the start and in training,
a third of them preconditioned, λ was wrong by 0.015% at worst, after 14 products on average and 60 at most; −λ of −H,
the smallest, by 0.6% after 38 on average and 100 at most. Of smaller magnitudes than `FLOOR`, that is of the floor."""

FLOOR = 0.01
"""The residual of an eigenvalue of less than so much of the largest magnitude is compared with so much of that."""

CHECKED = 10
"""Products from one look at the residual to the next."""


def largest_eigenvalue(xp: Any, product: Callable[[Any], Any], start: Any, iterations: int) -> Any:
    """Return the largest eigenvalue λ of A from `product(q) = A q`, with one product an iteration.

    β q′ = A q − α q − β⁻ q⁻,  α = qᵀ A q;  λ is the largest eigenvalue of the tridiagonal matrix T of the α and β.

    It ends where the residual ‖A x − λ x‖ = β |s| is small, s the last element of T's eigenvector. Vectors are not made
    orthogonal to those long gone, so three of them are all the memory: rounding then finds eigenvalues again that were
    found already, which leaves the largest as it is. The result is never above the true one by more than rounding.

    Args:
        xp: the array namespace, `jax.numpy` in a compiled program and `numpy` on the host.
        product: a vector of shape (n,) → A times it.
        start: a vector of shape (n,) that has a share of every eigenvector, drawn at random for instance.
        iterations: how many products, at most.

    Returns:
        λ, nan where A is not finite.

    Source: C. Lanczos, An iteration method for the solution of the eigenvalue problem, 1950; without orthogonalisation:
    C. C. Paige, Error analysis of the Lanczos algorithm for tridiagonalizing a symmetric matrix, 1976.

    Example:
        >>> import numpy as np
        >>> float(largest_eigenvalue(np, lambda q: np.array([1.0, 5.0]) * q, np.ones(2), 20).round(6))
        5.0
    """
    places = xp.arange(iterations)

    def one(run: Any) -> Any:
        i, q, before, beta, alphas, betas = run
        w = product(q) - beta * before
        alpha = w @ q
        size = xp.linalg.vector_norm(w)
        w = w - alpha * q
        beta = xp.linalg.vector_norm(w)
        # What is left after all directions are found is rounding: it must not be blown up to a vector.
        beta = xp.where(beta > 10 * xp.finfo(w.dtype).eps * size, beta, 0)
        alphas, betas = xp.where(places == i, alpha, alphas), xp.where(places == i, beta, betas)
        return i + 1, ratio(xp, w, beta), q, beta, alphas, betas

    def some(carry: Any) -> Any:
        _, _, *run = carry
        end = xp.minimum(run[0] + CHECKED, iterations)
        i, q, before, beta, alphas, betas = while_loop(xp, lambda run: (run[0] < end) & (run[3] != 0), one, tuple(run))
        value, last, scale = _largest(xp, alphas, betas, i)
        return beta * last <= TOLERANCE * scale, value, i, q, before, beta, alphas, betas

    def going(carry: Any) -> Any:
        done, _, i, *_ = carry
        return ~done & (i < iterations)

    zero, numbers = xp.zeros((), dtype=start.dtype), xp.zeros(iterations, dtype=start.dtype)
    q = start / xp.linalg.vector_norm(start)
    nothing = xp.zeros((), dtype=bool), zero, xp.zeros((), dtype=xp.int32)
    _, found, *_ = while_loop(xp, going, some, (*nothing, q, xp.zeros_like(q), zero + 1, numbers, numbers))
    return found


def _largest(xp: Any, alphas: Any, betas: Any, size: Any) -> tuple[Any, Any, Any]:
    """Return the largest eigenvalue of T, its eigenvector's last element, and what the residual is compared with.

    T is the block of the first `size` rows; after it stands α₁ on the diagonal, which is no larger than λ.
    """
    places = xp.arange(len(alphas))
    alphas, betas = xp.where(places < size, alphas, alphas[0]), xp.where(places < size - 1, betas, 0)[:-1]
    matrix = xp.diag(alphas) + xp.diag(betas, 1) + xp.diag(betas, -1)
    finite = xp.all(xp.isfinite(matrix))
    values, vectors = xp.linalg.eigh(xp.where(finite, matrix, 0))
    last = xp.abs(xp.sum(xp.where(places == size - 1, vectors[:, -1], 0)))
    scale = xp.maximum(xp.abs(values[-1]), FLOOR * xp.max(xp.abs(values)))
    return xp.where(finite, values[-1], xp.nan), last, scale
