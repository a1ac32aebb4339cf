"""Where a method's steps on a quadratic begin to grow, and what it divides the gradient by."""

import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.core.method import Method
from fallline.methods import METHODS

LINEAR = [
    fl.SGD(lr=0.1),
    fl.Momentum(lr=0.1, beta=0.8),
    fl.Momentum(lr=0.1, beta=0.8, form="average"),
    fl.Momentum(lr=0.1, beta=0.8, form="buffer", dampening=0.5),
    fl.Nesterov(lr=0.1, beta=0.8),
    fl.Nesterov(lr=0.1, beta=0.8, form="look_ahead"),
    fl.Nesterov(lr=0.1, beta=0.8, form="buffer"),
]


def farthest(method, curvature, state=None):
    """Return how far from the bottom of a quadratic the last of many steps stray, and the farthest of all."""
    w, seen = np.array([1.0]), []
    state = method.init(w) | (state or {})
    for _ in range(400):
        update, state = method.update(curvature * w, state, w)
        w = w + update
        seen.append(abs(w[0]))
    return max(seen[-20:]), max(seen)


@pytest.mark.parametrize("method", LINEAR, ids=str)
def test_below_the_edge_steps_shrink_and_above_it_they_grow(method):
    edge = float(method.edge(np, method.init(np.ones(1)), np.float64))
    assert farthest(method, 0.98 * edge / 0.1)[0] < 1e-2
    assert farthest(method, 1.02 * edge / 0.1)[1] > 10


def test_adams_edge_while_what_it_divides_by_stays():
    """With b2 next to 1 and no correction, the mean square stays the 4 that it begins with."""
    method = fl.Adam(lr=0.1, b1=0.8, b2=1 - 1e-15, eps=0.0, bias_correction=False)
    edge = float(method.edge(np, method.init(np.ones(1)), np.float64))
    assert edge == pytest.approx(float(fl.AdamW(b1=0.8).edge(np, method.init(np.ones(1)), np.float64)))
    assert farthest(method, 0.98 * 2 * edge / 0.1, {"v": np.array([4.0])})[0] < 1e-2
    assert farthest(method, 1.02 * 2 * edge / 0.1, {"v": np.array([4.0])})[1] > 10


@pytest.mark.parametrize("name", sorted(METHODS))
def test_the_preconditioner_is_what_the_rule_divided_by(name):
    """The first step of a rule with a divisor P and nothing else is −lr g / P, whatever the eps and the forms."""
    method = METHODS[name]()
    w, g = {"a": np.array([1.0, -2.0]), "b": np.array(3.0)}, {"a": np.array([0.3, -4.0]), "b": np.array(1e-3)}
    update, state = method.update(g, method.init(w), w, value=1.0, value_fn=lambda p: 1.0)
    divisor = method.preconditioner(w, state)
    if divisor is None:
        return
    if type(method).divisor is Method.divisor:  # plain descent, with what it makes of the past
        assert all((d == 1).all() for d in divisor.values())
        return
    if name == "adamw":
        w = {"a": np.zeros(2), "b": np.array(0.0)}  # no decay
        update, state = method.update(g, method.init(w), w)
    for key in w:
        assert update[key] == pytest.approx(-method.lr * g[key] / divisor[key], rel=1e-6)


def test_compositions_pass_both_on():
    w = jnp.ones(3)
    wrapped = fl.chain(fl.ClipNorm(1.0), fl.WeightDecay(fl.Adam(lr=0.1), 0.1))
    state = wrapped.init(w)
    _, state = wrapped.update(w / 10, state, w)
    assert float(wrapped.edge(jnp, state, jnp.float32)) == pytest.approx(38)
    assert wrapped.preconditioner(w, state) == pytest.approx(np.full(3, 0.1), rel=1e-5)
    assert wrapped.rate == 0.1


def test_a_schedule_keeps_its_shape_with_another_peak():
    method = fl.chain(fl.ClipNorm(1.0), fl.Adam(lr=fl.Cosine(0.1, steps=100, warmup=10)))
    assert method.with_peak(0.02).rate == fl.Cosine(0.02, steps=100, warmup=10)
    assert fl.SGD().with_peak(0.3).lr == 0.3
