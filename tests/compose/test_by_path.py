from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.compose.paths import assert_close, path

import fallline as fl
from fallline.core.errors import InvalidType, InvalidValue


def test_every_group_walks_as_if_alone(params: Any, gradients: list[Any]) -> None:
    methods = {"layers.*": fl.chain(fl.ClipNorm(0.5), fl.Adam(lr=0.1)), "scale.0": fl.SGD(lr=0.3), "*": fl.Momentum()}
    points = path(fl.by_path(methods), params, gradients)
    layers = path(methods["layers.*"], params["layers"], [g["layers"] for g in gradients])
    first = path(methods["scale.0"], params["scale"][0], [g["scale"][0] for g in gradients])
    rest = path(methods["*"], params["scale"][1], [g["scale"][1] for g in gradients])
    alone = [{"layers": a, "scale": (b, c)} for a, b, c in zip(layers, first, rest, strict=True)]
    assert_close(points, alone, rtol=1e-15)


def test_it_is_optaxs_partition(params: Any, gradients: list[Any]) -> None:
    optax = pytest.importorskip("optax")
    ours = fl.by_path({"*.b": fl.SGD(lr=0.3), "scale*": fl.Momentum(lr=0.1), "*": fl.Adam(lr=0.1)})
    labels = {"layers": [{"w": "rest", "b": "biases"}, None], "scale": ("scale", "scale")}
    theirs = optax.partition(
        {"biases": optax.sgd(0.3), "scale": optax.sgd(0.1, momentum=0.9), "rest": optax.adam(0.1)}, labels
    )
    with jax.enable_x64(True):
        run = jax.tree.map(jnp.asarray, (params, gradients))
        assert_close(path(ours, *run), path(theirs, *run))


def test_the_first_pattern_that_matches_counts() -> None:
    w, ones = {"a": np.zeros(1), "ab": np.zeros(1), "b": np.zeros(1)}, dict.fromkeys(("a", "ab", "b"), np.ones(1))
    method = fl.by_path({"a": fl.SGD(lr=1.0), "a*": fl.SGD(lr=2.0), "*": fl.SGD(lr=3.0)})
    updates, _ = method.update(ones, method.init(w), w)
    assert {name: u.item() for name, u in updates.items()} == {"a": -1.0, "ab": -2.0, "b": -3.0}


def test_one_array_is_called_params() -> None:
    method, w = fl.by_path({"params": fl.SGD(lr=0.5)}), np.ones(2)
    np.testing.assert_array_equal(method.update(w, method.init(w), w)[0], [-0.5, -0.5])


def test_what_matches_nothing_is_refused(params: Any) -> None:
    with pytest.raises(InvalidValue, match=r"no path is left for the pattern 'head\.\*'.*layers\.0\.b, layers\.0\.w"):
        fl.by_path({"head.*": fl.SGD(), "*": fl.Adam()}).init(params)
    with pytest.raises(InvalidValue, match="no path is left for the pattern 'scale"):
        fl.by_path({"*": fl.SGD(), "scale*": fl.Adam()}).init(params)
    with pytest.raises(InvalidValue, match=r"no pattern matches layers\.0\.b; there are 'scale\*'.*End with '\*'"):
        fl.by_path({"scale*": fl.SGD()}).init(params)
    with pytest.raises(InvalidValue, match="at least one pattern"):
        fl.by_path({})
    with pytest.raises(InvalidType, match="give a dict"):
        fl.by_path([fl.SGD()])
    with pytest.raises(InvalidValue, match=r"two arrays are called 'a\.b'"):
        fl.by_path({"*": fl.SGD()}).init({"a.b": np.ones(1), "a": {"b": np.ones(1)}})
    with pytest.raises(InvalidType, match="instances such as"):
        fl.by_path({"*": 0.1})


def test_methods_that_look_across_arrays_see_their_own(params: Any, gradients: list[Any]) -> None:
    """State kept once for all arrays, and a search along the loss with the other arrays held still."""

    def loss(tree: Any) -> Any:
        return sum(((x - 1) ** 2 * np.arange(1, x.size + 1).reshape(x.shape)).sum() for x in jax.tree.leaves(tree))

    def of_layers(layers: Any) -> Any:
        return loss({**params, "layers": layers})

    slope = jax.tree.map(lambda x: 2 * (x - 1) * np.arange(1, x.size + 1).reshape(x.shape), params)
    search, shared = fl.Backtracking(lr=2.0), fl.DoG()
    method = fl.by_path({"layers*": search, "*": shared})
    updates, state = method.update(slope, method.init(params), params, value=loss(params), value_fn=loss)
    layers, own = search.update(
        slope["layers"], search.init(params["layers"]), params["layers"], value=loss(params), value_fn=of_layers
    )
    scale, of_scale = shared.update(slope["scale"], shared.init(params["scale"]), params["scale"])
    assert_close(updates, {"layers": layers, "scale": scale}, rtol=1e-14)
    assert state["methods"][0]["shared"] == own["shared"]
    assert_close(state["methods"][1]["shared"], of_scale["shared"])


def test_rates_are_recorded_by_pattern_and_the_last_is_replaced(params: Any) -> None:
    method = fl.by_path({"*.b": fl.SGD(lr=0.3), "*": fl.Adam(lr=fl.Exponential(0.1, decay=0.5))})
    in_force = method.in_force(np, method.init(params), np.float64)
    assert {name: float(number) for name, number in in_force.items()} == {"*.b lr": 0.3, "lr": 0.1}
    changed = method.with_lr(0.7)
    assert [m.lr for m in changed.methods] == [0.3, 0.7]
    assert not fl.by_path({"*.b": fl.SGD(), "*": fl.ClipNorm()}).has_lr


def test_the_point_that_one_method_reports_is_its_groups() -> None:
    method = fl.by_path({"a": fl.Nesterov(lr=0.1, form="look_ahead"), "b": fl.SGD(lr=0.1)})
    w = {"a": np.ones(2), "b": np.ones(2)}
    updates, state = method.update(w, method.init(w), w)
    after = jax.tree.map(np.add, w, updates)
    reported = method.eval_params(after, state)
    alone = method.methods[0]
    _, own = alone.update(w["a"], alone.init(w["a"]), w["a"])
    np.testing.assert_allclose(reported["a"], alone.eval_params(after["a"], own))
    assert not np.allclose(reported["a"], after["a"])
    np.testing.assert_array_equal(reported["b"], after["b"])


def test_a_run_records_both_rates() -> None:
    x = np.linspace(-1, 1, 32, dtype=np.float32)[:, None]
    problem = fl.Problem(
        init=lambda key: {"w": jnp.zeros(1), "b": jnp.zeros(())},
        loss=lambda p, batch: (batch.x @ p["w"] + p["b"] - batch.y) ** 2,
        data=(x, 3 * x[:, 0] + 1),
    )
    record = fl.train(problem, fl.by_path({"b": fl.SGD(lr=0.0001), "*": fl.SGD(lr=0.2)}), batch_size=8, epochs=40)
    np.testing.assert_allclose(record.history["lr"], 0.2)
    np.testing.assert_allclose(record.history["b lr"], 0.0001)
    assert abs(record.params["w"][0] - 3) < 0.1
    assert abs(record.params["b"]) < 0.1
