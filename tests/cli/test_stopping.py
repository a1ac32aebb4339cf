"""Runs that end early, checks before a run, and what is left when the data go."""

from __future__ import annotations

import json

import numpy as np

import fallline as fl

TINY = ["--model", "mlp(8)", "--lr", "0.05", "--epochs", "60"]

VANISHING = """
import numpy as np
import fallline as fl

x = np.linspace(-1, 1, 40, dtype=np.float32)[:, None]


def batches(epoch):
    if epoch == 6 and GONE:
        raise fl.FalllineError("day-3.csv: there is no such file any more.")
    for i in range(0, 40, 8):
        yield x[i : i + 8], 3 * x[i : i + 8, 0]


problem = fl.Problem(
    init=lambda key: {"w": np.zeros(1, np.float32)},
    loss=lambda p, batch: (batch.x @ p["w"] - batch.y) ** 2,
    data=fl.data.batches(batches, steps_per_epoch=5),
)
"""


def test_a_run_that_stops_improving_says_which_epoch_it_keeps(fallline, workplace):
    ran = fallline("train", "iris", *TINY, "--patience", 2, "--watch", "accuracy", "--json")
    assert ran.status == 0, ran.err
    told = json.loads(ran.out)
    record = fl.load(workplace / told["path"])
    best = int(np.argmax(record.epochs["val_accuracy"])) + 1
    assert (told["outcome"], told["best_epoch"], told["epochs"]) == ("stopped_early", best, best + 2)
    assert f"after epoch {best}, whose parameters are kept" in ran.err
    page = (workplace / told["path"] / "report.html").read_text()
    assert f"after epoch {best}, whose parameters are kept" in page
    assert "--patience 2" in page


def test_a_dry_run_writes_nothing(fallline, workplace):
    ran = fallline("train", "iris", *TINY, "--dry-run")
    assert ran.status == 0, ran.err
    assert "parameters: 67 in 4 arrays" in ran.out
    assert "the run: 240 steps" in ran.out.splitlines()[-1]
    ran = fallline("train", "iris", *TINY, "--dry-run", "--json")
    assert json.loads(ran.out)["path"] is None
    assert json.loads(ran.out)["dry_run"]["parameters"] == 67
    assert fallline("train", "iris", *TINY, "--dry-run", "--out", "here").status == 2
    assert not list(workplace.iterdir())


def test_a_few_batches_are_learned_by_heart(fallline):
    ran = fallline("train", "iris", *TINY[:4], "--overfit-batches", 1, "--batch", 4)
    assert ran.status == 0, ran.err
    assert "near zero: the model can learn" in ran.out


def test_what_cannot_be_watched_is_refused_in_the_options_words(fallline):
    ran = fallline("train", "iris", *TINY, "--patience", 2, "--watch", "acuracy")
    assert ran.status == 2
    assert "--watch acuracy: the validation part gives no number called 'acuracy'. Did you mean 'accuracy'?" in ran.err
    assert fallline("train", "iris", "--min-improvement", 0.1).err.startswith("fallline: --min-improvement 0.1 says")


def test_data_that_vanish_leave_a_run_to_resume(fallline, workplace):
    file = workplace / "mine.py"
    file.write_text(VANISHING.replace("GONE", "True"))
    ran = fallline("train", f"{file}:problem", "--method", "sgd(lr=0.1)", "--epochs", "9", "--out", "run")
    assert ran.status == 2
    said = ran.err.splitlines()[-1]
    assert "day-3.csv: there is no such file any more." in said
    assert said.endswith("`fallline resume run` goes on from there.")
    file.write_text(VANISHING.replace("GONE", "False"))
    ran = fallline("resume", "run")
    assert ran.status == 0, ran.err
    assert fl.load(workplace / "run").history["step"][-1] == 45
