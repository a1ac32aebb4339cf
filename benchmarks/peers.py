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


class Residual(torch.nn.Module):
    """Two convolutions with batch normalisation, and a shortcut without parameters (option A)."""

    def __init__(self, inputs: int, outputs: int, stride: int) -> None:
        super().__init__()
        self.stride, self.lacking = stride, outputs - inputs
        self.body = torch.nn.Sequential(
            torch.nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False),
            torch.nn.BatchNorm2d(outputs),
            torch.nn.ReLU(),
            torch.nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
            torch.nn.BatchNorm2d(outputs),
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        passed = x[:, :, :: self.stride, :: self.stride]
        if self.lacking:
            passed = torch.nn.functional.pad(passed, (0, 0, 0, 0, 0, self.lacking))
        return torch.relu(passed + self.body(x))


def resnet(blocks: int = 1, width: int = 16) -> torch.nn.Module:
    """The residual network of three stages on colour images, as the ready model `resnet(blocks, width)`."""
    layers: list[torch.nn.Module] = [
        torch.nn.Conv2d(3, width, 3, padding=1, bias=False),
        torch.nn.BatchNorm2d(width),
        torch.nn.ReLU(),
    ]
    inputs = width
    for stage in range(3):
        for block in range(blocks):
            layers.append(Residual(inputs, width << stage, 2 if stage and block == 0 else 1))
            inputs = width << stage
    return torch.nn.Sequential(*layers, torch.nn.AdaptiveAvgPool2d(1), torch.nn.Flatten(), torch.nn.Linear(inputs, 10))


def loop(
    make: Callable[[], torch.nn.Module], x: np.ndarray, y: np.ndarray, batch_size: int, epochs: float, threads: int
) -> Callable[[], None]:
    """Return a tuned training loop: tensors in memory, shuffled by index, fused Adam, no loader."""
    inputs, targets = tensors(x, y)

    def run() -> None:
        torch.set_num_threads(threads)
        train(make, inputs, targets, batch_size, epochs)

    return run


def loader_loop(
    make: Callable[[], torch.nn.Module], x: np.ndarray, y: np.ndarray, batch_size: int, epochs: int
) -> Callable[[], None]:
    """Return the loop of the tutorials: TensorDataset, DataLoader, the default Adam, the default threads."""
    data = torch.utils.data.TensorDataset(*tensors(x, y))

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


def train(
    make: Callable[[], torch.nn.Module],
    inputs: torch.Tensor,
    targets: torch.Tensor,
    batch_size: int,
    epochs: float,
    lr: float = 1e-3,
    seed: int = 0,
) -> float:
    """Train a network with fused Adam, its batches shuffled by index, and return the last batch's loss."""
    torch.manual_seed(seed)
    model = make()
    optimiser = torch.optim.Adam(model.parameters(), lr=lr, fused=True)
    loss = torch.nn.CrossEntropyLoss()
    left = round(epochs * -(-len(inputs) // batch_size))
    while left:
        for rows in torch.randperm(len(inputs)).split(batch_size)[:left]:
            optimiser.zero_grad(set_to_none=True)
            value = loss(model(inputs[rows]), targets[rows])
            value.backward()
            optimiser.step()
            left -= 1
    return value.item()


def tensors(x: np.ndarray, y: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the rows and their labels as torch takes them."""
    return torch.from_numpy(x), torch.from_numpy(y.astype(np.int64))
