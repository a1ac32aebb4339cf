"""The protocol of DeepOBS, which all its problems share.

Each method's learning rate is the best of 36 by the final accuracy, or loss where there is none, and is then run on ten
seeds. Source: F. Schneider, L. Balles and P. Hennig, DeepOBS: A Deep Learning Optimizer Benchmark Suite, 2019,
arXiv:1903.05499; what the paper leaves open is taken from the package, fsschneider/DeepOBS.

Three things there are not what one would expect, and are repeated here because the published numbers depend on them:

- The rows are shuffled once: its TensorFlow data sets begin every epoch with the same seed, so that the same batches
  come in the same order, as the losses of its stored runs show.
- Every incomplete batch is dropped, and with the rows shuffled once these rows are never seen. Of the validation and
  test parts, too, only whole batches count.
- Momentum is 0.99.

One thing is not repeated: the published rates were chosen on the test part. Here they are chosen on the validation
part that later versions of the package have, and the test part is only measured.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

from fallline.core.grid import log_grid
from fallline.core.problem import Problem
from fallline.problems.yardsticks.protocol import Published, Yardstick

BATCH_SIZE = 128
"""Of every problem here; the package states none for the noisy functions of two variables, which take the same."""


def protocol(
    name: str,
    build: Callable[[], Problem],
    measure: Literal["loss", "accuracy"] = "loss",
    published: tuple[Published, ...] = (),
) -> Yardstick:
    """Return a problem of DeepOBS with the protocol of them all."""
    return Yardstick(
        name=f"deepobs:{name}",
        build=build,
        methods=("sgd", "momentum(beta=0.99)", "adam"),
        lr=log_grid(1e-5, 1e2, 36),
        seeds=10,
        measure=measure,
        batch_size=BATCH_SIZE,
        epochs=100,
        sampling="shuffle_once",
        last_batch="drop",
        published=published,
    )


def whole_batches(rows: Any) -> Any:
    """Return the rows of an array that fill whole batches: the first of them."""
    return rows[: len(rows) // BATCH_SIZE * BATCH_SIZE]
