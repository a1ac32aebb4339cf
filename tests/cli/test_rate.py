"""The learning rate of a run whose command names none."""

import numpy as np
import pytest

import fallline as fl
from fallline.cli.rate import found, is_asked_for


@pytest.fixture
def sales(workplace, monkeypatch):
    monkeypatch.setattr("fallline.cli.rate.found", found)
    rng = np.random.default_rng(0)
    cost = rng.normal(size=80)
    rows = [f"{c:.4f},{2 * c + 0.1 * e:.4f}" for c, e in zip(cost, rng.normal(size=80), strict=True)]
    (workplace / "sales.csv").write_text("\n".join(["cost,sales", *rows]))
    return ["train", "sales.csv", "--target", "sales", "--model", "linear", "--epochs", 2, "--batch", 8]


@pytest.mark.parametrize(
    ("method", "lr", "asked"),
    [
        ("adam", None, True),
        ("adam(b1=0.8)", None, True),
        ("adam(0.1)", None, False),
        ("adam(lr=0.1)", None, False),
        ("sgd(lr=cosine(0.1, steps=100))", None, False),
        ("chain(clipnorm(1.0), adam(b2=0.99))", None, True),
        ("chain(clipnorm(1.0), adam(lr=0.1))", None, False),
        ("chain(clipnorm(1.0), optax.sgd(learning_rate=0.1))", None, False),
        ("adam(b1=cosine(0.9, steps=10))", None, True),
        ("weightdecay(adam, 0.1)", None, True),
        ("weightdecay(sgd(0.1), 0.1)", None, False),
        ("adam", "0.1", False),
        ("adam(lr=0.1)", "auto", True),
    ],
)
def test_a_rate_in_the_command_is_not_looked_for(method, lr, asked):
    assert is_asked_for(method, lr) is asked


def test_the_rate_found_is_said_and_is_the_runs(fallline, sales):
    ran = fallline(*sales, "--method", "sgd", "--out", "one")
    said = next(line for line in ran.out.splitlines() if line.startswith("lr: "))
    lr = float(said.split()[1])
    assert ran.status == 0
    assert "(good between " in said
    assert "lowest validation loss after all 14 steps, 9 seeds" in said
    record = fl.load("one")
    assert record.spec.method == f"sgd(lr={lr})"
    assert record.history["lr"] == pytest.approx(np.full(14, lr))
    again = fallline(*sales, "--method", record.spec.method, "--out", "two")
    assert "lr: " not in again.out
    assert np.array_equal(fl.load("two").history["loss"], record.history["loss"])


def test_what_needs_no_rate_says_so(fallline, sales):
    ran = fallline(*sales, "--method", "prodigy", "--lr", "auto")
    assert "lr: prodigy works out its own rate: leave its factor at 1" in ran.out


def test_a_guess_is_called_one(fallline, sales, monkeypatch):
    monkeypatch.setattr("fallline.lab.learning_rate.FAR", 0.0)
    ran = fallline(*sales, "--method", "sgd")
    assert "far beyond" in ran.out
    assert "warning: the learning rate is a guess" in ran.out
