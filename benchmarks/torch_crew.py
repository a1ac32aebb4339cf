"""PyTorch's best arrangement for many small trainings: one process a core, each with one thread, runs shared out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier

import numpy as np
import torch

from benchmarks import peers

Runs = list[tuple[float, int]]
"""The learning rate and the seed of every run."""

_train: Callable[[float, int], float]
"""In a process of the crew: the training that it is there for."""


@contextmanager
def crew(
    x: np.ndarray, y: np.ndarray, sizes: tuple[int, ...], batch_size: int, epochs: int
) -> Iterator[Callable[[Runs], list[float]]]:
    """Yield a sweep over runs, which returns the last losses; a process takes the next run when it is free.

    The processes stay, with torch imported and the data in their memory; the first sweep waits until all are there.
    """
    spawn, cores = get_context("spawn"), os.cpu_count() or 1
    task = (spawn.Barrier(cores), x, y, sizes, batch_size, epochs)
    with ProcessPoolExecutor(cores, spawn, _begin, task) as pool:
        yield lambda runs: list(pool.map(_one, runs))


def _begin(
    all_there: Barrier, x: np.ndarray, y: np.ndarray, sizes: tuple[int, ...], batch_size: int, epochs: int
) -> None:
    global _train
    torch.set_num_threads(1)
    _train = partial(peers.train, partial(peers.mlp, *sizes), *peers.tensors(x, y), batch_size, epochs)
    all_there.wait()


def _one(run: tuple[float, int]) -> float:
    return _train(*run)
