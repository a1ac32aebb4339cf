"""A run layer by layer, against JAX's own gradients and NumPy's histograms."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl


@pytest.fixture(scope="module")
def record():
    problem = fl.problems.for_data("iris", model="mlp(6)")
    return fl.train(problem, fl.Adam(lr=0.02), batch_size="full", epochs=12)


@pytest.fixture(scope="module")
def found(record):
    return fl.layers(record, moments=4)


def test_gradients_are_jaxs(record, found):
    way = fl.trail(record, points=[0, 5])
    data = record.problem.data.train
    mean_gradient = jax.jit(jax.grad(lambda params: jnp.mean(record.problem.loss(params, data))))
    for place, step in enumerate(way.steps.tolist()):
        leaves = [jnp.asarray(array) for array in way.at(place).values()]
        params = jax.tree.unflatten(jax.tree.structure(record.params), leaves)
        wanted = [np.linalg.norm(leaf) for leaf in jax.tree.leaves(mean_gradient(params))]
        assert found.steps[step] == step + 1
        assert np.allclose(found.gradients[:, step], wanted, rtol=1e-4)


def test_measured_gradients_are_taken_from_the_record(record):
    own = fl.train(record.problem, fl.Adam(lr=0.02), batch_size="full", epochs=12, probes=[fl.GradNorms(every=3)])
    found = fl.layers(own, moments=2)
    assert found.steps.tolist() == [1, 4, 7, 10]
    assert np.array_equal(found.gradients[1], own.history["grad_norm/0.w"][::3].astype(np.float64))


def test_histograms_and_ratios_are_those_of_the_looks(record, found):
    assert found.moments.tolist() == [0, 4, 7, 11]
    way = fl.trail(record, points=sorted({*found.moments.tolist(), *(found.moments + 1).tolist()}))
    place = {step: i for i, step in enumerate(way.steps.tolist())}
    assert list(found.weights) == list(found.updates) == ["0.w", "1.w"]
    for k, step in enumerate(found.moments.tolist()):
        before, after = way.at(place[step])["1.w"].astype(np.float64), way.at(place[step + 1])["1.w"]
        assert np.array_equal(found.weights["1.w"].counts[k], np.histogram(before, found.weights["1.w"].edges)[0])
        assert np.array_equal(
            found.updates["1.w"].counts[k], np.histogram(after - before, found.updates["1.w"].edges)[0]
        )
        assert found.updates["1.w"].counts[k].sum() == before.size
        ratio = np.linalg.norm(after - before) / np.linalg.norm(before)
        assert found.ratios[found.names.index("1.w"), k] == pytest.approx(ratio)


def test_the_pictures(found):
    gradients, weights, updates = (found.plot(of).svg for of in ("gradients", "weights", "updates"))
    assert "gradient norm" in gradients
    assert "Weights of adam" in weights
    first, last = 100 * found.ratios[1, [0, -1]]
    assert f"0.w: {first:.2g}% to {last:.2g}%" in updates
    with pytest.raises(fl.FalllineError, match="of='loss'"):
        found.plot("loss")


def test_runs_that_took_no_good_step_are_refused():
    bad = fl.Problem(init=lambda key: jnp.ones(2), loss=lambda w, batch: jnp.sum(jnp.log(w - 2)))
    with pytest.raises(fl.FalllineError, match="failed in its first step"):
        fl.layers(fl.train(bad, fl.SGD(lr=0.1), steps=3))
