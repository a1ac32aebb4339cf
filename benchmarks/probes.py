"""What measuring costs: a 784-128-10 network on the 60,000 rows of Fashion-MNIST, Adam, three epochs.

The time is that of the training, compilation and the timing of probes left out on both sides; `overhead` is what the
run itself says of its probes. What single probes cost is in gradients of a batch of 128 rows: the seconds that a look
at a step takes beyond those of its own gradient, over the latter.
"""

from __future__ import annotations

import statistics
import time

import fallline as fl
from benchmarks import networks
from benchmarks.datasets import fashion_arrays
from benchmarks.measure import REST, Row
from fallline.core.probe import Probe
from fallline.core.problem import Problem
from fallline.core.spec import Spec
from fallline.engine.beginning import begun
from fallline.engine.mark import Mark
from fallline.engine.overhead import costs
from fallline.engine.plan import Plan
from fallline.probes import PROBES

REPEATS = 9
EPOCHS = 3
EVERY = 50


def rows() -> list[Row]:
    """Measure."""
    x, y = fashion_arrays()
    problem = networks.problem(x, y, "mlp(128)")
    return [*(_default(problem, size) for size in (128, 32)), *_each(problem)]


def _default(problem: Problem, size: int) -> Row:
    ratios, said, counts = [], [], {}
    for repeat in range(REPEATS + 1):
        seconds = []
        for probes in ((), "default"):
            time.sleep(REST)
            record = fl.train(problem, fl.Adam(lr=1e-3), batch_size=size, epochs=EPOCHS, probes=probes)
            seconds.append(record.provenance["seconds"])
        if repeat:  # the first is to warm up
            ratios.append(seconds[1] / seconds[0] - 1)
            said.append(record.provenance["probes"]["overhead"])
        counts = record.provenance["probes"]["measurements"]
    found = statistics.median(ratios)
    return Row(
        f"the default probes, batch {size}",
        f"{found:+.1%} ({min(ratios):+.1%} to {max(ratios):+.1%})",
        "≤ 5%",
        found <= 0.05,
        f"overhead said: {statistics.median(said):.1%}; {', '.join(f'{name} {n}×' for name, n in counts.items())}",
    )


def _each(problem: Problem) -> list[Row]:
    every = {name: cls(every=EVERY) for name, cls in PROBES.items() if name != "gradnorm"}
    begun_with = {name: _begun(problem, probe) for name, probe in every.items()}
    rounds = [{name: _look(*one) for name, one in begun_with.items()} for _ in range(REPEATS)]
    # A look at the gradient's length by array costs its gradient and next to nothing else: the unit.
    looks = {name: statistics.median(each[name] / each["gradnorms"] for each in rounds) - 1 for name in every}
    return [
        Row(f"one measurement of {name}", f"{looks[name]:.2g} gradients", f"declares {probe.gradients():g}", None)
        for name, probe in every.items()
    ]


def _begun(problem: Problem, probe: Probe) -> tuple[Plan, Mark]:
    return begun(problem, fl.Adam(lr=1e-3), Spec("adam(lr=0.001)", batch_size=128, epochs=10), (probe,))


def _look(plan: Plan, start: Mark) -> float:
    """Return the seconds that a look at a step takes."""
    found = costs(plan, start, plan.order.steps_per_epoch)
    assert found is not None, "ten epochs are enough to time a look"
    return found.looks[0]
