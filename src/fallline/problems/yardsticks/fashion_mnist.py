"""Classifiers of Fashion-MNIST, as DeepOBS makes them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from fallline.core.errors import DataError
from fallline.core.problem import Batch, Data, Problem
from fallline.data.load import kind_of, load
from fallline.data.table import Table
from fallline.problems.yardsticks.deepobs import whole_batches
from fallline.problems.yardsticks.protocol import Published

NAME = "fashion-mnist"
FOLDER = Path("/usr/share/datasets/fashion-mnist")
"""Where Debian's package dataset-fashion-mnist puts the files."""

VALIDATION = 10_000
"""How many rows, the first, later versions of the package take from the 60,000 for training."""


def classifier(model: str, deviation: float, bias: float) -> Problem:
    """Return a network on Fashion-MNIST with cross-entropy, its pixels between 0 and 1.

    Args:
        model: a ready model in the command line's words, for its layers.
        deviation: the weights begin normal with mean 0 and this standard deviation, drawn again beyond two of them.
        bias: what every bias begins at.
    """
    import jax
    import jax.numpy as jnp

    from fallline.problems.losses.softmax_cross_entropy import softmax_cross_entropy
    from fallline.problems.metrics.accuracy import accuracy
    from fallline.problems.model import build

    network = build(model)
    data = _data()
    shapes = jax.eval_shape(lambda key: network.init(key, data.train.x.shape[1:], 10), jax.random.key(0))

    def init(key: Any) -> Any:
        def layer(key: Any, shape: Any) -> Any:
            weights = deviation * jax.random.truncated_normal(key, -2, 2, shape["w"].shape, jnp.float32)
            return {"w": weights, "b": jnp.full(shape["b"].shape, bias, jnp.float32)}

        return [layer(*pair) for pair in zip(jax.random.split(key, len(shapes)), shapes, strict=True)]

    def predict(params: Any, x: Any) -> Any:
        return network.apply(params, x.astype(params[0]["w"].dtype) / 255)

    def loss(params: Any, batch: Batch) -> Any:
        return softmax_cross_entropy(predict(params, batch.x), batch.y)

    return Problem(init, loss, data=data, metrics={"accuracy": accuracy}, predict=predict)


def published(label: str, value: float, where: str, lr: str, seeds: str) -> Published:
    """Return a final test accuracy of DeepOBS, whose runs had all 60,000 rows for training."""
    source = f"DeepOBS, stored runs in {where}, lr {lr}, 60,000 training rows, mean of three of ten seeds: {seeds}"
    return Published(label, value, "test accuracy", source)


def _data() -> Data:
    table = _table()
    if table.test is None:
        raise DataError(f"{table.source}: Fashion-MNIST has 10,000 rows of its own for testing, and none are here.")
    (x, y), (x_test, y_test) = _arrays(table), _arrays(table.test)
    first, rest = slice(VALIDATION), slice(VALIDATION, None)
    return Data(
        (x[rest], y[rest]),
        validation=(whole_batches(x[first]), whole_batches(y[first])),
        test=(whole_batches(x_test), whole_batches(y_test)),
    )


def _table() -> Table:
    for source in (NAME, FOLDER):
        if kind_of(source) is not None:
            return load(source)
    raise DataError(
        f"this needs Fashion-MNIST, and there is neither a data set called {NAME!r} nor a folder {FOLDER}. Debian's "
        f"package dataset-fashion-mnist brings the folder; `fallline data ADDRESS --name {NAME}.npz` fetches a file "
        f"with the arrays x_train, y_train, x_test and y_test."
    )


def _arrays(table: Table) -> tuple[Any, Any]:
    """Return the images (N, 28, 28) and their classes (N,), as they are kept."""
    images, labels = sorted((np.asarray(column) for column in table.columns.values()), key=np.ndim, reverse=True)
    if images.shape[1:] != (28, 28) or labels.shape != images.shape[:1]:
        raise DataError(
            f"{table.source}: Fashion-MNIST has images of 28×28 pixels, each with a class; found arrays of shape "
            f"{images.shape} and {labels.shape}."
        )
    return images, labels.astype(np.int32)
