"""A learning rate that carries over from a narrow network to a wide one: μP, seen by a coordinate check.

    python examples/width_transfer.py [FOLDER]

In the usual parameterisation Adam moves every weight by about the rate, however wide the layer is. A neuron sums over
more inputs in a wider layer, so what it computes moves more: the best rate shrinks as the network grows. The maximal
update parameterisation (G. Yang et al. 2022, arXiv:2203.03466, table 8) starts the output weights smaller, at a
variance of 1/width², and divides Adam's rate by the width wherever a layer's inputs grow with it. Then every
activation moves by as much in a wide network as in a narrow one, which the coordinate check shows, and one rate suits
them all.
"""

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

import fallline as fl
from fallline.figures.figure import Figure
from fallline.figures.lines import lines

WIDTHS = (32, 64, 128, 256, 512, 1024)
BASE = 32
RATES = fl.log_grid(1e-4, 1, 9)


def forward(params, x):
    """Return what every layer computes before its activation, the outputs last."""
    layers = [x.reshape(len(x), -1) @ params["in"]]
    layers.append(jax.nn.relu(layers[-1]) @ params["hidden"])
    layers.append(jax.nn.relu(layers[-1]) @ params["out"])
    return layers


def problem(width, maximal):
    """Return the digits with a network of two hidden layers, started as usual or as μP wants it."""
    digits = fl.problems.for_data("digits", model="linear")
    inputs = digits.data.train.x[0].size

    def init(key):
        keys = jax.random.split(key, 3)
        out = width if not maximal else width**2 / BASE
        return {
            "in": jax.random.normal(keys[0], (inputs, width)) * (2 / inputs) ** 0.5,
            "hidden": jax.random.normal(keys[1], (width, width)) * (2 / width) ** 0.5,
            "out": jax.random.normal(keys[2], (width, 10)) * (1 / out) ** 0.5,
        }

    def loss(params, batch):
        logits = forward(params, batch.x)[-1]
        return -jnp.take_along_axis(jax.nn.log_softmax(logits), batch.y[:, None], axis=1)[:, 0]

    return fl.Problem(init=init, loss=loss, data=digits.data, name=f"width {width}")


def method(width, maximal, lr):
    """Return Adam, whose rate falls with the width of a layer's inputs where μP is wanted."""
    if not maximal:
        return fl.Adam(lr=lr)
    return fl.by_path({"in": fl.Adam(lr=lr), "*": fl.Adam(lr=lr * BASE / width)})


def moved(width, maximal, lr=0.003, steps=10):
    """Return how far a coordinate of each layer has moved after some steps, root mean square over units and rows."""
    task = problem(width, maximal)
    rows = task.data.train.x[:256]
    record = fl.train(task, method(width, maximal, lr), batch_size=256, steps=steps)
    start = fl.train(task, fl.SGD(lr=1e-12), batch_size=256, steps=1).params
    before, after = forward(start, rows), forward(record.params, rows)
    return [float(jnp.sqrt(jnp.mean((b - a) ** 2))) for a, b in zip(before, after, strict=True)]


def final_loss(width, maximal, lr, seeds=3, steps=200):
    """Return the training loss of the last fifty steps, averaged over seeds; infinite where a run failed."""
    found = []
    for seed in range(seeds):
        record = fl.train(problem(width, maximal), method(width, maximal, lr), batch_size=64, steps=steps, seed=seed)
        found.append(np.inf if record.outcome.failed else record.history["loss"][-50:].mean())
    return float(np.mean(found))


def main(folder="."):
    """Print how far the layers move and which rate is best at every width, and draw both."""
    for name, maximal, file in (("usual", False, "standard"), ("μP", True, "mup")):
        moves = np.array([moved(width, maximal) for width in WIDTHS])
        losses = {width: [final_loss(width, maximal, lr) for lr in RATES] for width in WIDTHS}
        checks = {layer: np.stack([WIDTHS, moves[:, i]], axis=1) for i, layer in enumerate(("in", "hidden", "out"))}
        curves = {f"width {width}": np.stack([RATES, found], axis=1) for width, found in losses.items()}
        check = lines(checks, ("width", "a coordinate's move"), f"{name}: after 10 steps of Adam")
        transfer = lines(curves, ("lr", "training loss"), f"{name}: loss after 200 steps of Adam")
        Figure(check).save(Path(folder) / f"coordinates-{file}.svg")
        Figure(transfer).save(Path(folder) / f"transfer-{file}.svg")
        print(f"{name}\n\n{table(moves, losses)}\n")


def table(moves, losses):
    """Return, for every width, the layers' moves, the best rate, its loss, and that at the narrowest network's best."""
    rows = [f"| width | in | hidden | out | best rate | its loss | loss at {BASE}'s best rate |", "|---" * 7 + "|"]
    chosen = int(np.argmin(losses[BASE]))
    for move, (width, found) in zip(moves, losses.items(), strict=True):
        best = int(np.argmin(found))
        layers = " | ".join(f"{m:.2g}" for m in move)
        rows.append(f"| {width} | {layers} | {RATES[best]:.2g} | {found[best]:.3g} | {found[chosen]:.3g} |")
    return "\n".join(rows)


if __name__ == "__main__":
    main(*sys.argv[1:2])
