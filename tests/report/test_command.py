from __future__ import annotations

import shlex

import pytest

from fallline.core.spec import Spec
from fallline.report.command import command

RECIPE = {
    "data": "/home/me/my houses; rm -rf.csv",
    "target": "</script><b>",
    "model": "mlp(128, 64)",
    "task": None,
    "split": [0.8, 0.1, 0.1],
    "split_seed": 3,
}


def read(line):
    program, verb, data, *options = shlex.split(line.replace("\\\n", ""))
    assert (program, verb) == ("fallline", "train")
    return data, dict(zip(options[::2], options[1::2], strict=True))


def test_the_shell_reads_back_every_choice():
    spec = Spec(
        "adam(lr=0.001, b1=0.8)", RECIPE, batch_size="full", steps=20, seed=7, last_batch="drop", target_loss=0.1
    )
    assert read(command(spec)) == (
        "/home/me/my houses; rm -rf.csv",
        {
            "--target": "</script><b>",
            "--model": "mlp(128, 64)",
            "--split": "0.8,0.1,0.1",
            "--split-seed": "3",
            "--method": "adam(lr=0.001, b1=0.8)",
            "--batch": "full",
            "--steps": "20",
            "--seed": "7",
            "--last-batch": "drop",
            "--target-loss": "0.1",
        },
    )


def test_a_users_own_file_is_named():
    assert read(command(Spec("sgd", {"file": "mine.py:problem"}))) == ("mine.py:problem", {"--method": "sgd"})


@pytest.mark.parametrize(
    "spec",
    [
        Spec("sgd"),
        Spec("sgd", {"model": "linear"}),
        Spec("sgd", RECIPE, micro_batch=8),
    ],
)
def test_what_no_command_can_say_has_none(spec):
    assert command(spec) is None


def test_the_command_line_takes_every_option():
    import typer

    from fallline.cli.main import app

    spec = Spec(
        "sgd(lr=0.1)",
        RECIPE | {"task": "regression", "loss": "huber(delta=2)", "missing": "drop", "constant": "drop"},
        batch_size=8,
        epochs=2,
        steps=5,
        seed=1,
        sampling="replacement",
        last_batch="drop",
        reduction="sum",
        target_loss=0.5,
        patience=3,
        min_improvement=0.01,
        watch="highest r2",
        keep="last",
        max_time=60.0,
        checkpoint_seconds=1.0,
        checkpoint_steps=9,
    )
    words = shlex.split(command(spec).replace("\\\n", ""))[2:]
    train = typer.main.get_command(app).commands["train"]  # type: ignore[attr-defined]
    read_back = train.make_context("train", words).params
    assert read_back["data"] == RECIPE["data"]
    assert read_back["batch"] == "8"
    expected = {
        "method": "sgd(lr=0.1)",
        "split": "0.8,0.1,0.1",
        "split_seed": 3,
        "epochs": 2,
        "sampling": "replacement",
        "target_loss": 0.5,
        "patience": 3,
        "watch": "highest r2",
        "keep": "last",
        "max_time": 60.0,
    }
    assert {name: read_back[name] for name in expected} == expected
