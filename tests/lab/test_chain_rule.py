"""Values and gradients on the edges of a computation, against finite differences and JAX's own gradient."""

from __future__ import annotations

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.core.errors import InvalidType, InvalidValue
from fallline.lab.chain_rule import computation_graph


def network(x, w1, b1, w2, b2, v1, v2, c, y):
    return (v1 * jax.nn.relu(w1 * x + b1) + v2 * jax.nn.relu(w2 * x + b2) + c - y) ** 2


OPERATIONS = {
    "×": lambda a, b: a * b,
    "+": lambda a, b: a + b,
    "−": lambda a, b: a - b,
    "relu": lambda a: max(a, 0.0),
    "square": lambda a: a * a,
}


def again(graph, nudged=None, by=0.0):
    """Carry out the operations of a graph in Python's floats, one edge's value nudged."""
    given = {}
    for i, vertex in enumerate(graph.vertices):
        into = [k for k, edge in enumerate(graph.edges) if edge.target == i]
        if not into:
            given[i] = next(float(edge.value) for edge in graph.edges if edge.source == i)
            continue
        values = [given[graph.edges[k].source] + by * (k == nudged) for k in into]
        if vertex.kind == "result":
            return values[0]
        given[i] = OPERATIONS[vertex.label](*values)
    raise AssertionError("no result")


def test_every_edge_has_the_gradient_that_nudging_it_finds():
    graph = computation_graph(network, 2.0, 0.5, -0.3, -0.8, 2.1, 1.2, -0.7, 0.1, 2.0)
    assert again(graph) == pytest.approx(graph.result, rel=1e-5)
    assert len(graph.edges) == 22
    for k, edge in enumerate(graph.edges):
        slope = (again(graph, k, 1e-6) - again(graph, k, -1e-6)) / 2e-6
        assert float(edge.gradient) == pytest.approx(slope, rel=1e-4, abs=1e-4)


def test_the_gradients_of_a_number_s_uses_add_up_to_its_own():
    args = (2.0, 0.5, -0.3, -0.8, 2.1, 1.2, -0.7, 0.1, 2.0)
    graph = computation_graph(network, *args)
    own = jax.jit(jax.grad(network, argnums=tuple(range(9))))(*args)
    names = [vertex.label for vertex in graph.vertices[:9]]
    assert names == ["x", "w1", "b1", "w2", "b2", "v1", "v2", "c", "y"]
    for i, grad in enumerate(own):
        assert float(graph.gradient(i)) == pytest.approx(float(grad), rel=1e-5)
    assert sum(edge.source == 0 for edge in graph.edges) == 2


def test_arrays_pytrees_calls_and_loops():
    def loss(p, x, label):
        hidden = jnp.tanh(p["w"] @ x + p["b"])
        grown = jax.lax.scan(lambda h, k: (k * h, None), hidden, jnp.ones(3))[0]
        return -grown[label] + jax.jit(lambda a: (a**3).sum())(p["b"])

    p = {"w": np.linspace(-1, 1, 6).reshape(2, 3).astype(np.float32), "b": np.float32([0.1, -0.2])}
    x = np.float32([1.0, 2.0, -1.0])
    graph = computation_graph(loss, p, x, np.int32(1))
    value, own = jax.jit(jax.value_and_grad(loss))(p, x, 1)
    arguments = {v.label: i for i, v in enumerate(graph.vertices) if v.kind == "argument"}
    assert list(arguments) == ["b", "w", "x", "label"]
    for name in ("w", "b"):
        np.testing.assert_allclose(graph.gradient(arguments[name]), own[name], rtol=1e-5)
    assert graph.gradient(arguments["label"]) is None
    assert graph.result == pytest.approx(float(value), rel=1e-6)
    assert "<svg" in graph.plot().svg


def test_a_rule_of_one_s_own_is_kept():
    @jax.custom_jvp
    def kinked(x):
        return jnp.abs(x)

    kinked.defjvp(lambda primals, tangents: (kinked(*primals), 7 * tangents[0]))
    graph = computation_graph(lambda x: kinked(x) * 2.0, 3.0)
    assert [vertex.label for vertex in graph.vertices][1:] == ["custom", "× 2", "f"]
    assert float(graph.gradient(0)) == 14


def test_whole_numbers_truths_and_keys():
    def loss(w, index, doubled, key):
        return jnp.where(doubled, 2 * w, w)[index] + 0 * jax.random.key_data(key)[0]

    graph = computation_graph(loss, np.float32([3.0, 5.0]), np.int32(1), True, jax.random.key(7))
    values = {graph.vertices[e.source].label: e.value.tolist() for e in graph.edges if e.gradient is None}
    assert (values["index"], values["doubled"], values["key"]) == (1, True, [0, 7])
    assert (graph.result, graph.gradient(0).tolist()) == (10, [0, 2])
    assert "<svg" in graph.plot().svg
    assert float(computation_graph(lambda x: x**2, 3).gradient(0)) == 6


def test_one_number_used_twice_in_one_operation():
    graph = computation_graph(lambda x: x * x, 3.0)
    assert [float(edge.gradient) for edge in graph.edges] == [3, 3, 1]
    assert "From x to ×: value 3, gradient 3. From x to ×: value 3" in graph.plot().svg


def test_what_has_no_graph_is_refused():
    with pytest.raises(InvalidType, match="returns float32 of shape"):
        computation_graph(lambda x: x * jnp.ones(2), 1.0)
    with pytest.raises(InvalidValue, match="does not depend on its arguments"):
        computation_graph(lambda x: 3.0 + 0 * 1.0, 1.0)
    with pytest.raises(InvalidValue, match="more than 200 operations"):
        computation_graph(lambda x: sum(x for _ in range(202)), 1.0)
    with pytest.raises(InvalidType, match="no way back through the function"):
        computation_graph(lambda x: jax.lax.while_loop(lambda c: c < 10, lambda c: c * 2, x), 1.0)
    with pytest.raises(InvalidType, match="complex numbers"):
        computation_graph(jnp.abs, 1.0 + 2.0j)
    with pytest.raises(InvalidType, match="an argument is 'one'"):
        computation_graph(jnp.abs, "one")
    assert fl.computation_graph is computation_graph
