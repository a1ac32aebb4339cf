"""Vanishing and exploding gradients, by depth: what the activation does to them, and what the first weights do.

    python examples/vanishing_by_depth.py [FOLDER]

On its way through a network the signal is multiplied at every layer by the weights, and the gradient on its way back
by the weights and by the activation's slope. If that product is below 1 on the whole, little is left for the first
layer of a deep network, and it does not learn; if it is above 1, the first step throws it away. A sigmoid's slope is
at most 1/4, so no usual start helps it. ReLU passes half of what it gets: weights of variance 2/inputs (He et al.
2015, arXiv:1502.01852) make up for that, those of 1/inputs lose a factor of √2 a layer, those of 4/inputs gain one.
"""

import dataclasses
import sys
from pathlib import Path

import numpy as np

import fallline as fl
from fallline.figures.figure import Figure
from fallline.figures.lines import lines

WIDTH = 64
DEPTHS = (1, 2, 4, 8, 16, 24)
STARTS = {
    "sigmoid, glorot": ("sigmoid", "glorot", 1),
    "tanh, glorot": ("tanh", "glorot", 1),
    "relu, 1/inputs": ("relu", "lecun", 1),
    "relu, 2/inputs": ("relu", "he", 1),
    "relu, 4/inputs": ("relu", "he", 2**0.5),
}


def network(depth, activation, init, factor):
    """Return the digits with a network of so many hidden layers, whose first weights are drawn and multiplied."""
    widths = ", ".join([str(WIDTH)] * depth)
    problem = fl.problems.for_data("digits", model=f"mlp({widths}, activation={activation}, init={init})")
    if factor == 1:
        return problem

    def start(key):
        return [{"w": factor * layer["w"], "b": layer["b"]} for layer in problem.init(key)]

    return dataclasses.replace(problem, init=start, recipe=None)


def first_gradient(problem, seeds=5):
    """Return the length of the first layer's gradient before any step: the geometric mean over seeds."""
    column, logs = "grad_norm/0.w", []
    for seed in range(seeds):
        record = fl.train(problem, fl.SGD(lr=1e-12), batch_size=256, steps=1, seed=seed, probes="gradnorms")
        logs.append(np.log(record.history[column][0]))
    return float(np.exp(np.mean(logs)))


def learnt(problem):
    """Return the accuracy on the test part after 20 epochs of momentum, at the best of three rates by validation."""
    runs = [fl.train(problem, fl.Momentum(lr=lr), epochs=20) for lr in (0.1, 0.01, 0.001)]
    accuracy = [0.0 if run.outcome.failed else run.epochs["val_accuracy"][-1] for run in runs]
    return runs[int(np.argmax(accuracy))].test["accuracy"]


def main(folder="."):
    """Print the gradients and what is learnt at 16 layers, and draw the gradients over the depth."""
    curves = {}
    print("| start | first layer's gradient at 2 layers | at 16 layers | test accuracy after 20 epochs |")
    print("|---|---|---|---|")
    for name, start in STARTS.items():
        found = {depth: first_gradient(network(depth, *start)) for depth in DEPTHS}
        curves[name] = np.array(list(found.items()))
        print(f"| {name} | {found[2]:.2g} | {found[16]:.2g} | {learnt(network(16, *start)):.3f} |")
    picture = lines(curves, ("hidden layers", "gradient norm"), "The gradient of the first layer before the first step")
    Figure(picture).save(Path(folder) / "vanishing-by-depth.svg")


if __name__ == "__main__":
    main(*sys.argv[1:2])
