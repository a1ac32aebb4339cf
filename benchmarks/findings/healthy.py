"""Trainings in which nothing is wrong: rates tuned or 3 times off, batches of 8 rows to all, 1 to 20 epochs.

How far a run came is the share of the way from the loss of a constant answer to the least that is known. A run is
healthy where that is three quarters, or two fifths in its first three epochs, and the loss of the validation part has
not risen from its least by more than a tenth of the way, nor by half.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

import fallline as fl
from benchmarks.findings import sound
from benchmarks.findings.fault import Training, final_loss
from benchmarks.findings.in_models import images
from benchmarks.findings.in_rates import diabetes, digits, fashion, flats

LEAST, LEAST_SHORT, SHORT = 0.75, 0.4, 3
MOST_RISEN, MOST_TIMES = 0.1, 1.5


@dataclass(frozen=True)
class Healthy:
    """A training in which nothing is wrong.

    Args:
        name: the problem, the method and the choices.
        make: the training, of a seed.
        best: the least loss of the validation part, or of the training part without one, that is known.
    """

    name: str
    make: Training
    best: float

    def good(self, record: fl.Record) -> bool:
        """Whether the run came as far as it should."""
        way = constant_loss(self.make.problem()) - self.best
        losses = record.epochs.get("val_loss", record.epochs["train_loss"])
        lowest = float(np.min(losses))
        least = LEAST_SHORT if len(losses) <= SHORT else LEAST
        most = min(self.best + (1 - least) * way, lowest + MOST_RISEN * way, MOST_TIMES * lowest)
        return final_loss(record) <= most


def constant_loss(problem: fl.Problem) -> float:
    """Return the loss of the best constant answer: the classes' entropy, or the targets' variance."""
    y = np.asarray(problem.data.train.y)
    if y.dtype.kind == "f":
        return float(y.var(axis=0).mean())
    shares = np.bincount(y) / len(y)
    return float(-(shares[shares > 0] * np.log(shares[shares > 0])).sum())


def _runs(
    name: str,
    problem: Callable[[], fl.Problem],
    best: float,
    methods: Iterable[str],
    **choices: Any,
) -> list[Healthy]:
    said = ", ".join(f"{choice}={value}" for choice, value in choices.items())
    return [Healthy(f"{name}, {method}, {said}", Training(problem, method, choices), best) for method in methods]


def _rates(method: str, *rates: float) -> list[str]:
    return [f"{method}(lr={rate})" for rate in rates]


LINEAR: Mapping[str, Any] = {"name": "diabetes linear", "problem": diabetes, "best": 0.55}
IRIS = {"name": "iris", "problem": lambda: sound.table("iris", "mlp(16)"), "best": 0.1}
WINE = {"name": "wine", "problem": lambda: sound.table("wine", "mlp(16)"), "best": 0.02}
CANCER = {"name": "breast_cancer", "problem": lambda: sound.table("breast_cancer", "mlp(32)"), "best": 0.065}
LOGISTIC = {"name": "breast_cancer linear", "problem": lambda: sound.table("breast_cancer", "linear"), "best": 0.075}
DIGITS = {"name": "digits", "problem": digits, "best": 0.1}
DEFAULT = {"name": "digits default", "problem": lambda: digits("mlp(128, 64)"), "best": 0.1}
SOFTMAX = {"name": "digits linear", "problem": lambda: digits("linear"), "best": 0.14}
FLATS = {"name": "flats", "problem": flats, "best": 0.012}
FASHION = {"name": "fashion", "problem": fashion, "best": 0.55}
OWN = {"name": "own digits", "problem": images, "best": 0.09}
TANH = {"name": "own tanh flats", "problem": sound.tanh_rents, "best": 0.012}

HEALTHY: tuple[Healthy, ...] = (
    # the rates: tuned, and 3 times off
    *_runs(**IRIS, methods=_rates("adam", 0.01, 0.03, 0.1), batch_size=32, epochs=20),
    *_runs(**IRIS, methods=_rates("momentum", 0.01, 0.03, 0.1), batch_size=32, epochs=20),
    *_runs(**IRIS, methods=_rates("sgd", 0.1, 0.3), batch_size=8, epochs=20),
    *_runs(**WINE, methods=_rates("adam", 0.003, 0.01, 0.03), batch_size=32, epochs=20),
    *_runs(**WINE, methods=_rates("sgd", 0.03, 0.1, 0.3), batch_size=32, epochs=20),
    *_runs(**CANCER, methods=_rates("adam", 0.001, 0.003), batch_size=32, epochs=20),
    *_runs(**CANCER, methods=_rates("sgd", 0.03, 0.1, 0.3), batch_size=32, epochs=20),
    *_runs(**CANCER, methods=_rates("rmsprop", 0.001, 0.003), batch_size=32, epochs=15),
    *_runs(**LOGISTIC, methods=_rates("momentum", 0.003, 0.01, 0.03), batch_size=32, epochs=20),
    *_runs(**LOGISTIC, methods=_rates("adagrad", 0.03, 0.1, 0.3), batch_size=32, epochs=20),
    *_runs(**LINEAR, methods=_rates("sgd", 0.003, 0.01), batch_size=32, epochs=20),
    *_runs(**LINEAR, methods=_rates("adam", 0.01), batch_size=32, epochs=12),
    *_runs(**DIGITS, methods=_rates("sgd", 0.03, 0.1, 0.3), batch_size=32, epochs=15),
    *_runs(**DIGITS, methods=_rates("momentum", 0.003, 0.01, 0.03), batch_size=32, epochs=15),
    *_runs(**DIGITS, methods=_rates("nesterov", 0.01), batch_size=32, epochs=10),
    *_runs(**DEFAULT, methods=_rates("adam", 0.0003, 0.001, 0.003), batch_size=32, epochs=10),
    *_runs(**DEFAULT, methods=_rates("adamw", 0.001), batch_size=64, epochs=15),
    *_runs(**SOFTMAX, methods=_rates("adam", 0.003, 0.01, 0.03), batch_size=32, epochs=15),
    *_runs(**SOFTMAX, methods=_rates("sgd", 0.03, 0.1, 0.3), batch_size=32, epochs=15),
    *_runs(**FLATS, methods=_rates("adam", 0.003, 0.01, 0.03), batch_size=32, epochs=20),
    *_runs(**FLATS, methods=_rates("momentum", 0.003, 0.01, 0.03), batch_size=32, epochs=20),
    *_runs(**FLATS, methods=_rates("adagrad", 0.03, 0.1, 0.3), batch_size=32, epochs=20),
    *_runs(**FASHION, methods=_rates("sgd", 0.01, 0.03, 0.1), batch_size=32, epochs=8),
    *_runs(**FASHION, methods=_rates("adam", 0.0003, 0.001), batch_size=32, epochs=6),
    *_runs(**FASHION, methods=_rates("momentum", 0.001, 0.003), batch_size=32, epochs=8),
    # short runs
    *_runs(**DEFAULT, methods=_rates("adam", 0.001, 0.003), batch_size=32, epochs=1),
    *_runs(**DEFAULT, methods=_rates("adam", 0.001, 0.003), batch_size=32, epochs=2),
    *_runs(**DEFAULT, methods=_rates("adam", 0.003), batch_size=128, epochs=3),
    *_runs(**FASHION, methods=_rates("momentum", 0.001, 0.003), batch_size=8, epochs=1),
    *_runs(**FASHION, methods=_rates("adam", 0.001), batch_size=32, epochs=1),
    *_runs(**FASHION, methods=_rates("sgd", 0.03), batch_size=32, epochs=2),
    *_runs(**FLATS, methods=_rates("adam", 0.01, 0.03), batch_size=16, epochs=3),
    *_runs(**SOFTMAX, methods=_rates("adam", 0.01), batch_size=8, epochs=1),
    *_runs(**CANCER, methods=_rates("adam", 0.003, 0.01), batch_size=32, epochs=3),
    *_runs(**WINE, methods=_rates("momentum", 0.03), batch_size=8, epochs=3),
    # batches, to the whole
    *_runs(**WINE, methods=["sgd(lr=0.3)"], batch_size="full", steps=100),
    *_runs(**CANCER, methods=["sgd(lr=0.3)", "momentum(lr=0.05)"], batch_size="full", steps=150),
    *_runs(**LINEAR, methods=["momentum(lr=0.01)"], batch_size="full", steps=100),
    *_runs(**DIGITS, methods=["sgd(lr=0.3)", "momentum(lr=0.05)", "adam(lr=0.01)"], batch_size="full", steps=150),
    *_runs(**FLATS, methods=["momentum(lr=0.03)", "adam(lr=0.03)"], batch_size="full", steps=400),
    *_runs(**DIGITS, methods=["sgd(lr=0.03)", "adam(lr=0.001)"], batch_size=8, epochs=5),
    *_runs(**DIGITS, methods=["momentum(lr=0.03)", "adam(lr=0.003)"], batch_size=128, epochs=12),
    *_runs(**FASHION, methods=["sgd(lr=0.1)", "adam(lr=0.001)"], batch_size=128, epochs=12),
    # schedules, penalties, other ways to train
    *_runs(**DIGITS, methods=["adam(lr=cosine(0.003, 400))", "sgd(lr=onecycle(0.3, 400))"], batch_size=32, epochs=10),
    *_runs(**DIGITS, methods=["momentum(lr=step(0.02, 200))", "sgd(lr=warmup(0.1, 50))"], batch_size=32, epochs=15),
    *_runs(**FLATS, methods=["adam(lr=cosine(0.02, 440, warmup=40))"], batch_size=32, epochs=20),
    *_runs(**FLATS, methods=["sgd(lr=inversetime(0.1, 0.002))"], batch_size=32, epochs=20),
    *_runs(**FASHION, methods=["adam(lr=cosine(0.001, 300))"], batch_size=32, epochs=8),
    *_runs(**DIGITS, methods=["adamw(lr=0.003)"], batch_size=32, epochs=12, l2=0.0003),
    *_runs(**CANCER, methods=["adam(lr=0.01)"], batch_size=32, epochs=40, patience=3),
    *_runs(**DEFAULT, methods=["adam(lr=0.001)"], batch_size=32, epochs=40, patience=4),
    *_runs(**DIGITS, methods=["sgd(lr=0.1)"], batch_size=32, epochs=10, sampling="replacement"),
    *_runs(**DIGITS, methods=["chain(clipnorm(1), sgd(lr=0.1))"], batch_size=32, epochs=15),
    *_runs(**DIGITS, methods=["sgd(lr=0.003)"], batch_size=32, epochs=10, reduction="sum"),
    *_runs(**FLATS, methods=["nadam(lr=0.01)", "amsgrad(lr=0.01)"], batch_size=32, epochs=15),
    # other models
    *_runs(
        "digits dropout", lambda: digits("mlp(128, dropout=0.3)"), 0.1, ["adam(lr=0.003)"], batch_size=32, epochs=12
    ),
    *_runs("digits deep", lambda: digits("mlp(64, 64, 64, 64)"), 0.1, ["adam(lr=0.001)"], batch_size=32, epochs=12),
    *_runs(
        "digits sigmoid", lambda: digits("mlp(64, activation='sigmoid')"), 0.1, ["adam(lr=0.01)", "momentum(lr=0.1)"],
        batch_size=32, epochs=15,
    ),
    *_runs(
        "digits gelu", lambda: digits("mlp(64, activation='gelu')"), 0.1, ["adam(lr=0.003)"], batch_size=32, epochs=9
    ),
    *_runs("fashion cnn", lambda: sound.clothes("cnn(8, dense=32)"), 0.55, ["adam(lr=0.003)"], batch_size=32, epochs=4),
    *_runs("fashion linear", lambda: sound.clothes("linear"), 0.6, _rates("sgd", 0.03), batch_size=32, epochs=8),
    *_runs("fashion linear", lambda: sound.clothes("linear"), 0.6, _rates("adam", 0.001), batch_size=32, epochs=8),
    *_runs(**OWN, methods=["sgd(lr=0.05)", "adam(lr=0.002)", "rmsprop(lr=0.001)"], batch_size=32, epochs=12),
    *_runs(**TANH, methods=["sgd(lr=0.05)", "adam(lr=0.01)"], batch_size=32, epochs=25),
    *_runs("own batch norm", sound.normalised, 0.09, ["sgd(lr=0.1)", "adam(lr=0.003)"], batch_size=32, epochs=10),
    *_runs("own autoencoder", sound.decoder, 0.3, ["adam(lr=0.003)", "momentum(lr=0.03)"], batch_size=32, epochs=15),
    *_runs("own curve", sound.cosine_fit, 0.03, ["adam(lr=0.01)"], batch_size=16, epochs=20),
    # other methods
    *_runs(**DIGITS, methods=["adadelta", "dog", "prodigy", "lion(lr=0.0003)", "muon"], batch_size=32, epochs=12),
    *_runs(**DIGITS, methods=["schedulefree(lr=0.01)", "radam(lr=0.003)", "lamb(lr=0.01)"], batch_size=32, epochs=12),
    *_runs(**FLATS, methods=["yogi(lr=0.01)", "adabelief(lr=0.01)", "adafactor"], batch_size=32, epochs=15),
    *_runs(**FLATS, methods=["rprop"], batch_size="full", steps=200),
    # noise, uneven classes, other losses and inputs
    *_runs("noise", sound.blurred, 0.6, ["sgd(lr=0.01)", "adam(lr=0.01)"], batch_size=32, epochs=12),
    *_runs("noise", sound.blurred, 0.6, ["momentum(lr=0.01)"], batch_size=64, epochs=20),
    *_runs("heavy tails", sound.heavy_tailed, 0.06, ["adam(lr=0.01)", "sgd(lr=0.03)"], batch_size=32, epochs=20),
    *_runs("overlap", sound.overlapping, 0.41, ["adam(lr=0.003)", "sgd(lr=0.1)"], batch_size=32, epochs=10),
    *_runs("nines", sound.uneven, 0.04, ["adam(lr=0.003)", "sgd(lr=0.1)"], batch_size=32, epochs=10),
    *_runs("flats with text", sound.districts, 0.03, ["adam(lr=0.01)"], batch_size=32, epochs=15),
    *_runs("two answers", sound.two_answers, 0.02, ["adam(lr=0.01)", "sgd(lr=0.1)"], batch_size=32, epochs=15),
    *_runs("pixels to 1", sound.nearly_scaled, 0.1, ["adam(lr=0.01)", "momentum(lr=0.03)"], batch_size=32, epochs=15),
    # other ways to train
    *_runs(**DIGITS, methods=["sgd(lr=0.1)"], batch_size=32, epochs=10, sampling="sequential"),
    *_runs(**DIGITS, methods=["adam(lr=0.003)"], batch_size=32, epochs=10, sampling="shuffle_once"),
    *_runs(**DIGITS, methods=["adam(lr=0.003)"], batch_size=32, epochs=10, precision="bfloat16"),
    *_runs(**DIGITS, methods=["adam(lr=0.003)"], batch_size=64, epochs=10, micro_batch=16),
    *_runs(**FASHION, methods=["adam(lr=0.001)"], batch_size=32, epochs=6, l1=0.00001),
    *_runs(**FLATS, methods=["sgd(lr=0.1)"], batch_size=32, epochs=100, target_loss=0.03),
)  # fmt: skip
