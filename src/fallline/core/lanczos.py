"""The largest eigenvalue of a symmetric matrix that is only known by its products with vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fallline.core.arithmetic import ratio
from fallline.core.loop import while_loop


def largest_eigenvalue(xp: Any, product: Callable[[Any], Any], start: Any, iterations: int) -> Any:
    """Return the largest eigenvalue λ of A from `product(q) = A q`, with one product an iteration.

    β q′ = A q − α q − β q⁻,  α = qᵀ A q;  λ is the largest eigenvalue of the tridiagonal matrix of the α and β.

    Every new vector is made orthogonal to all before it, twice: without that, rounding finds eigenvalues again that
    were found already. The result is never above the true one by more than rounding; it is the true one after n
    iterations in n dimensions, and close to it much sooner where it stands apart from the rest.

    Args:
        xp: the array namespace, `jax.numpy` in a compiled program and `numpy` on the host.
        product: a vector of shape (n,) → A times it.
        start: a vector of shape (n,) that has a share of every eigenvector, drawn at random for instance.
        iterations: how many products; memory is as many vectors.

    Source: C. Lanczos, An iteration method for the solution of the eigenvalue problem, 1950; reorthogonalisation: B. N.
    Parlett, The Symmetric Eigenvalue Problem, 1980, chapter 13.

    Example:
        >>> import numpy as np
        >>> float(largest_eigenvalue(np, lambda q: np.array([1.0, 5.0]) * q, np.ones(2), 2).round(6))
        5.0
    """
    steps = min(iterations, start.shape[0])
    places = xp.arange(steps)

    def body(carry: Any) -> Any:
        i, q, basis, alphas, betas = carry
        basis = xp.where((places == i)[:, None], q, basis)
        w = product(q)
        alpha = w @ q
        size = xp.linalg.vector_norm(w)
        for _ in range(2):
            w = w - (basis @ w) @ basis
        beta = xp.linalg.vector_norm(w)
        # What is left after all directions are found is rounding: it must not be blown up to a vector.
        beta = xp.where(beta > 10 * xp.finfo(w.dtype).eps * size, beta, 0)
        alphas, betas = xp.where(places == i, alpha, alphas), xp.where(places == i, beta, betas)
        return i + 1, ratio(xp, w, beta), basis, alphas, betas

    numbers = xp.zeros(steps, dtype=start.dtype)
    q = start / xp.linalg.vector_norm(start)
    first = (xp.zeros((), dtype=xp.int32), q, xp.zeros((steps, start.shape[0]), dtype=start.dtype), numbers, numbers)
    _, _, _, alphas, betas = while_loop(xp, lambda carry: carry[0] < steps, body, first)
    # A space that was closed early leaves zeros behind, which are no eigenvalues.
    found = xp.cumsum(xp.concat([xp.zeros(1, dtype=betas.dtype), xp.astype(betas[:-1] == 0, betas.dtype)])) == 0
    alphas, beside = xp.where(found, alphas, alphas[0]), xp.where(found[1:], betas[:-1], 0)
    return xp.max(xp.linalg.eigvalsh(xp.diag(alphas) + xp.diag(beside, 1) + xp.diag(beside, -1)))
