"""The library's advice in the command line's words."""

from __future__ import annotations

import pytest
import typer

from fallline.cli.main import app
from fallline.cli.wording import in_options, option_names

SAID = {
    "pass missing='impute' or missing='drop'.": "pass --missing impute or --missing drop.",
    "(pass constant='drop')": "(pass --constant drop)",
    "batch_size=0: batch_size must be at least 1.": "--batch 0: must be at least 1.",
    "batch_size=5 with last_batch='drop': no": "--batch 5 with --last-batch drop: no",
    "Pass target=, one of 'a', 'b'.": "Pass --target, one of 'a', 'b'.",
    "Use task='classification'.": "Use --task classification.",
    "target='unit price' is text": "--target 'unit price' is text",
    "split=(0.7, 0.3): give three": "--split 0.7,0.3: give three",
    "target_loss=-1.5 and checkpoint_seconds=2.": "--target-loss -1.5 and --checkpoint-seconds 2.",
    "model='mlp(8, 8)', loss=": "--model 'mlp(8, 8)', --loss",
}

KEPT = [
    "adam(lr=0): lr must be in (0, inf), got 0",
    "cannot read 'adam(lr=)'",
    "exponential(peak=0.1, every=linear(lr=1), seed=2)",
    "pass fl.Problem(init=, loss=, data=).",
    "column 'seed=3' is text",
    'column "loss=" is text',
    "mine.py, line 3: ValueError: seed=3 is not mine",
    "momentum=0.9 is no choice",
    "seed == 3, my-seed=3, a.seed=3",
    "no file 'it's seed=3'",
    "target=['a', 'b']",
]


@pytest.fixture(scope="module")
def options():
    return option_names(typer.main.get_command(app).commands["train"])


def test_the_names_are_the_commands_own(options):
    assert options["split_seed"] == "--split-seed"
    assert options["batch_size"] == options["batch"] == "--batch"
    assert "data" not in options


@pytest.mark.parametrize(("python", "shell"), SAID.items())
def test_choices_become_options(options, python, shell):
    assert in_options(python, options) == shell


@pytest.mark.parametrize("text", KEPT)
def test_other_text_stays(options, text):
    assert in_options(text, options) == text
