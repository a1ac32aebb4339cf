"""Metrics, weights and smoothing from the command line."""

import json
import random
import shlex
from pathlib import Path

import pytest

import fallline as fl
from fallline.core.spec import Spec
from fallline.report.command import command

TINY = ["--model", "linear", "--lr", "0.1", "--epochs", "2", "--batch", "full"]


@pytest.fixture
def fruit(workplace):
    """A table of 90 rows: two numbers, a weight and three kinds of fruit."""
    draw = random.Random(1)
    lines = [
        f"{draw.gauss(i % 3, 1)},{draw.random()},{draw.randint(1, 3)},{('fig', 'plum', 'sour cherry')[i % 3]}"
        for i in range(90)
    ]
    (workplace / "fruit.csv").write_text("\n".join(["size,hue,w,kind", *lines]))
    return "fruit.csv"


def test_what_was_chosen_is_reported_kept_and_repeated(fallline, fruit):
    chosen = {
        "--target": "kind",
        "--loss": "softmax_cross_entropy(smoothing=0.1)",
        "--metrics": "f1, top_k(2), confusion_matrix",
        "--weight": "w",
        "--class-weight": "fig=3,sour cherry=0.5",
    }
    words = [word for pair in chosen.items() for word in pair]
    ran = fallline("train", fruit, *words, *TINY, "--out", "run", "--json")
    assert ran.status == 0
    record = fl.load("run")
    assert list(json.loads(ran.out)["test"]) == list(record.test) == ["loss", "f1", "top_k(2)"]
    (told,) = [line for line in ran.err.splitlines() if line.startswith("most confused: ")]
    counts, kinds = record.tables["confusion_matrix"], record.preparation["target"]["labels"]
    wrong = max((counts[i, j], -i, -j) for i in range(3) for j in range(3) if i != j)
    true, taken_for = kinds[-wrong[1]], kinds[-wrong[2]]
    assert told == f"most confused: {true!r} taken for {taken_for!r}, {wrong[0]} of {counts[-wrong[1]].sum()}"
    assert "sour cherry</th>" in Path("run/report.html").read_text()

    again = shlex.split(command(record.spec).replace("\\\n", ""))
    assert {word: again[again.index(word) + 1] for word in chosen} == {
        **chosen,
        "--class-weight": "fig=3.0,sour cherry=0.5",
    }
    assert fallline(*again[1:], "--out", "again").status == 0
    assert fl.load("again").test == record.test


def test_a_label_with_a_comma_has_no_command():
    assert command(Spec("sgd", {"data": "iris", "class_weight": {"a,b": 2.0}})) is None
    assert "--class-weight balanced" in command(Spec("sgd", {"data": "iris", "class_weight": "balanced"}))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--class-weight", "fig3"], "--class-weight fig3: write balanced, or weights as in yes=3,no=1."),
        (["--class-weight", "figg=3"], "--class-weight names 'figg', which is no class. Did you mean 'fig'?"),
        (["--metrics", "acuracy"], "unknown metric 'acuracy'. Did you mean 'accuracy'?"),
        (["--metrics", "rmse"], "--metrics has rmse, which is for regression, and the task is classification."),
        (["--weight", "ww"], "fruit has no column 'ww' of weights. Did you mean 'w'?"),
        (
            ["--loss", "huber"],
            "target 'kind' is text, such as 'fig'; a regression needs numbers. "
            "Use --task classification with a loss of its own, or choose another target.",
        ),
    ],
)
def test_mistakes_are_told_in_the_command_lines_words(fallline, fruit, words, message):
    ran = fallline("train", fruit, "--target", "kind", *words, *TINY)
    assert (ran.status, ran.err) == (2, f"fallline: {message}\n")


def test_help_names_every_metric(fallline):
    said = " ".join(fallline("train", "--help").out.replace("│", " ").split())
    for name in ("accuracy", "confusion_matrix", "f1", "perplexity", "roc_auc", "top_k", "rmse"):
        assert name in said
