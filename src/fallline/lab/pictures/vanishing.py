"""Gradients that vanish on their way back."""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from fallline.core.errors import RunError
from fallline.core.node import Scalar, hyper, option
from fallline.lab.picture import Picture, shown


class Sizes(NamedTuple):
    """The gradient's size by layer, root mean square over a layer's weights, one row a seed: shape (seeds, layers).

    Args:
        before: at the first step.
        after: at the last.
        loss: of the last step's batch, shape (seeds,).
    """

    before: np.ndarray
    after: np.ndarray
    loss: np.ndarray


class Vanishing(Picture):
    """Vanishing gradients: their size by layer, sigmoid against ReLU.

    A deep network on the digits. On its way back the gradient is multiplied by every layer's derivative. A sigmoid's is
    at most 1/4, so that little is left for the first layers; that of ReLU is 0 or 1. Measured by the probe GradNorms at
    the first step and after some of training, as the root mean square over a layer's weights, ‖∂L/∂W‖ / √(number of
    weights); the shade is the 95% interval of the mean of the logarithm, by Student, over the seeds.

    Source: S. Hochreiter, Untersuchungen zu dynamischen neuronalen Netzen, 1991; X. Glorot and Y. Bengio, Understanding
    the difficulty of training deep feedforward neural networks, 2010.

    Example:
        >>> Vanishing(hidden=2).model("relu")
        'mlp(32, 32, activation=relu)'
    """

    activations: str = option("sigmoid, relu", help="the activations that are compared")
    hidden: int = option(6, help="hidden layers")
    width: int = option(32, help="neurons of each")
    seeds: int = option(5, help="runs of each, every one from other first weights")
    steps: int = option(300, help="steps of training")
    lr: Scalar = hyper(0.1, range="(0, inf)", help="the rate of plain descent")

    def __post_init__(self) -> None:
        super().__post_init__()
        self.check_counts(hidden=(1, 50), width=(1, 1024), seeds=(3, 100), steps=(2, 100_000))

    def model(self, activation: str) -> str:
        """Return the network in the words of `for_data`."""
        return f"mlp({', '.join([str(self.width)] * self.hidden)}, activation={activation})"

    @functools.cached_property
    def sizes(self) -> Mapping[str, Sizes]:
        """The measured sizes by activation: real runs, made when first asked for."""
        return {name.strip(): self._measured(name.strip()) for name in self.activations.split(",")}

    def _measured(self, activation: str) -> Sizes:
        from fallline.engine.train import train
        from fallline.methods.sgd import SGD
        from fallline.problems import for_data

        problem = for_data("digits", model=self.model(activation), split=(1, 0, 0))
        layers = range(self.hidden + 1)
        found: list[Any] = []
        for seed in range(self.seeds):
            record = train(problem, SGD(lr=self.lr), batch_size=128, steps=self.steps, seed=seed, probes="gradnorms")
            if record.outcome.failed:
                raise RunError(f"vanishing(lr={float(self.lr):g}): {activation} {record.outcome}. Take a lower rate.")
            counts = [np.size(record.params[i]["w"]) for i in layers]
            rows = np.stack([record.history[f"grad_norm/{i}.w"] / np.sqrt(counts[i]) for i in layers], axis=1)
            found.append((rows[0], rows[-1], record.history["loss"][-1]))
        before, after, loss = (np.asarray(column, np.float64) for column in zip(*found, strict=True))
        return Sizes(before, after, loss)

    def figure(self) -> str:
        from fallline.figures.bands import Band, bands
        from fallline.figures.sheet import sheet
        from fallline.lab.statistics.interval import mean_band

        def panel(when: str, title: str) -> str:
            x = np.arange(1.0, self.hidden + 2)
            curves = {}
            for name, sizes in self.sizes.items():
                rows = getattr(sizes, when)
                # A layer to which nothing comes back in one of the runs has no place on this scale.
                mean, low, high = mean_band(np.log(np.where(rows > 0, rows, np.nan)))
                curves[name] = Band(x, np.exp(mean), np.exp(low), np.exp(high))
            names = ("layer, from the input to the output", "gradient size, ‖∂L/∂W‖ / √(number of weights)")
            # A large gradient is no blow-up, which would be cut off.
            return bands(curves, names, title, better="highest", scale="as given")

        after = f"After {self.steps:,} steps at the rate {float(self.lr):g}"
        return sheet([[panel("before", "At the first step")], [panel("after", after)]], "Gradient size by layer")

    def words(self) -> Sequence[str]:
        told = []
        for name, sizes in self.sizes.items():
            for when, rows in (("at the first step", sizes.before), (f"after {self.steps:,} steps", sizes.after)):
                silent = int(np.count_nonzero(rows[:, 0] == 0))
                said = (
                    f"in {silent} of {len(rows)} runs nothing at all comes back to the first layer."
                    if silent
                    else f"the last layer's gradient is {shown(faded(rows))} times the first's."
                )
                told.append(f"{name}, {when}: {said}")
        ends = ", ".join(f"{name} {shown(np.mean(sizes.loss))}" for name, sizes in self.sizes.items())
        return (*told, f"The mean loss of the last batch: {ends}; guessing has ln 10 = {shown(np.log(10))}.")


def faded(sizes: np.ndarray) -> float:
    """Return how many times as large the last layer's gradient is as the first's: the geometric mean over the seeds."""
    return float(np.exp(np.mean(np.log(sizes[:, -1]) - np.log(sizes[:, 0]))))
