"""The edge of stability: full-batch descent sharpens the loss until its own rate is the largest that does not blow up.

    python examples/edge_of_stability.py [FOLDER]

On a quadratic of curvature λ, descent at the rate η grows for λ > 2/η. A network is no quadratic: as it learns, its
sharpness λmax rises, and one would think that descent must end there. It does not. The sharpness stops at 2/η and
hovers while the loss goes on falling, not at every step but in the long run (J. Cohen et al., 2021,
arXiv:2103.00065). Adam does the same to the preconditioned sharpness λmax(P⁻¹H), at (2 + 2 b1) / ((1 − b1) η), which
is 38/η for b1 = 0.9 (J. Cohen et al., 2022, arXiv:2207.14484).
"""

import sys
from pathlib import Path

import numpy as np

import fallline as fl
from fallline.figures.figure import Figure
from fallline.figures.lines import lines

RATES = (0.1, 0.15, 0.25)
ADAPTIVE = (5e-4, 1e-3, 2e-3)
STEPS, EVERY = 5000, 25


def problem(rows=1000):
    """Return the digits with targets of 0 and 1, whose squared error a smooth network is to lower."""
    digits = fl.problems.for_data("digits", model="mlp(50, 50, activation=tanh)")
    x, label = (np.asarray(part[:rows]) for part in digits.data.train)
    x, hot = x / 8, np.eye(10, dtype=np.float32)[label]
    return fl.Problem(
        init=digits.init,
        loss=lambda params, batch: 0.5 * ((digits.predict(params, batch.x) - batch.y) ** 2).sum(axis=1),
        data=(x, hot),
        name="edge of stability",
    )


def descend(task, method, steps):
    """Return the loss of every step, and the steps at which the sharpness was measured, with what was found."""
    adaptive = not isinstance(method, fl.SGD)
    probe = fl.Sharpness(every=EVERY, iterations=30, preconditioned=adaptive)
    history = fl.train(task, method, batch_size="full", steps=steps, probes=[probe]).history
    found = history["sharpness/preconditioned" if adaptive else "sharpness"]
    measured = ~np.isnan(found)
    return history["loss"], history["step"][measured], found[measured]


def edge(method):
    """Return the sharpness at which the method's steps on a quadratic begin to grow."""
    return float(method.grows_at() / method.lr)


def main(folder="."):
    """Print where the sharpness ends, in units of the edge, and draw its way there."""
    task = problem()
    kinds = {
        "edge-of-stability": ([fl.SGD(lr) for lr in RATES], STEPS),
        "edge-of-stability-adam": ([fl.Adam(lr) for lr in ADAPTIVE], STEPS),
    }
    print("| method | rate | edge | sharpness at the start | at the end, in units of the edge | loss |")
    print("|---|---|---|---|---|---|")
    for name, (methods, steps) in kinds.items():
        ways = {}
        for method in methods:
            loss, step, sharpness = descend(task, method, steps)
            late = sharpness[len(sharpness) * 3 // 4 :] / edge(method)
            ways[f"lr = {float(method.lr):g}"] = np.stack([step, sharpness / edge(method)], axis=1)
            print(
                f"| {type(method).__name__} | {float(method.lr):g} | {edge(method):.3g} | {sharpness[0]:.3g} "
                f"| {late.min():.2f} to {late.max():.2f} | {loss[0]:.3g} to {loss[-1]:.3g} |"
            )
        ways["the edge"] = np.array([[1, 1.0], [steps, 1.0]])
        Figure(lines(ways, ("step", "sharpness / edge"))).save(Path(folder) / f"{name}.svg")


if __name__ == "__main__":
    main(*sys.argv[1:2])
