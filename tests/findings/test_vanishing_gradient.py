"""A gradient that fades on its way back to the first layers."""

from __future__ import annotations

import jax
import numpy as np
import pytest
from tests.findings.networks import network, rows, trained

import fallline as fl
from fallline.findings.causes.vanishing_gradient import VanishingGradient

DEEP = (16, 16, 16, 16)


def sigmoid(z):
    return 1 / (1 + np.exp(-z))


def gradients(layers, x, y):
    """The gradients of the weights, written out: backpropagation by NumPy."""
    layers = [{name: np.asarray(a, np.float64) for name, a in layer.items()} for layer in layers]
    outputs = [x]
    for layer in layers[:-1]:
        outputs.append(sigmoid(outputs[-1] @ layer["w"] + layer["b"]))
    scores = np.exp(outputs[-1] @ layers[-1]["w"] + layers[-1]["b"])
    delta = (scores / scores.sum(axis=1, keepdims=True) - np.eye(3)[y]) / len(y)
    found = []
    for layer, h in zip(layers[::-1], outputs[::-1], strict=True):
        found.append(h.T @ delta)
        delta = (delta @ layer["w"].T) * h * (1 - h)
    return found[::-1]


def test_deep_sigmoids_of_ones_own():
    case = trained(network(*DEEP, activation=jax.nn.sigmoid))
    found = VanishingGradient().judge(case)
    grads = gradients(case.start.params, *rows())
    first, last = (float(np.linalg.norm(g) / len(g) ** 0.5) for g in (grads[0], grads[-1]))
    assert found.evidence["last over first"] == pytest.approx(last / first, rel=0.01)
    assert found.evidence["last over first"] > 100
    assert found.remedy.method.startswith("adam(")


def test_a_ready_model_is_told_to_use_relu():
    problem = fl.problems.for_data("iris", model="mlp(16, 16, 16, 16, activation=sigmoid, init=glorot)")
    found = VanishingGradient().judge(trained(problem))
    assert found.remedy.problem == {**problem.recipe, "model": "mlp(16, 16, 16, 16, activation=relu, init=auto)"}


def test_relu_keeps_the_gradient_also_where_nothing_is_learned():
    assert VanishingGradient().judge(trained(network(*DEEP), 1e-4)) is None
