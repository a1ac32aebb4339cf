from __future__ import annotations

import copy
import dataclasses
import inspect
import math
import pickle
from typing import Any, Literal

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.node import Node, Scalar, at_step, choices, hyper, hypers, option, rate_field
from fallline.methods.adam import Adam
from fallline.methods.nadam import NAdam
from fallline.methods.rmsprop import RMSProp
from fallline.methods.sgd import SGD
from fallline.schedules.constant import Constant
from fallline.schedules.exponential import Exponential


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"b2": 1.2}, r"^adam\(b2=1.2\): b2 must be in \[0, 1\), got 1.2. Did you mean 0.99\?$"),
        ({"b2": -0.5}, r"b2 must be in \[0, 1\), got -0.5. Did you mean 0\?"),
        ({"lr": 0}, r"lr must be in \(0, inf\), got 0. Did you mean 0.001\?"),
        ({"lr": math.nan}, r"lr must be in \(0, inf\), got nan. Did you mean 0.001\?"),
        ({"lr": math.inf}, r"lr must be in \(0, inf\), got inf. Did you mean 0.001\?"),
        ({"lr": np.array([0.1, -0.1])}, r"lr must be in \(0, inf\), got -0.1"),
        ({"lr": jnp.asarray(-1.0, jnp.bfloat16)}, r"lr must be in \(0, inf\), got -1"),
        ({"eps_form": "outsid"}, "eps_form must be one of 'outside', 'inside', 'hat', got 'outsid'"),
        ({"lagged": 1}, "lagged must be one of False, True, got 1"),
        ({"lagged": np.array([1, 2])}, "lagged must be one of False, True"),
    ],
)
def test_values_out_of_range_are_refused(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidValue, match=message):
        Adam(**fields)


@pytest.mark.parametrize("value", [True, "0.1", None, [], {}, 1j, np.array(["a"]), np.array(True), object(), SGD()])
def test_what_is_no_number_is_refused(value: Any) -> None:
    if isinstance(value, list):
        value = [object()]
    with pytest.raises(InvalidType, match="lr must be a number or a schedule, got"):
        Adam(lr=value)


def test_unknown_names_are_refused_with_the_nearest() -> None:
    with pytest.raises(InvalidType, match=r"adam has no 'beta1'\. Did you mean 'b1'"):
        Adam(beta1=0.9)
    with pytest.raises(InvalidType, match=r"adam has no 'learning_rate'\. Known: b1, b2, "):
        Adam().replace(learning_rate=1)


@pytest.mark.parametrize("value", [1, 0.1, np.float32(0.1), np.array([0.1, 0.2]), Constant(0.1)])
def test_numbers_arrays_and_schedules_are_taken(value: Any) -> None:
    assert Adam(lr=value).lr is value


def test_none_is_taken_where_it_has_a_meaning() -> None:
    assert RMSProp().momentum is None
    assert NAdam(momentum_decay=None).momentum_decay is None


def test_traced_numbers_are_taken_unchecked() -> None:
    assert jax.jit(lambda lr: Adam(lr=lr).replace(b1=lr).lr)(-3.0) == -3.0
    assert jax.vmap(lambda lr: Adam(lr=lr).lr * 2)(jnp.array([1.0, 2.0])).tolist() == [2.0, 4.0]


def test_numbers_are_leaves_and_choices_are_structure() -> None:
    method = Adam(lr=Exponential(0.1, decay=0.9), eps_form="hat")
    assert jax.tree.leaves(method) == [0.1, 0.9, 1.0, 0.9, 0.999, 1e-8, 0.0]
    assert jax.tree.structure(Adam()) == jax.tree.structure(Adam(lr=0.5))
    assert jax.tree.structure(Adam()) != jax.tree.structure(Adam(eps_form="hat"))
    assert jax.tree.structure(RMSProp()) != jax.tree.structure(RMSProp(momentum=0.0))
    paths = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(method)]
    assert paths == [".lr.peak", ".lr.decay", ".lr.every", ".b1", ".b2", ".eps", ".eps_root"]


def test_unflattening_never_checks() -> None:
    marker = object()
    assert jax.tree.map(lambda _: marker, Adam()).lr is marker
    assert jax.tree.map(lambda number: number - 5, Adam()).b1 == -4.1


def test_it_is_immutable_comparable_and_can_be_copied() -> None:
    method = Adam(lr=0.5)
    with pytest.raises(dataclasses.FrozenInstanceError):
        method.lr = 1.0
    assert method == Adam(lr=0.5) != Adam(lr=0.4)
    assert hash(method) == hash(Adam(lr=0.5))
    assert copy.deepcopy(method) == pickle.loads(pickle.dumps(method)) == method
    assert method.replace(b1=0.5) == Adam(lr=0.5, b1=0.5)


def test_a_step_reads_schedules_inside_schedules() -> None:
    method = at_step(SGD(lr=Exponential(Constant(0.5), decay=0.5)), np, 3, np.float64)
    assert method.lr == 0.0625
    assert method.lr.dtype == np.float64


def test_what_a_class_declares_can_be_asked() -> None:
    assert choices(Adam, "eps_form") == ("outside", "inside", "hat")
    assert choices(Adam, "lagged") == (False, True)
    assert list(hypers(Adam)) == ["lr", "b1", "b2", "eps", "eps_root"]
    assert (rate_field(Adam), rate_field(Exponential), rate_field(Bare)) == ("lr", "peak", None)


class Bare(Node):
    """A node.

    With more to say.
    """

    size: Scalar = hyper(range="[0, 1)", help="how big", units="m")
    form: Literal["round", "flat"] = option("round", help="what shape")
    share: Scalar = hyper(None, range="[0, 1]", help="how much", optional=True)
    hollow: bool = option(False, help="whether there is nothing inside")


def test_the_docstring_lists_the_fields() -> None:
    assert Bare.HEADLINE == "A node."
    assert inspect.getdoc(Bare) == "\n".join(
        [
            "A node.",
            "",
            "With more to say.",
            "",
            "Args:",
            "    size: how big [m]; a number in [0, 1) or a schedule.",
            "    form: what shape; 'round' | 'flat', default 'round'.",
            "    share: how much; a number in [0, 1] or a schedule or None, default None.",
            "    hollow: whether there is nothing inside; bool, default False.",
        ]
    )


@pytest.mark.parametrize("value", [[0.1, 0.2], (0.1,)])
def test_several_numbers_are_not_one(value: Any) -> None:
    with pytest.raises(InvalidType, match="lr must be a number or a schedule"):
        Adam(lr=value)


def test_a_function_of_the_step_is_told_what_a_schedule_is() -> None:
    with pytest.raises(InvalidType, match="A schedule is one of ours"):
        Adam(lr=lambda step: 0.1)
