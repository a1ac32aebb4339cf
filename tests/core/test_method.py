"""What the base does for every rule: arrays in, arrays out, whatever they are nested in and wherever they live."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.method import Method
from fallline.core.node import Scalar, hyper
from fallline.methods.adagrad import AdaGrad
from fallline.methods.adam import Adam
from fallline.methods.momentum import Momentum
from fallline.methods.sgd import SGD
from fallline.schedules.exponential import Exponential


def test_arrays_of_numpy_stay_numpys_and_of_jax_jaxs() -> None:
    for array, kind in ((np.ones(2), np.ndarray), (jnp.ones(2), jax.Array), (np.float64(1), np.ndarray)):
        updates, state = Momentum().update(array, Momentum().init(array))
        assert isinstance(updates, kind)
        assert isinstance(state["v"], kind)


def test_numpys_arrays_meet_a_traced_number() -> None:
    w, g = np.ones(3), np.array([1.0, 2.0, 3.0])

    def step(lr: Any) -> Any:
        method = Momentum(lr=lr)
        return method.update(g, method.init(w))[0]

    np.testing.assert_allclose(jax.jit(step)(0.5), [-0.5, -1.0, -1.5])
    np.testing.assert_allclose(jax.vmap(step)(jnp.array([0.5, 1.0]))[1], -g)


def test_numpys_state_meets_jaxs_gradient() -> None:
    state = Adam().init(np.ones(2))
    updates, after = Adam().update(jnp.ones(2), state)
    assert isinstance(updates, jax.Array)
    assert after["count"] == 1


def test_plain_numbers_are_parameters_too() -> None:
    updates, _ = SGD(lr=0.5).update(2.0, SGD().init(1.0))
    assert updates == -1.0


def test_left_out_parameters_stay_left_out() -> None:
    params = {"w": jnp.ones(2), "frozen": None}
    updates, _ = Momentum(lr=1.0).update(params, Momentum().init(params), params)
    assert updates["frozen"] is None


def test_no_parameters_at_all() -> None:
    updates, state = Adam().update({}, Adam().init({}))
    assert updates == {}
    assert list(state) == ["count"]


@pytest.mark.parametrize("params", [np.arange(3), jnp.array(True), np.ones(2, complex), 3])
def test_only_floating_point_is_stepped(params: Any) -> None:
    with pytest.raises(InvalidType, match=r"must be floating point. Write 3.0 instead of 3"):
        SGD().init(params)


def test_arrays_of_different_precision_each_keep_their_own() -> None:
    params = {"half": np.ones(2, np.float16), "single": np.ones(2, np.float32), "double": np.ones(2)}
    updates, state = Adam().update(params, Adam().init(params))
    assert [updates[name].dtype.name for name in params] == ["float16", "float32", "float64"]
    assert [state["m"][name].dtype.name for name in params] == ["float32", "float32", "float64"]


def test_optaxs_extra_arguments_are_accepted() -> None:
    w = jnp.ones(2)
    updates, _ = SGD(lr=1.0).update(w, SGD().init(w), w, value=jnp.asarray(3.0), grad=w, value_fn=jnp.sum)
    assert updates.tolist() == [-1.0, -1.0]


def test_the_first_state_may_depend_on_numbers_and_schedules() -> None:
    for number in (0.25, Exponential(0.25, decay=0.1)):
        state = AdaGrad(initial_accumulator=number).init({"w": np.ones(2, np.float32)})
        assert state["h"]["w"].tolist() == [0.25, 0.25]
        assert state["h"]["w"].dtype == np.float32


class Forgetful(Method):
    """Change a slot that is not there."""

    lr: Scalar = hyper(0.1, range="(0, inf)", help="step size", rate=True)

    def slots(self, xp: Any, p: Any) -> dict[str, Any]:
        return {"velocity": xp.zeros_like(p)}

    def rule(self, xp: Any, g: Any, p: Any, s: Any, t: Any) -> tuple[Any, dict[str, Any]]:
        return -self.lr * g, {"velocty": g}


def test_a_rule_that_changes_an_unknown_slot_is_refused() -> None:
    with pytest.raises(InvalidValue, match=r"'velocty' that slots.* does not make\. Did you mean 'velocity'"):
        Forgetful().update(np.ones(2), Forgetful().init(np.ones(2)))


class Latest(Method):
    """Report what the last step had for a rate and a count."""

    lr: Scalar = hyper(0.1, range="(0, inf)", help="step size", rate=True)

    def rule(self, xp: Any, g: Any, p: Any, s: Any, t: Any) -> tuple[Any, dict[str, Any]]:
        return 0 * g + self.lr * 100 + t, {}

    def report(self, xp: Any, p: Any, s: Any, t: Any) -> Any:
        return 0 * p + self.lr * 100 + t


def test_the_point_to_report_is_that_of_the_last_step_taken() -> None:
    method, w = Latest(lr=Exponential(1.0, decay=0.5)), np.zeros(1)
    state = method.init(w)
    for _ in range(3):
        update, state = method.update(w, state)
        np.testing.assert_array_equal(method.eval_params(w, state), update)


def test_the_state_of_another_method_is_told() -> None:
    w = np.ones(2)
    with pytest.raises(AttributeError, match="the state has no 'm', only sum: it is another method's"):
        Adam().update(w, {"count": np.int32(0), "sum": w}, w)
