"""What measuring costs: a 784-128-10 network on the 60,000 rows of Fashion-MNIST, Adam, one epoch.

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
from fallline.engine.overhead import costs
from fallline.probes import PROBES

REPEATS = 5
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
            record = fl.train(problem, fl.Adam(lr=1e-3), batch_size=size, epochs=1, probes=probes)
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
    gradient = _look(problem, PROBES["gradnorms"](every=EVERY))
    own = {name: cls(every=EVERY) for name, cls in PROBES.items() if name != "gradnorm"}
    found = {name: (_look(problem, probe) / gradient - 1, probe.gradients()) for name, probe in own.items()}
    return [
        Row(f"one measurement of {name}", f"{cost:.2g} gradients", f"declares {declared:g}", None)
        for name, (cost, declared) in found.items()
    ]


def _look(problem: Problem, probe: Probe) -> float:
    """Return the seconds that a look at a step takes, the median of some timings."""
    spec = Spec("adam(lr=0.001)", batch_size=128, epochs=10)
    plan, start = begun(problem, fl.Adam(lr=1e-3), spec, (probe,))
    found = [costs(plan, start, plan.order.steps_per_epoch) for _ in range(REPEATS)]
    return statistics.median(each.looks[0] for each in found if each is not None)
