"""DeepOBS's convolutional network on Fashion-MNIST."""

from __future__ import annotations

from fallline.core.problem import Problem
from fallline.problems.yardsticks.deepobs import protocol
from fallline.problems.yardsticks.fashion_mnist import classifier, published


def build() -> Problem:
    """Return two convolutions of 5×5 pixels with 32 and 64 channels, each pooled, and a dense layer of 1024 neurons.

    3,274,634 parameters. Source: `fmnist_2c2d` of DeepOBS (see `deepobs`), which has no weight decay.
    """
    return classifier("cnn(32, 64, kernel=5, dense=1024)", deviation=0.05, bias=0.05)


YARDSTICK = protocol(
    "fmnist_2c2d",
    build,
    measure="accuracy",
    published=(
        published("sgd", 0.92334, "baselines/fmnist_2c2d", "0.158", "43, 44, 46"),
        published("momentum(beta=0.99)", 0.92044, "baselines/fmnist_2c2d", "0.00251", "43, 47, 48"),
        published("adam", 0.92448, "baselines/fmnist_2c2d", "0.000251", "43, 44, 46"),
    ),
)
