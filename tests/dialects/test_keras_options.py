"""What Keras can put around any of its rules, against Keras itself on its JAX backend, in float64."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import jax
import numpy as np
import pytest
from tests.compiling import lightly

import fallline as fl
from fallline.core.errors import InvalidValue
from fallline.core.node import at_step
from fallline.dialects.from_keras import from_keras

os.environ["KERAS_BACKEND"] = "jax"
keras = pytest.importorskip("keras")

# Keras 3.15 reads its own variables in a way that NumPy 2 is leaving.
pytestmark = pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning")

OPTIONS: list[dict[str, Any]] = [
    {"clipnorm": 1.0},
    {"global_clipnorm": 1.0},
    {"clipvalue": 0.3},
    {"use_ema": True, "ema_momentum": 0.8},
    {"gradient_accumulation_steps": 3},
    {"gradient_accumulation_steps": 2, "clipnorm": 1.0, "weight_decay": 0.2},
]
SCHEDULES = {
    "exponential": lambda s: s.ExponentialDecay(0.1, 7, 0.5),
    "staircase": lambda s: s.ExponentialDecay(0.1, 7, 0.5, staircase=True),
    "inverse time": lambda s: s.InverseTimeDecay(0.1, 7, 0.5, staircase=True),
    "polynomial": lambda s: s.PolynomialDecay(0.1, 20, end_learning_rate=0.03, power=2.0),
    "piecewise": lambda s: s.PiecewiseConstantDecay([3, 11], [0.1, 0.3, 0.02]),
    "cosine": lambda s: s.CosineDecay(0.1, 20, alpha=0.1),
    "warm-up": lambda s: s.CosineDecay(0.02, 20, alpha=0.1, warmup_target=0.1, warmup_steps=5),
    "restarts": lambda s: s.CosineDecayRestarts(0.1, 6, t_mul=2.0, m_mul=0.7, alpha=0.1),
}


@pytest.fixture
def _double_precision() -> Iterator[None]:
    usual = keras.config.floatx()
    keras.config.set_floatx("float64")
    with jax.enable_x64(True):
        yield
    keras.config.set_floatx(usual)


@pytest.mark.usefixtures("_double_precision")
@pytest.mark.parametrize("options", OPTIONS, ids=str)
def test_options_around_a_rule_do_what_keras_does(options: dict[str, Any]) -> None:
    theirs = keras.optimizers.Adam(0.1, **options)
    ours = fl.Adam.like("keras", learning_rate=0.1, **options)
    assert from_keras(theirs) == ours
    random = np.random.default_rng(6)
    w = [random.normal(size=(2, 3)), random.normal(size=4)]
    variables = [keras.Variable(p) for p in w]
    state = ours.init(w)
    for _ in range(7):
        g = [3 * random.normal(size=p.shape) for p in w]
        theirs.apply(g, variables)
        updates, state = ours.update(g, state, w)
        w = [p + u for p, u in zip(w, updates, strict=True)]
    theirs.finalize_variable_values(variables)
    for found, expected in zip(ours.eval_params(w, state), variables, strict=True):
        np.testing.assert_allclose(found, np.asarray(expected.value), rtol=1e-12)


@pytest.mark.usefixtures("_double_precision")
@pytest.mark.parametrize("name", SCHEDULES)
def test_schedules_are_read(name: str) -> None:
    theirs = SCHEDULES[name](keras.optimizers.schedules)
    ours = from_keras(keras.optimizers.SGD(theirs)).lr
    # keras.ops.cos is float32 on the JAX backend, whatever it is given.
    tolerance = 1e-6 if "Cosine" in type(theirs).__name__ else 1e-12
    values = lightly(lambda steps: jax.lax.map(theirs, steps))(np.arange(30))
    for k, expected in enumerate(values.tolist()):
        t = np.asarray(float(k))
        np.testing.assert_allclose(
            at_step(ours, np, t, np.float64).value(np, t), expected, rtol=tolerance, err_msg=str(k)
        )


def test_a_rate_that_keras_rounded_is_read_as_it_was_written() -> None:
    assert from_keras(keras.optimizers.Adam(0.003)) == fl.Adam.like("keras", lr=0.003)


def test_what_cannot_be_read_says_so() -> None:
    class Own(keras.optimizers.SGD):
        pass

    with pytest.raises(InvalidValue, match=r"Own\): its rule is unknown here. Known: keras.optimizers.Ada"):
        from_keras(Own())
    cyclic = keras.optimizers.schedules.PolynomialDecay(0.1, 10, cycle=True)
    with pytest.raises(InvalidValue, match="cycle=True"):
        from_keras(keras.optimizers.SGD(cyclic))
    excluding = keras.optimizers.AdamW()
    excluding.exclude_from_weight_decay(var_names=["bias"])
    with pytest.raises(InvalidValue, match="exclude_from_weight_decay leaves some variables out"):
        from_keras(excluding)
    with pytest.raises(InvalidValue, match="the loss is not scaled here"):
        from_keras(keras.optimizers.SGD(loss_scale_factor=2.0))
