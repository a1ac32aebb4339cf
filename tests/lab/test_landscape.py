"""Landscapes against closed forms, and against other programs."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from sklearn.decomposition import PCA

import fallline as fl
from fallline.lab.directions import filter_normalised


def mean_loss(arrays, part):
    """The cross-entropy of a network of two layers, in NumPy."""
    w = {path: array.astype(np.float64) for path, array in arrays.items()}
    logits = np.maximum(part.x @ w["0.w"] + w["0.b"], 0) @ w["1.w"] + w["1.b"]
    return np.mean(np.log(np.exp(logits).sum(axis=1)) - logits[np.arange(len(part.y)), part.y])


def at(record, found, x, y):
    """The parameters at a point of a plane, by path."""
    u, v = found.directions
    return {path: record.arrays[path] + x * u[path] + y * v[path] for path in record.arrays}


@pytest.fixture(scope="module")
def iris():
    problem = fl.problems.for_data("iris", model="mlp(6)")
    return [fl.train(problem, fl.Adam(lr=0.02), epochs=4, seed=seed) for seed in (0, 1)]


@pytest.fixture(scope="module")
def bowl():
    """½ Σ hᵢ wᵢ² without data: its loss at w + d is known."""
    h = jnp.array([1.0, 10.0, 3.0])
    return fl.Problem(init=lambda key: jnp.array([1.0, 1.0, -2.0]), loss=lambda w, batch: 0.5 * jnp.sum(h * w**2))


def test_a_quadratic_is_its_closed_form(bowl):
    record = fl.train(bowl, fl.SGD(lr=0.05), steps=8)
    found = fl.landscape(record, size=9, span=2.0)
    h, w = np.array([1.0, 10.0, 3.0]), record.arrays["params"].astype(np.float64)
    u, v = (direction["params"] for direction in found.directions)
    points = w + found.x[None, :, None] * u + found.y[:, None, None] * v
    assert np.allclose(found.loss, 0.5 * (points**2 * h).sum(axis=-1), rtol=1e-5)
    assert (found.x[0], found.x[-1]) == (-2.0, 2.0)


def test_a_plane_through_a_network_point_by_point(iris):
    record = iris[0]
    found = fl.landscape(record, size=5, rows=40, seed=2)
    assert found.rows == 40
    whole = fl.landscape(record, size=5)
    part = record.problem.data.train
    for i, j in ((0, 0), (1, 4), (2, 2), (4, 3)):
        wanted = mean_loss(at(record, whole, whole.x[j], whole.y[i]), part)
        assert whole.loss[i, j] == pytest.approx(wanted, rel=1e-5)
    assert whole.at_model == pytest.approx(mean_loss(record.arrays, part), rel=1e-6)
    assert not np.array_equal(found.loss, whole.loss)
    assert np.array_equal(found.loss, fl.landscape(record, size=5, rows=40, seed=2).loss)


def test_filters_have_the_models_own_lengths():
    rng = np.random.default_rng(0)
    own = {"conv": rng.normal(size=(3, 3, 2, 5)), "dense": rng.normal(size=(7, 4)), "b": rng.normal(size=4)}
    own["dense"][:, 1] = 0
    for found in filter_normalised(own, seed=3):
        for i in range(5):
            wanted = np.linalg.norm(own["conv"][..., i].ravel())
            assert np.linalg.norm(found["conv"][..., i].ravel()) == pytest.approx(wanted)
        assert np.allclose(np.linalg.norm(found["dense"], axis=0), np.linalg.norm(own["dense"], axis=0))
        assert not found["b"].any()
    u, v = filter_normalised(own, seed=3)
    assert abs(u["conv"].ravel() @ v["conv"].ravel()) < 0.5 * np.linalg.norm(u["conv"]) * np.linalg.norm(v["conv"])


def test_the_pca_plane_is_scikit_learns(iris):
    record = iris[0]
    way = fl.trail(record, points=9)
    found = fl.landscape(record, plane="pca", size=5, way=way)
    judge = PCA(2).fit(way.flat())
    ours = np.stack([np.concatenate([d[path].ravel() for path in way.arrays]) for d in found.directions])
    assert np.allclose(np.abs(np.sum(judge.components_ * ours, axis=1)), 1, atol=1e-8)
    assert np.allclose(found.explained, judge.explained_variance_ratio_, atol=1e-8)
    relative = way.flat() - way.flat()[-1]
    assert np.allclose(found.way, relative @ ours.T, atol=1e-8)
    assert found.within == pytest.approx(np.sum((relative @ ours.T) ** 2) / np.sum(relative**2))
    assert found.x.min() < found.way[:, 0].min() < found.way[:, 0].max() < found.x.max()
    assert np.allclose(found.way[-1], 0)


def test_a_way_on_a_random_plane_is_the_nearest_point(iris):
    way = fl.trail(iris[0], points=4)
    found = fl.landscape(iris[0], size=3, way=way)
    axes = np.stack([np.concatenate([d[path].ravel() for path in way.arrays]) for d in found.directions])
    relative = way.flat() - way.flat()[-1]
    assert np.allclose(found.way.T, np.linalg.pinv(axes.T) @ relative.T, atol=1e-8)
    assert 0 < found.within < 1


def test_the_ends_of_a_line_are_the_runs(iris):
    first, second = iris
    found = fl.landscape(first, to=second, size=20)
    data = first.problem.data
    for record, place in zip(iris, (0.0, 1.0), strict=True):
        (i,) = np.flatnonzero(found.x == place)
        assert found.loss[i] == pytest.approx(mean_loss(record.arrays, data.train), rel=1e-6)
        wanted = mean_loss(record.arrays, data.validation)
        assert found.validation[i] == pytest.approx(wanted, rel=1e-6)
    assert found.plane == "line"
    assert found.at_model == found.loss[found.x == 0]


@pytest.mark.parametrize("at_once", [35, 40])
def test_rows_are_taken_a_few_at_once(iris, monkeypatch, at_once):
    monkeypatch.setattr("fallline.engine.blend.ROWS", at_once)
    part = iris[0].problem.data.train
    found = fl.landscape(dataclasses.replace(iris[0], problem=dataclasses.replace(iris[0].problem)), size=3)
    assert found.at_model == pytest.approx(mean_loss(iris[0].arrays, part), rel=1e-6)


def test_weights_count():
    x, weight = np.arange(12.0, dtype=np.float32)[:, None], np.arange(12.0, dtype=np.float32)
    problem = fl.Problem(
        init=lambda key: jnp.ones((1, 2)), loss=lambda w, b: jnp.sum(b.x @ w, axis=1) - b.y, data=(x, x[:, 0], weight)
    )
    record = fl.train(problem, fl.SGD(lr=1e-4), steps=1)
    each = (x @ record.arrays["params"]).sum(axis=1) - x[:, 0]
    assert fl.landscape(record, size=3).at_model == pytest.approx(np.average(each, weights=weight), rel=1e-5)


def test_batch_statistics_stay_on_a_plane_and_are_blended_on_a_line():
    """A model whose loss is w · s, with a state s that the first step sets to 1 + the seed's draw."""

    def init(key):
        return jnp.ones((1, 2)), {"s": jnp.zeros(()), "count": jnp.zeros((), jnp.int32)}

    def loss(w, state, batch):
        return jnp.sum(w**2) * (1 + state["s"]) * batch.x.mean(), {"s": state["s"] + 1, "count": state["count"] + 1}

    problem = fl.Problem(init=init, loss=loss, data=np.ones(8, np.float32), stateful=True)
    one, three = (fl.train(problem, fl.SGD(lr=0.01), batch_size=8, steps=steps) for steps in (1, 3))
    found = fl.landscape(one, size=3)
    w, u = one.arrays["params"], found.directions[0]["params"]
    assert found.loss[1, 2] == pytest.approx(float(np.sum((w + u) ** 2)) * 2, rel=1e-5)
    line = fl.landscape(one, to=three, size=7)
    assert line.loss[line.x == 0] == pytest.approx(float(np.sum(one.arrays["params"] ** 2)) * 2, rel=1e-5)
    assert line.loss[line.x == 1] == pytest.approx(float(np.sum(three.arrays["params"] ** 2)) * 4, rel=1e-5)
    between = line.x == line.x[np.argmin(np.abs(line.x - 0.5))]
    t = float(line.x[between][0])
    blended = (1 - t) * one.arrays["params"] + t * three.arrays["params"]
    assert line.loss[between] == pytest.approx(float(np.sum(blended**2)) * (1 + (1 - t) + 3 * t), rel=1e-5)


