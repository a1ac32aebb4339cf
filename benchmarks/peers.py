"""What a competent user of PyTorch would write."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import numpy as np
import torch


def mlp(*sizes: int) -> torch.nn.Module:
    """Dense layers with ReLU between them."""
    layers: list[torch.nn.Module] = []
    for a, b in itertools.pairwise(sizes):
        layers += [torch.nn.Linear(a, b), torch.nn.ReLU()]
    return torch.nn.Sequential(*layers[:-1])


def two_convolutions() -> torch.nn.Module:
    """The 2-convolution-2-dense network on 28×28 images."""
    return torch.nn.Sequential(
        torch.nn.Conv2d(1, 32, 5, padding=2),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Conv2d(32, 64, 5, padding=2),
        torch.nn.ReLU(),
        torch.nn.MaxPool2d(2),
        torch.nn.Flatten(),
        torch.nn.Linear(3136, 1024),
        torch.nn.ReLU(),
        torch.nn.Linear(1024, 10),
    )


def loop(
    make: Callable[[], torch.nn.Module], x: np.ndarray, y: np.ndarray, batch_size: int, epochs: float, threads: int
) -> Callable[[], None]:
    """Return a tuned training loop: tensors in memory, shuffled by index, fused Adam, no loader."""
    inputs, targets = torch.from_numpy(x), torch.from_numpy(y.astype(np.int64))

    def run() -> None:
        torch.set_num_threads(threads)
        torch.manual_seed(0)
        model = make()
        optimiser = torch.optim.Adam(model.parameters(), lr=1e-3, fused=True)
        loss = torch.nn.CrossEntropyLoss()
        left = round(epochs * -(-len(x) // batch_size))
        while left:
            for rows in torch.randperm(len(x)).split(batch_size)[:left]:
                optimiser.zero_grad(set_to_none=True)
                loss(model(inputs[rows]), targets[rows]).backward()
                optimiser.step()
                left -= 1

    return run


def loader_loop(
    make: Callable[[], torch.nn.Module], x: np.ndarray, y: np.ndarray, batch_size: int, epochs: int
) -> Callable[[], None]:
    """Return the loop of the tutorials: TensorDataset, DataLoader, the default Adam, the default threads."""
    data = torch.utils.data.TensorDataset(torch.from_numpy(x), torch.from_numpy(y.astype(np.int64)))

    def run() -> None:
        torch.set_num_threads(2)
        torch.manual_seed(0)
        model = make()
        optimiser = torch.optim.Adam(model.parameters(), lr=1e-3)
        loss = torch.nn.CrossEntropyLoss()
        for _ in range(epochs):
            for inputs, targets in torch.utils.data.DataLoader(data, batch_size=batch_size, shuffle=True):
                optimiser.zero_grad()
                loss(model(inputs), targets).backward()
                optimiser.step()

    return run
