from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.compose.paths import assert_close, path

import fallline as fl
from fallline.core.errors import InvalidType, InvalidValue


@pytest.mark.parametrize(
    ("inside", "theirs"),
    [
        (fl.SGD(lr=0.1), lambda torch, w: torch.optim.SGD(w, lr=0.1, weight_decay=0.3)),
        (fl.Adam(lr=0.1), lambda torch, w: torch.optim.Adam(w, lr=0.1, weight_decay=0.3)),
    ],
    ids=["sgd", "adam"],
)
def test_coupled_decay_is_torchs(inside: fl.Method, theirs: Any) -> None:
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(0)
    start, gradients = random.normal(size=(3, 2)), random.normal(size=(20, 3, 2))
    w = torch.tensor(start, dtype=torch.float64)
    optimiser = theirs(torch, [w])
    for g, point in zip(
        gradients, path(fl.WeightDecay(inside, 0.3, form="coupled", on="all"), start, list(gradients)), strict=True
    ):
        w.grad = torch.tensor(g)
        optimiser.step()
        np.testing.assert_allclose(point, w.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("on", ["weights", "all"])
def test_decoupled_decay_around_adam_is_optaxs_adamw(params: Any, gradients: list[Any], on: str) -> None:
    optax = pytest.importorskip("optax")
    schedule = fl.Exponential(0.1, decay=0.7)
    mask = None if on == "all" else (lambda tree: jax.tree.map(lambda p: p.ndim > 1, tree))
    ours, theirs = fl.WeightDecay(fl.Adam(lr=schedule), 0.3, on=on), optax.adamw(schedule, weight_decay=0.3, mask=mask)
    with jax.enable_x64(True):
        run = jax.tree.map(jnp.asarray, (params, gradients))
        assert_close(path(ours, *run), path(theirs, *run))


def test_biases_and_scales_stay_as_they_are() -> None:
    params = {"w": np.ones((2, 2)), "b": np.ones(2), "scale": np.ones(())}
    zero = jax.tree.map(np.zeros_like, params)
    for form in ("decoupled", "coupled"):
        method = fl.WeightDecay(fl.SGD(lr=0.5), 0.1, form=form)
        updates, _ = method.update(zero, method.init(params), params)
        np.testing.assert_allclose(updates["w"], np.full((2, 2), -0.05))
        assert not updates["b"].any()
        assert updates["scale"] == 0
        everywhere = method.replace(on="all")
        assert everywhere.update(zero, everywhere.init(params), params)[0]["scale"] == -0.05


def test_the_rate_is_that_of_this_step_wherever_it_stands() -> None:
    halving = fl.Exponential(0.5, decay=0.5)
    inside = fl.chain(fl.ClipNorm(1.0), fl.by_path({"*": fl.SGD(lr=halving)}))
    w, zero = np.ones((1, 1)), np.zeros((1, 1))
    points = path(fl.WeightDecay(inside, 0.1), w, [zero, zero, zero])
    np.testing.assert_allclose(np.ravel(points), np.cumprod([1 - 0.05, 1 - 0.025, 1 - 0.0125]))


def test_it_is_tuned_and_reported_as_what_is_inside() -> None:
    method = fl.WeightDecay(fl.Nesterov(lr=0.1, form="look_ahead"), fl.Exponential(0.1, decay=0.5))
    assert method.with_lr(0.3).method.lr == 0.3
    w = np.ones((2, 2))
    state = method.init(w)
    assert method.in_force(np, state, np.float64) == {"lr": 0.1, "weight_decay": 0.1}
    update, state = method.update(w, state, w)
    assert method.in_force(np, state, np.float64)["weight_decay"] == 0.05
    inside = method.method.eval_params(w + update, state["method"])
    np.testing.assert_array_equal(method.eval_params(w + update, state), inside)
    assert not np.allclose(inside, w + update)


def test_a_bare_class_stands_for_its_defaults() -> None:
    assert fl.WeightDecay(fl.Adam, 0.1) == fl.WeightDecay(fl.Adam(), 0.1)


def test_what_has_no_rate_or_no_parameters_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"clipnorm has none\. Use form='coupled'"):
        fl.WeightDecay(fl.ClipNorm(1.0), 0.1)
    optax = pytest.importorskip("optax")
    w = jnp.ones((2, 2))
    without = fl.WeightDecay(fl.from_optax(optax.adafactor), 0.1)
    with pytest.raises(InvalidValue, match=r"adafactor has none\. Use form='coupled'"):
        without.update(w, without.init(w), w)
    method = fl.WeightDecay(fl.SGD(), 0.1)
    with pytest.raises(InvalidType, match="got no params"):
        method.update(w, method.init(w))
    with pytest.raises(InvalidType, match=r"weightdecay\(.*instances such as fl.Adam"):
        fl.WeightDecay(0.1)
    with pytest.raises(InvalidType, match="it goes around one method"):
        fl.WeightDecay((fl.SGD(), fl.Adam()))
