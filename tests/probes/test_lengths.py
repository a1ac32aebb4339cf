"""Norms, ratios and distances of single arrays, beside a run written out in NumPy."""

import numpy as np
import pytest
from tests.engine.linear import squared_rows

import fallline as fl
from fallline.core.probe import StepView

X = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
Y = (X.sum(1) + 1).astype(np.float32)
START = {"b": np.zeros((), np.float32), "w": np.array([1.0, -2.0, 0.5], np.float32)}
LR, STEPS = 0.1, 5


def by_hand(lr):
    """The points and steps of full-batch descent, with the loss at every point and the gradients, in float64."""
    points, grads, losses = [np.concatenate([[START["b"]], START["w"]]).astype(np.float64)], [], []
    inputs = np.concatenate([np.ones((30, 1)), X], axis=1).astype(np.float64)
    for _ in range(STEPS + 1):
        residual = inputs @ points[-1] - Y
        losses.append(np.mean(residual**2))
        grads.append(2 * residual @ inputs / 30)
        points.append(points[-1] - lr * grads[-1])
    return np.array(points), np.array(grads), np.array(losses)


@pytest.fixture(scope="module")
def history():
    names = ("updateratios", "weightnorms", "effectiverates", "distance", "descentratio", "alignment", "nonfinite")
    problem = fl.Problem(init=lambda key: START, loss=squared_rows, data=(X, Y))
    probes = [f"{name}(every=1)" for name in names]
    return fl.train(problem, fl.SGD(lr=LR), batch_size="full", steps=STEPS, probes=probes).history


def test_norms_of_arrays(history):
    points, _, _ = by_hand(LR)
    points, moved = points[:STEPS], np.diff(points, axis=0)[:STEPS]
    sizes = np.linalg.norm(points[:, 1:], axis=1)
    assert history["weight_norm/w"] == pytest.approx(sizes, rel=1e-5)
    assert history["weight_norm/b"] == pytest.approx(abs(points[:, 0]), rel=1e-5)
    assert history["update_ratio/w"] == pytest.approx(np.linalg.norm(moved[:, 1:], axis=1) / sizes, rel=1e-5)
    assert history["update_ratio/b"][1:] == pytest.approx(abs(moved[1:, 0] / points[1:, 0]), rel=1e-5)
    assert np.isnan(history["update_ratio/b"][0])  # it began at zero
    assert history["distance"] == pytest.approx(np.linalg.norm(points - points[0], axis=1), rel=1e-5)
    assert history["effective_rate/w"] == pytest.approx(np.full(STEPS, LR), rel=1e-5)
    assert history["nonfinite/w"].tolist() == history["nonfinite/b"].tolist() == [0] * STEPS


def test_what_a_step_did(history):
    _, g, loss = by_hand(LR)
    g, after = g[:STEPS], g[1 : STEPS + 1]
    predicted = LR * np.sum(g * g, axis=1)
    assert history["descent_ratio"] == pytest.approx((loss[:STEPS] - loss[1 : STEPS + 1]) / predicted, rel=1e-4)
    cosine = np.sum(g * after, axis=1) / np.linalg.norm(g, axis=1) / np.linalg.norm(after, axis=1)
    assert history["alignment"] == pytest.approx(cosine, rel=1e-4)


@pytest.mark.parametrize(
    ("lr", "ratio", "cosine"), [(0.01, 0.96, 1), (0.125, 0.5, None), (0.25, 0, -1), (0.3, -0.2, -1)]
)
def test_a_step_along_one_curvature(lr, ratio, cosine):
    """1 − lr · λ / 2 for the loss 4 w², λ = 8; and the gradient after it is (1 − lr · λ) times as long."""
    w = np.array([1.0, -0.5])
    view = StepView(params=w, grads=8 * w, updates=-lr * 8 * w, loss=4 * w @ w, elsewhere=lambda w: (4 * w @ w, 8 * w))
    assert fl.DescentRatio().measure(np, view) == pytest.approx(ratio)
    if cosine is not None:
        assert fl.Alignment().measure(np, view) == pytest.approx(cosine)


def test_no_comparison_with_nothing():
    uphill = StepView(
        params=np.ones(2), grads=np.ones(2), updates=np.ones(2), loss=1.0, elsewhere=lambda w: (0.5, 0 * w)
    )
    assert np.isnan(fl.DescentRatio().measure(np, uphill))
    assert np.isnan(fl.Alignment().measure(np, uphill))
    still = StepView(params=[np.zeros(2)], grads=[np.zeros(2)], updates=[np.ones(2)])
    assert np.isnan(fl.EffectiveRates().measure(np, still)["0"])


def test_the_rate_of_adagrad_decays():
    """Under a gradient that stays, its rate is lr / (√t |g|) for ever."""
    method, g = fl.AdaGrad(lr=0.5, eps=0.0, initial_accumulator=0.0), {"w": np.full(3, -2.0)}
    params, state, rates = {"w": np.zeros(3)}, method.init({"w": np.zeros(3)}), []
    for _ in range(20):
        updates, state = method.update(g, state, params)
        rates.append(fl.EffectiveRates().measure(np, StepView(grads=g, updates=updates))["w"])
    assert rates == pytest.approx(0.5 / 2 / np.sqrt(np.arange(1, 21)))


def test_the_array_that_is_not_finite_first():
    import jax.numpy as jnp

    def init(key):
        return {"a": jnp.array([1.0, 0.0]), "b": jnp.ones(3)}

    problem = fl.Problem(init=init, loss=lambda p, batch: jnp.sum(jnp.sqrt(p["a"])) + jnp.sum(p["b"] ** 2))
    record = fl.train(problem, fl.SGD(lr=0.1), steps=4, probes=fl.Nonfinite)
    assert record.outcome == "nonfinite"
    assert (record.history["nonfinite/a"][-1], record.history["nonfinite/b"][-1]) == (1, 0)
