"""DeepOBS's quadratic with the eigenvalues of a deep network."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from fallline.core.problem import Data, Problem, Rows
from fallline.problems.yardsticks.deepobs import protocol, whole_batches
from fallline.problems.yardsticks.protocol import Published

DIMENSION, ROWS, NOISE = 100, 1000, 0.6


def build() -> Problem:
    """Return the mean over noisy rows x of a quadratic bowl around each, from θ = 1.

    loss(θ, x) = ½ · (θ − x)ᵀ Q (θ − x)

    x is normal with mean 0 and standard deviation 0.6, 1000 rows a part, and Q is `hessian()`. The best parameters for
    a part are the mean of its rows, whatever Q is, so that the lowest training loss is known.

    Source: `quadratic_deep` of DeepOBS (see `deepobs`). The spectrum imitates P. Chaudhari et al., Entropy-SGD, 2016,
    arXiv:1611.01838.
    """
    q = hessian()
    train = _draws(42)
    apart = train - train.mean(axis=0)

    def init(key: Any) -> Any:
        import jax.numpy as jnp

        return jnp.ones(DIMENSION, jnp.float32)

    def loss(params: Any, batch: Rows) -> Any:
        import jax.numpy as jnp

        distance = params - batch.x
        return 0.5 * jnp.sum(distance @ jnp.asarray(q, distance.dtype) * distance, axis=-1)

    return Problem(
        init,
        loss,
        data=Data(train, validation=whole_batches(_draws(44)), test=whole_batches(_draws(43))),
        optimum=float(0.5 * np.mean(np.sum(apart @ q * apart, axis=1, dtype=np.float64))),
    )


def hessian() -> NDArray[np.float64]:
    """Return Q = Rᵀ Λ R: 90 eigenvalues between 0 and 1, 10 between 30 and 60, and a random rotation R."""
    random = np.random.RandomState(42)  # one stream for both: the eigenvalues first
    eigenvalues = np.concatenate([random.uniform(0, 1, 90), random.uniform(30, 60, 10)])
    rotation = _random_rotation(random, DIMENSION)
    found: NDArray[np.float64] = rotation.T * eigenvalues @ rotation
    return found


def _random_rotation(random: np.random.RandomState, n: int) -> NDArray[np.float64]:
    """Return a rotation of n dimensions, each as likely: one of two dimensions, extended by a reflection at a time.

    Source: P. Diaconis and M. Shahshahani, The Subgroup Algorithm for Generating Uniform Random Variables, 1987.
    """
    angle = 2 * np.pi * random.uniform()
    rotation = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    for size in range(3, n + 1):
        drawn = random.normal(size=size)
        mirror = np.eye(size)[0] - drawn / np.linalg.norm(drawn)
        mirror /= np.linalg.norm(mirror)
        extended = np.eye(size)
        extended[1:, 1:] = rotation
        rotation = extended - 2 * np.outer(mirror, mirror @ extended)
    return -rotation


def _draws(seed: int) -> NDArray[np.float32]:
    drawn = np.random.RandomState(seed).normal(0, NOISE, (ROWS, DIMENSION))
    return drawn.astype(np.float32)


def _published(label: str, value: float, lr: str, seeds: str) -> Published:
    source = f"DeepOBS, stored runs in baselines/quadratic_deep, lr {lr}, mean of three of ten seeds: {seeds}"
    return Published(label, value, "test loss", source)


YARDSTICK = protocol(
    "quadratic_deep",
    build,
    published=(
        _published("sgd", 87.4245, "0.0158", "46, 48, 50"),
        _published("momentum(beta=0.99)", 87.0434, "0.00251", "43, 44, 50"),
        _published("adam", 87.0883, "0.0398", "44, 45, 49"),
    ),
)
