"""The theory's predictions: the edge of stability, the descent lemma, vanishing gradients, critical batch, width."""

import runpy
from pathlib import Path

import numpy as np
import pytest

import fallline as fl

EXAMPLES = Path(__file__).parents[2] / "examples"


def names_of(example):
    return runpy.run_path(str(EXAMPLES / f"{example}.py"))


def test_descent_comes_to_its_edge_and_stays():
    edges = names_of("edge_of_stability")
    assert edges["edge"](fl.SGD(lr=0.1)) == pytest.approx(20)
    assert edges["edge"](fl.Adam(lr=1e-3)) == pytest.approx(38 / 1e-3)
    loss, step, sharpness = edges["descend"](edges["problem"](rows=200), fl.SGD(lr=0.25), 800)
    assert step[:2].tolist() == [1, 26]
    assert sharpness[0] < 7.9  # below 2 / 0.25
    assert np.all(np.abs(sharpness[-8:] / 8 - 1) < 0.15)
    assert loss[-1] < 0.5 * loss[0]


def test_the_descent_lemma_on_a_parabola():
    lemma = names_of("descent_lemma")
    alphas, ratio, bend = lemma["ratios"](*lemma["parabola"](), np.linspace(0.2, 3, 8))
    assert bend == pytest.approx(10)
    np.testing.assert_allclose(ratio, 1 - 5 * alphas, atol=1e-5)


def test_a_sigmoid_takes_more_of_the_gradient_than_relu():
    depth = names_of("vanishing_by_depth")
    first = {
        name: depth["first_gradient"](depth["network"](5, *depth["STARTS"][name]), seeds=1)
        for name in ("sigmoid, glorot", "relu, 2/inputs", "relu, 4/inputs")
    }
    assert first["sigmoid, glorot"] < 0.02 * first["relu, 2/inputs"]
    # The five layers behind the first one multiply the gradient by √2 more each.
    assert first["relu, 4/inputs"] > 3 * first["relu, 2/inputs"]


def test_the_critical_batch_is_read_off_the_law():
    batch = names_of("critical_batch")
    sizes = np.array([2, 8, 32, 128, 512])
    assert batch["fitted"](sizes, 10 * (1 + 60 / sizes)) == pytest.approx((10, 60), rel=1e-3)
    falling = np.linspace(1, 0, 101)
    assert batch["steps_to"](falling, 512) == 51
    assert batch["steps_to"](falling + 1, 512) == np.inf


def test_a_wide_network_moves_as_a_narrow_one_only_under_mup():
    width = names_of("width_transfer")
    out = {maximal: [width["moved"](w, maximal, steps=3)[-1] for w in (32, 512)] for maximal in (False, True)}
    assert out[False][1] > 2 * out[False][0]
    assert out[True][1] < out[True][0]
    text = width["table"](np.ones((1, 3)), {32: [3.0, 1.0, *[2.0] * 7]})
    assert "| 32 | 1 | 1 | 1 | 0.00032 | 1 | 1 |" in text
