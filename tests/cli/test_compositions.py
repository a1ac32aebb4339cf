"""`fallline train` with compositions and with optax's optimisers."""

from __future__ import annotations

import json

import numpy as np
import pytest

import fallline as fl
from fallline.cli.choices import read_method


def test_optaxs_muon_trains(fallline, workplace):
    pytest.importorskip("optax")
    ran = fallline(
        "train", "iris", "--model", "mlp(8)", "--epochs", "1", "--method", "optax.muon(learning_rate=0.02)", "--json"
    )
    assert ran.status == 0, ran.err
    told = json.loads(ran.out)
    assert told["outcome"] == "finished"
    record = fl.load(workplace / told["path"])
    assert record.spec.method.startswith("optax.contrib.muon(learning_rate=0.02")
    np.testing.assert_allclose(record.history["lr"], 0.02, rtol=1e-6)


def test_the_rate_given_apart_is_that_of_the_descent_in_a_chain(fallline, workplace):
    words = ["--method", "chain(clipnorm(1.0), adam(lr=0.01))", "--lr", "0.003"]
    ran = fallline("train", "iris", "--model", "mlp(8)", "--epochs", "1", *words, "--json")
    assert ran.status == 0, ran.err
    record = fl.load(workplace / json.loads(ran.out)["path"])
    np.testing.assert_allclose(record.history["lr"], 0.003, rtol=1e-6)


def test_the_rate_may_be_a_schedule_of_whatever_has_one():
    method = read_method("weightdecay(by_path({'*.b': sgd, '*': adam}), 0.1)", "exponential(0.1, 0.9)")
    by_path = fl.by_path({"*.b": fl.SGD, "*": fl.Adam(lr=fl.Exponential(0.1, 0.9))})
    assert method == fl.WeightDecay(by_path, 0.1)


def test_a_rate_for_what_has_none_is_refused(fallline):
    ran = fallline("train", "iris", "--method", "chain(optax.polyak_sgd)", "--lr", "0.1")
    assert ran.status == 2
    assert "--lr 0.1: chain has no learning rate. Leave --lr out." in " ".join(ran.err.split())


@pytest.mark.parametrize("word", ["cosine", "by_path", "ClipNorm", "optax.nadam"])
def test_a_schedule_and_a_composition_are_explained(fallline, word):
    ran = fallline("methods", word)
    assert ran.status == 0
    assert "Args:" in ran.out


def test_a_solver_is_not_an_unknown_method(fallline):
    ran = fallline("train", "iris", "--method", "lbfgs")
    assert ran.status == 2
    assert "lbfgs drives a function by itself" in " ".join(ran.err.split())
