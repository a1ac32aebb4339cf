"""DeepOBS's multi-layer perceptron on Fashion-MNIST."""

from __future__ import annotations

from fallline.core.problem import Problem
from fallline.problems.yardsticks.deepobs import protocol
from fallline.problems.yardsticks.fashion_mnist import classifier, published


def build() -> Problem:
    """Return a network 784-1000-500-100-10 with ReLU, 1,336,610 parameters.

    Source: `fmnist_mlp` of DeepOBS (see `deepobs`), which has no weight decay.
    """
    return classifier("mlp(1000, 500, 100)", deviation=0.03, bias=0.0)


YARDSTICK = protocol(
    "fmnist_mlp",
    build,
    measure="accuracy",
    published=(
        published("momentum(beta=0.99)", 0.89012, "baselines_deepobs/fmnist_mlp", "0.00158", "43, 44, 45"),
        published("adam", 0.89106, "baselines_deepobs/fmnist_mlp", "0.000631", "43, 44, 45"),
    ),
)
