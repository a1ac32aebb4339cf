"""Models that cannot learn their own rows."""

from __future__ import annotations

import numpy as np
import pytest
from tests.findings.affine import affine, case, numbers

import fallline as fl
from fallline.core.grammar import parse
from fallline.data.table import Table
from fallline.findings.case import Case
from fallline.findings.causes.underfitting import Underfitting, is_flat, wider
from fallline.findings.kernel_ridge import PENALTIES, WIDTHS, held_out

DRAW = np.random.default_rng(0)
ANGLE = DRAW.uniform(-3, 3, 400)
IRIS = fl.problems.for_data("iris", model="linear")
WIDE = fl.problems.for_data("iris", model="mlp(64)")
CURVE = Table("curve", {"at": ANGLE, "height": np.cos(2 * ANGLE) + 0.1 * DRAW.normal(size=400)}, "height")


def judged(problem: fl.Problem, method: str, **choices):
    return Underfitting().judge(Case(fl.train(problem, method, **choices)))


def test_two_neurons_are_too_few_for_digits_and_more_are_the_remedy():
    found = judged(fl.problems.for_data("digits", model="mlp(2)"), "adam(lr=0.01)", epochs=30)
    assert found.remedy.problem["model"] == "mlp(64)"
    assert found.evidence["unexplained"] > 2 * found.evidence["within_reach"]


def test_a_line_is_too_small_for_a_wave():
    found = judged(fl.problems.for_data(CURVE, model="linear"), "sgd(lr=0.05)", epochs=30)
    assert found.evidence["unexplained"] > 0.9 > 0.2 > found.evidence["within_reach"]


@pytest.mark.parametrize(
    ("held", "word"), [({"l2": 3.0}, "penalty l2=3"), ({"l1": 0.5}, "penalty l1=0.5")], ids=["l2", "l1"]
)
def test_a_penalty_that_holds_a_wide_model_back_is_named(held, word):
    found = judged(WIDE, "sgd(lr=0.02)", epochs=80, **held)
    assert word in found.message
    name, value = next(iter(held.items()))
    assert getattr(found.remedy, name) == value / 100


def test_dropout_that_holds_a_wide_model_back_is_named():
    problem = fl.problems.for_data("iris", model="mlp(16, dropout=0.97)")
    found = judged(problem, "adam(lr=0.01)", epochs=60)
    assert "dropout=0.19" in found.remedy.problem["model"]


@pytest.mark.parametrize("lr", [0.001, 0.5], ids=["slow, still falling if hardly", "come to its best"])
def test_a_model_that_is_large_enough_is_healthy(lr):
    assert judged(IRIS, f"sgd(lr={lr})", epochs=30) is None


def test_where_what_is_left_is_noise_a_run_is_healthy():
    case_of_noise = case(affine(numbers(300, 4), numbers(300, 1, seed=1)[:, 0]), epochs=20)
    assert Underfitting().judge(case_of_noise) is None


def test_losses_are_flat_where_the_last_third_gains_little():
    assert is_flat(np.concatenate([np.linspace(3, 1, 20), np.ones(40)]))
    assert not is_flat(np.linspace(3, 1, 60))
    assert not is_flat(np.append(np.ones(59), np.nan))


@pytest.mark.parametrize(
    ("model", "larger"),
    [
        ("mlp(4, 32, activation=tanh)", "mlp(64, 128, activation=tanh)"),
        ("linear(init=he)", "mlp(128, 64, init=he)"),
        ("cnn(4)", "cnn(64)"),
        ("resnet", None),
    ],
)
def test_a_wider_model_keeps_its_other_words(model, larger):
    found = wider(parse(model))
    assert (None if found is None else str(found)) == larger


def test_held_out_predictions_are_those_of_fits_without_the_row():
    from sklearn.kernel_ridge import KernelRidge

    x, y = DRAW.normal(size=(25, 2)), DRAW.normal(size=(25, 2))
    distances = ((x[:, None] - x[None]) ** 2).sum(-1)
    usual = np.median(distances[~np.eye(25, dtype=bool)])
    centred = y - y.mean(axis=0)
    candidates = []
    for width in WIDTHS:
        for penalty in PENALTIES:
            model = KernelRidge(alpha=penalty, kernel="rbf", gamma=width / usual)
            kept = [np.delete(np.arange(25), i) for i in range(25)]
            found = np.array([model.fit(x[k], centred[k]).predict(x[[i]])[0] for i, k in enumerate(kept)])
            candidates.append((np.sum((found - centred) ** 2), found + y.mean(axis=0)))
    np.testing.assert_allclose(held_out(x, y), min(candidates, key=lambda one: one[0])[1], rtol=1e-6, atol=1e-9)
