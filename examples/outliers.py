"""One wrong row among two hundred: what it does to single-sample steps, and what helps.

    python examples/outliers.py [FOLDER]

The rows lie on the line y = 3x + 1, give or take 0.1, but one of them says 1000: a lost decimal point. After every pass
the model is measured on rows without the mistake, so that the numbers say what the mistake has done to the weights.
"""

import sys
from pathlib import Path

import numpy as np
import optax

import fallline as fl
from fallline.figures.figure import Figure
from fallline.figures.lines import lines

LR = 0.1


def squared(error):
    """Return the squared error: a row pulls in proportion to its distance, however far away it is."""
    return error**2


def huber(error):
    """Return Huber's loss: beyond a distance of 1, all rows pull alike."""
    return optax.huber_loss(error, delta=1.0)


def problem(of=squared, rows=200):
    """Return the line to be found, with its wrong row, and the same rows without the mistake for validation."""
    draw = np.random.default_rng(0)
    x = draw.uniform(-1, 1, rows).astype(np.float32)
    y = 3 * x + 1 + draw.normal(0, 0.1, rows).astype(np.float32)
    wrong = np.where(np.arange(rows) == rows // 2, np.float32(1000), y)
    return fl.Problem(
        init=lambda key: {"slope": np.float32(0), "height": np.float32(0)},
        loss=lambda line, batch: of(predict(line, batch.x) - batch.y),
        data=fl.Data(train=(x, wrong), validation=(x, y)),
        metrics={"rmse": lambda found, true: np.sqrt(np.mean((found - true) ** 2))},
        predict=predict,
        name="outliers",
    )


def predict(line, x):
    """Return the height of the line at x."""
    return line["slope"] * x + line["height"]


CLIPPED = fl.chain(fl.ClipNorm(1.0), fl.SGD(lr=LR))
WAYS = {
    "single samples": (squared, fl.SGD(lr=LR), 1),
    "batch 32": (squared, fl.SGD(lr=LR), 32),
    "full batch": (squared, fl.SGD(lr=LR), "full"),
    "single, clipped": (squared, CLIPPED, 1),
    "single, Huber": (huber, fl.SGD(lr=LR), 1),
}


def errors(passes=20):
    """Return the error of each way's line on the rows without the mistake, in y's units, after every pass."""
    return {
        name: fl.train(problem(of), method, batch_size=batch_size, epochs=passes).epochs["val_rmse"]
        for name, (of, method, batch_size) in WAYS.items()
    }


def table(found):
    """Return the errors of the second half, when nothing is left of the start, as Markdown."""
    rows = ["| steps | median error | worst error |", "|---|---|---|"]
    late = {name: error[len(error) // 2 :] for name, error in found.items()}
    return "\n".join(rows + [f"| {name} | {np.median(e):.3g} | {np.max(e):.3g} |" for name, e in late.items()])


def main(folder="."):
    """Print the table, and write the picture."""
    found = errors()
    print(table(found))
    curves = {name: np.stack([np.arange(len(e)) + 1, e], axis=1) for name, e in found.items()}
    Figure(lines(curves, ("pass", "error"))).save(Path(folder) / "outliers.svg")


if __name__ == "__main__":
    main(*sys.argv[1:2])
