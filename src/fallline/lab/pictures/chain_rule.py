"""The chain rule on a small network, beside nudging one weight at a time."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from fallline.core.errors import InvalidValue
from fallline.core.node import Scalar, hyper
from fallline.figures.computation import Computation
from fallline.lab.picture import Picture, shown

ROWS, INPUTS, OUTPUTS = 32, 64, 10


class Cost(NamedTuple):
    """What one gradient of a network costs, in both ways.

    Args:
        weights: how many it has.
        evaluations: how often nudging evaluates the loss: twice a weight.
        nudging: seconds that it takes; like the others from medians, for the machine has other work too.
        backward: seconds of one value and gradient by a pass forward and one back.
        forward: seconds of one value.
        error: the largest difference of the two gradients' entries, over the largest entry.
    """

    weights: int
    evaluations: int
    nudging: float
    backward: float
    forward: float
    error: float


class ChainRule(Picture):
    """The chain rule at work: a small network, forward and back.

    Above, the graph of (v₁ · relu(w₁ x + b₁) + v₂ · relu(w₂ x + b₂) + c − y)², read from the traced program: over each
    edge the value that goes forward, under it the gradient that comes back. Each operation multiplies what comes back
    by its own derivative; where a number goes two ways, what comes back adds up.

    Below, what one gradient costs. Nudging each weight up and down takes two evaluations a weight; one pass back takes
    as long as a few evaluations, whatever their number. Measured on networks of 64 inputs, one hidden layer and 10
    outputs, and 32 random rows, both compiled.

    Source: S. Linnainmaa, Taylor expansion of the accumulated rounding error, 1976; D. Rumelhart, G. Hinton and R.
    Williams, Learning representations by back-propagating errors, 1986.

    Example:
        >>> graph = ChainRule(x=2.0).graph()
        >>> [vertex.label for vertex in graph.vertices if vertex.kind == "argument"]
        ['x', 'w1', 'b1', 'w2', 'b2', 'v1', 'v2', 'c', 'y']
    """

    x: Scalar = hyper(2.0, range="[-1e6, 1e6]", help="the network's input")
    y: Scalar = hyper(2.0, range="[-1e6, 1e6]", help="what it should say")
    widths: Any = hyper(
        (1, 4, 16, 64), range="[1, 1024]", units="neurons", help="the hidden layers that are timed", many=True
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.widths or any(width != int(width) for width in self.widths):
            raise InvalidValue(
                f"chainrule(widths={list(self.widths)}): widths are whole numbers of neurons, one or more."
            )

    def graph(self) -> Computation:
        """Return the small network's graph, with its numbers."""
        import jax

        from fallline.lab.chain_rule import computation_graph

        def loss(x: Any, w1: Any, b1: Any, w2: Any, b2: Any, v1: Any, v2: Any, c: Any, y: Any) -> Any:
            return (v1 * jax.nn.relu(w1 * x + b1) + v2 * jax.nn.relu(w2 * x + b2) + c - y) ** 2

        return computation_graph(loss, self.x, 0.5, -0.3, -0.8, 2.1, 1.2, -0.7, 0.1, self.y)

    @functools.cached_property
    def costs(self) -> tuple[Cost, ...]:
        """What a gradient costs, measured when first asked for: one network after another."""
        return tuple(_cost(int(width)) for width in self.widths)

    def figure(self) -> str:
        from fallline.figures.computation_graph import drawn
        from fallline.figures.lines import lines
        from fallline.figures.sheet import sheet

        ways = {"nudging each weight": "nudging", "one pass forward and back": "backward", "the value alone": "forward"}
        curves = {name: [(c.weights, 1e3 * getattr(c, field)) for c in self.costs] for name, field in ways.items()}
        names = ("weights", "milliseconds")
        return sheet(
            [[drawn(self.graph())], [lines(curves, names, "What one gradient costs")]], "The chain rule at work"
        )

    def words(self) -> Sequence[str]:
        graph, last = self.graph(), self.costs[-1]
        x = next(i for i, vertex in enumerate(graph.vertices) if vertex.label == "x")
        ways = [float(e.gradient) for e in graph.edges if e.source == x and e.gradient is not None]
        both = " + ".join(f"({shown(g)})" for g in ways)
        return (
            f"The loss is {shown(graph.result)}. What comes back starts as 1; every operation multiplies in its slope.",
            f"x is used {len(ways)} times, and its gradient is the sum of both: {both} = {shown(sum(ways))}.",
            f"For {last.weights:,} weights nudging evaluates the loss {last.evaluations:,} times and takes "
            f"{shown(1e3 * last.nudging)} ms; one pass forward and one back take {shown(1e3 * last.backward)} ms, "
            f"{shown(last.backward / last.forward)} times as long as one value: nudging takes "
            f"{shown(last.nudging / last.backward)} times as long.",
            f"Nudging is off by up to {last.error:.2g} of the largest entry: of the difference of two losses that are "
            f"nearly equal, float32 holds few digits.",
        )


def _cost(width: int) -> Cost:
    import jax
    from jax.flatten_util import ravel_pytree

    from fallline.engine.program import compiled
    from fallline.problems.models.mlp import mlp

    model, rng = mlp(width), np.random.default_rng(0)
    shapes = jax.eval_shape(lambda key: model.init(key, (INPUTS,), OUTPUTS), jax.random.key(0))
    x, y = (rng.normal(size=(ROWS, n)).astype(np.float32) for n in (INPUTS, OUTPUTS))
    flat, unflatten = ravel_pytree(jax.tree.map(lambda a: rng.normal(0, 0.1, a.shape).astype(np.float32), shapes))

    def loss(w: Any) -> Any:
        return ((model.apply(unflatten(w), x) - y) ** 2).mean()

    value, both = compiled(loss, flat), compiled(jax.value_and_grad(loss), flat)
    weights = np.asarray(flat)
    nudged, seconds = _nudged(value, weights)
    grad = np.asarray(both(flat)[1])
    error = float(np.abs(grad - nudged).max() / np.abs(grad).max())
    return Cost(len(weights), 2 * len(weights), seconds, _seconds(both, flat), _seconds(value, flat), error)


def _nudged(value: Callable[[Any], Any], weights: np.ndarray, step: float = 1e-3) -> tuple[np.ndarray, float]:
    """Return the gradient by nudging one weight after the other, and the seconds: so many times a weight's median."""
    found, taken = np.zeros_like(weights), []
    for i in range(len(weights)):
        start = time.perf_counter()
        moved = weights.copy()
        moved[i] += step
        up = float(value(moved))  # at once: the device may read the array that is changed next
        moved[i] -= 2 * step
        found[i] = (up - float(value(moved))) / (2 * step)
        taken.append(time.perf_counter() - start)
    return found, len(weights) * float(np.median(taken))


def _seconds(program: Callable[[Any], Any], argument: Any, times: int = 100) -> float:
    """Return the median seconds of a call."""
    import jax

    taken = []
    for _ in range(times):
        start = time.perf_counter()
        jax.block_until_ready(program(argument))
        taken.append(time.perf_counter() - start)
    return float(np.median(taken))