def test_convolutions_are_called_point_by_point():
    images = np.random.default_rng(0).normal(size=(8, 4, 4, 1)).astype(np.float32)

    def loss(w, batch):
        y = jax.lax.conv_general_dilated(batch.x, w, (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC"))
        return jnp.mean(y**2, axis=(1, 2, 3))

    problem = fl.Problem(init=lambda key: jax.random.normal(key, (3, 3, 1, 2)), loss=loss, data=images)
    record = fl.train(problem, fl.SGD(lr=0.01), batch_size=8, steps=2)
    found = fl.landscape(record, size=3)
    w, padded = at(record, found, 1.0, -1.0)["params"], np.pad(images, ((0, 0), (1, 1), (1, 1), (0, 0)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(1, 2))
    wanted = np.mean(np.einsum("nijchw,hwco->nijo", windows, w) ** 2)
    assert found.loss[0, 2] == pytest.approx(wanted, rel=1e-4)


def test_streamed_rows_are_drawn_from_blocks(tmp_path):
    rng = np.random.default_rng(0)
    table = {"a": rng.normal(size=60), "b": rng.normal(size=60)}
    lines = ["a,b,y", *(f"{a:.4f},{b:.4f},{a + b:.4f}" for a, b in zip(*table.values(), strict=True))]
    (tmp_path / "t.csv").write_text("\n".join(lines))
    problem = fl.problems.for_data(str(tmp_path / "t.csv"), model="linear", target="y", stream=True)
    record = fl.train(problem, fl.SGD(lr=0.1), batch_size=8, epochs=1)
    found = fl.landscape(record, size=3, rows=20)
    assert found.rows == 20
    assert "blocks of the stream" in found.notes[0]


def test_losses_that_are_not_finite_are_counted():
    problem = fl.Problem(init=lambda key: jnp.array([[1.0, 2.0]]), loss=lambda w, batch: jnp.sum(jnp.log(w)))
    found = fl.landscape(fl.train(problem, fl.SGD(lr=0.01), steps=1), size=5, span=3.0)
    lost = int(np.count_nonzero(~np.isfinite(found.loss)))
    assert 0 < lost < 25
    assert found.notes == (f"{lost} of 25 losses are not finite.",)
    assert "not finite" in found.plot().svg


def test_a_diverged_run_is_drawn_and_told_of(bowl):
    record = fl.train(bowl, fl.SGD(lr=1.0), steps=500)
    found = fl.landscape(record, size=3)
    assert record.outcome.failed
    assert "last good one" in found.notes[0]


def test_refusals(iris, bowl):
    record = iris[0]
    other = dataclasses.replace(record, arrays={**record.arrays, "0.b": np.zeros(5, np.float32)}, tree=None)
    still = fl.Problem(init=lambda key: jnp.zeros((2, 2)), loss=lambda w, batch: jnp.sum(w**2))
    single = fl.Problem(init=lambda key: jnp.ones(1), loss=lambda w, batch: jnp.sum(w**2))
    nowhere, lonely = (fl.train(each, fl.SGD(lr=0.1), steps=3) for each in (still, single))
    straight = fl.train(
        fl.Problem(init=lambda key: jnp.array([1.0, 1.0]), loss=lambda w, batch: jnp.sum(w**2)), fl.SGD(lr=0.1), steps=3
    )
    for wanted, asked in (
        (r"other architectures: 0\.b \(6 and 5\)", lambda: fl.landscape(record, to=other)),
        ("same parameters", lambda: fl.landscape(record, to=record)),
        ("one is nearest to both models", lambda: fl.landscape(record, to=iris[1], size=3, span=10)),
        ("way of another model", lambda: fl.landscape(record, way=fl.trail(nowhere, points=2))),
        ("the way is a trail", lambda: fl.landscape(record, way=[0.0, 1.0])),
        ("is no record", lambda: fl.landscape("runs/a")),
        ("another model", lambda: fl.landscape(nowhere, problem=single)),
        ("needs the other run", lambda: fl.landscape(record, plane="line")),
        ("needs no other run", lambda: fl.landscape(record, plane="pca", to=iris[1])),
        ("plane must be one of", lambda: fl.landscape(record, plane="flat")),
        ("the line goes to another run", lambda: fl.landscape(record, to="runs/b")),
        ("span=0", lambda: fl.landscape(record, span=0)),
        ("span=inf", lambda: fl.landscape(record, span=np.inf)),
        ("span=1e[+]300", lambda: fl.landscape(record, span=1e300)),
        ("size=2: size must be from 3", lambda: fl.landscape(record, size=2)),
        ("rows=0", lambda: fl.landscape(record, rows=0)),
        ("its weights are 0", lambda: fl.landscape(nowhere)),
        ("it has one parameter", lambda: fl.landscape(lonely)),
        ("the run did not move", lambda: fl.landscape(nowhere, plane="pca")),
        ("along one straight line", lambda: fl.landscape(straight, plane="pca")),
        ("problem=", lambda: fl.landscape(dataclasses.replace(lonely, problem=None))),
    ):
        with pytest.raises(fl.FalllineError, match=wanted):
            asked()


def test_the_picture(iris):
    found = fl.landscape(iris[0], plane="pca", size=7)
    assert "adam, seed 0" in found.plot().svg
    assert f"{found.explained[0]:.1%}" in found.plot().svg
    assert "pca: 7 × 7 points, 105 rows each" in repr(found)
    assert found._repr_html_().count("<svg") == 1
