"""A residual network on 10,000 images of CIFAR-10, one epoch at batch 128; and bfloat16 against float32.

The network is `resnet(blocks=1)`, ResNet-8 of 75,290 parameters, with batch normalisation, Adam, no augmentation. On
this side images stay bytes and are scaled within the step; PyTorch is given floats that were scaled before, in the
better of its two memory layouts. bfloat16 is what a step computes in; parameters, the method and evaluations stay in
float32.
"""

from __future__ import annotations

import statistics

import numpy as np
import torch

import fallline as fl
from benchmarks import networks, peers
from benchmarks.datasets import cifar10, fashion
from benchmarks.measure import Row, interleaved, ratio

ROWS = 10_000
SEEDS = (0, 1, 2)
EPOCHS = 5


def rows() -> list[Row]:
    """Measure."""
    return [epoch(), precision()]


def epoch() -> Row:
    """Time an epoch of the residual network against PyTorch's."""
    table = cifar10()
    images, labels = np.asarray(table.columns["x"])[:ROWS], np.asarray(table.columns["y"])[:ROWS]
    ours = networks.problem(images, labels, "resnet(blocks=1)")
    scaled = ((images - images.mean()) / images.std()).astype(np.float32).transpose(0, 3, 1, 2)
    layouts = {"channels first": np.ascontiguousarray(scaled), "channels last": scaled}
    times = interleaved(
        {"fallline": lambda: fl.train(ours, fl.Adam(lr=1e-3), batch_size=128, epochs=1)}
        | {
            f"PyTorch ({layout})": peers.loop(lambda form=layout: network(form), x, labels, 128, 1, threads=2)
            for layout, x in layouts.items()
        },
        repeats=3,
    )
    best = min((name for name in times if name != "fallline"), key=lambda name: times[name].median)
    return ratio(times, "fallline", best, 0.769, "CIFAR-10 subset, ResNet-8, batch 128 (0.77× is 1.3 times as long)")


def network(layout: str) -> torch.nn.Module:
    """Return the residual network in a memory layout."""
    form = torch.channels_last if layout == "channels last" else torch.contiguous_format
    return peers.resnet().to(memory_format=form)


def precision() -> Row:
    """Compare the test accuracies of a network trained in bfloat16 and in float32."""
    method = fl.Adam(lr=fl.Cosine(peak=1e-3, steps=EPOCHS * 469))  # a rate that ends at 0 leaves the least noise
    problem = fl.problems.for_data(fashion(), model="mlp(128)", split=(1.0, 0.0, 0.0))
    found = {
        name: [fl.train(problem, method, batch_size=128, epochs=EPOCHS, seed=seed, precision=name) for seed in SEEDS]
        for name in ("full", "bfloat16")
    }
    means = {name: statistics.mean(100 * record.test["accuracy"] for record in runs) for name, runs in found.items()}
    apart = means["bfloat16"] - means["full"]
    return Row(
        f"Fashion-MNIST 784-128-10, {EPOCHS} epochs, mean of {len(SEEDS)} seeds: bfloat16 against float32",
        f"{apart:+.2f} points",
        "within 0.5 points",
        abs(apart) <= 0.5,
        f"{means['bfloat16']:.2f} % against {means['full']:.2f} %",
    )
