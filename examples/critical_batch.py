"""How large a batch is worth its price: the gradient's noise scale against the critical batch, measured.

    python examples/critical_batch.py [FOLDER]

A batch of B rows gives the gradient with a variance of tr Σ / B, Σ the covariance of the rows' gradients. Where B is
far below the noise scale tr Σ / ‖G‖², twice the batch halves the steps; far above it, twice the batch is wasted. S.
McCandlish et al. (2018, arXiv:1812.06162, section 2.2) derive steps = least steps · (1 + B_crit / B), with the noise
scale as a prediction of B_crit. Here both are measured on the digits: the steps that each batch size needs to one
loss, at the best of a grid of rates, and the noise scale along the way there.
"""

import sys
from pathlib import Path

import numpy as np

import fallline as fl
from fallline.figures.figure import Figure
from fallline.figures.lines import lines

BATCHES = (2, 4, 8, 16, 32, 64, 128, 256, 512, 1024)
RATES = fl.log_grid(0.01, 1.28, 8)
TARGET = 0.5
"""The training loss that all are to reach."""
SEEDS = (0, 1, 2)


def problem():
    """Return the digits with a small network."""
    return fl.problems.for_data("digits", model="mlp(32)")


def steps_to(loss, batch_size):
    """Return after how many steps the loss, smoothed over about 512 rows, was at the target; infinite if never."""
    weight = min(batch_size / 512, 1.0)
    smooth = loss[0]
    for step, value in enumerate(loss):
        smooth += weight * (value - smooth)
        if smooth <= TARGET:
            return step + 1
    return np.inf


def needed(task, batch_size):
    """Return the fewest steps to the target, over the rates, each averaged over the seeds; and the rate."""
    found, most = [], 200 + 6000 // batch_size
    for lr in RATES:
        runs = [
            fl.train(task, fl.SGD(lr=lr), batch_size=batch_size, steps=most, sampling="replacement", seed=seed)
            for seed in SEEDS
        ]
        found.append(np.mean([steps_to(run.history["loss"], batch_size) for run in runs]))
    return min(found), RATES[int(np.argmin(found))]


def fitted(batches, steps):
    """Return the least steps and the critical batch of steps = least · (1 + critical / batch), fitted in logarithms."""
    from scipy.optimize import curve_fit

    def law(batch, least, critical):
        return least + np.log1p(np.exp(critical) / batch)

    (least, critical), _ = curve_fit(
        law, np.array(batches, float), np.log(steps), p0=(np.log(min(steps)), np.log(30.0))
    )
    return float(np.exp(least)), float(np.exp(critical))


def noise_scale(task, lr, batch_size=64):
    """Return the noise scale on a run's way to the target: mean trace over mean signal, from every row's gradient."""
    probe = fl.NoiseScale(estimator="rows", every=5)
    history = fl.train(task, fl.SGD(lr=lr), batch_size=batch_size, steps=600, probes=[probe]).history
    until = int(steps_to(history["loss"], batch_size))
    trace, signal = (history[f"noise/{name}"][:until] for name in ("trace", "signal"))
    return np.nanmean(trace) / np.nanmean(signal)


def main(folder="."):
    """Print the steps and rows that each batch size needs, the law fitted to them, and the noise scale."""
    task = problem()
    found = {batch_size: needed(task, batch_size) for batch_size in BATCHES}
    steps = [count for count, _ in found.values()]
    least, critical = fitted(BATCHES, steps)
    print("| batch | best rate | steps | rows |\n|---|---|---|---|")
    for batch_size, (count, lr) in found.items():
        print(f"| {batch_size} | {lr:.2g} | {count:.0f} | {count * batch_size:,.0f} |")
    print(f"\nleast steps {least:.0f}, critical batch {critical:.0f}")
    ways = {"measured": np.stack([BATCHES, steps], axis=1)}
    grid = np.geomspace(BATCHES[0], BATCHES[-1], 60)
    ways["least steps · (1 + critical batch / batch)"] = np.stack([grid, least * (1 + critical / grid)], axis=1)
    Figure(lines(ways, ("batch", "steps"))).save(Path(folder) / "critical-batch.svg")
    for lr in (0.1, 0.3, 0.6):
        print(f"noise scale on the way at the rate {lr}: {noise_scale(task, lr):.0f}")


if __name__ == "__main__":
    main(*sys.argv[1:2])
