"""What is measured at a place, beside closed forms, dense matrices and gradients row by row."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.flatten_util import ravel_pytree
from tests.compiling import lightly
from tests.engine.linear import fit, line, squared_mean, squared_rows

import fallline as fl
from fallline.core.errors import CannotTell
from fallline.engine.place import Place
from fallline.engine.program import clock

SPEC = fl.train(
    fl.Problem(init=lambda key: jnp.ones(1), loss=lambda w, batch: jnp.sum(w**2)), fl.SGD(lr=0.1), steps=1
).spec
"""The choices of a run that asks for nothing in particular."""

AT = {"w": np.array([0.5, -1.0, 2.0], np.float32), "b": np.float32(0.25)}


class ByHand:
    """Least squares in float64: rows' losses (w·x + b − y)² u, u the weight over the mean weight."""

    def __init__(self, rows, params, weight=None):
        x, y = (np.asarray(a, np.float64) for a in rows)
        u = np.ones(len(y)) if weight is None else weight / np.mean(weight)
        x1 = np.column_stack([np.ones(len(y)), x])  # b comes before w
        off = x1 @ np.append(params["b"], params["w"]).astype(np.float64) - y
        self.losses = u * off**2
        self.gradients = 2 * (u * off)[:, None] * x1
        self.hessian = 2 * (u[:, None] * x1).T @ x1 / len(y)
        centred = self.gradients - self.gradients.mean(0)
        self.trace = np.sum(centred**2) / (len(y) - 1)
        self.signal = np.sum(self.gradients.mean(0) ** 2) - self.trace / len(y)


def vector(named):
    return np.concatenate([np.ravel(named["b"]), np.ravel(named["w"])])


@pytest.mark.parametrize("weighted", [False, True])
def test_least_squares_in_closed_form(regression, rng, weighted):
    weight = rng.uniform(0.5, 2, 50).astype(np.float32) if weighted else None
    data = (*regression, weight) if weighted else regression
    place = Place.of(fl.Problem(init=line, loss=squared_rows, data=data), SPEC, AT)
    wanted, i = ByHand(regression, AT, weight), place.indices
    assert sorted(i) == list(range(50))
    assert place.names == ("b", "w")
    assert place.loss == pytest.approx(wanted.losses.mean(), rel=1e-5)
    np.testing.assert_allclose(place.row_losses, wanted.losses[i], rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(vector(place.gradient), wanted.gradients.mean(0), rtol=1e-4)
    assert place.grad_norm == pytest.approx(np.linalg.norm(wanted.gradients.mean(0)), rel=1e-5)
    np.testing.assert_allclose(place.row_norms, np.linalg.norm(wanted.gradients, axis=1)[i], rtol=1e-4)
    assert place.noise.trace == pytest.approx(wanted.trace, rel=1e-4)
    assert place.noise.signal == pytest.approx(wanted.signal, rel=1e-4)
    assert place.noise.scale == pytest.approx(wanted.trace / wanted.signal, rel=1e-3)
    values = np.linalg.eigvalsh(wanted.hessian)
    assert place.sharpness == pytest.approx(values[-1], rel=1e-3)
    assert place.lowest_curvature == pytest.approx(values[0], rel=1e-3)
    divisor = {"w": np.array([1.0, 2.0, 4.0]), "b": np.float64(0.5)}
    under = np.linalg.eigvals(wanted.hessian / vector(divisor)[:, None]).real.max()
    assert place.sharpness_under(divisor) == pytest.approx(under, rel=1e-3)
    moved = {name: AT[name] + np.float32(0.5) for name in AT}
    after = ByHand(regression, moved, weight).losses.mean()
    assert place.loss_after({name: np.full(AT[name].shape, 0.5) for name in AT}) == pytest.approx(after, rel=1e-5)


@pytest.mark.parametrize(("reduction", "share"), [("mean", 1), ("sum", 8)])
def test_the_penalty_counts_as_in_a_step(by_rows, reduction, share):
    """A sum of 8 rows with a penalty has the way of their mean with an eighth of it."""
    spec = fl.train(by_rows, fl.SGD(lr=1e-3), batch_size=8, steps=1, l2=3.0, reduction=reduction).spec
    plain, priced = Place.of(by_rows, SPEC, AT), Place.of(by_rows, spec, AT)
    assert priced.loss - plain.loss == pytest.approx(0.0)  # a vector is no matrix: nothing has a price
    rows = fl.Problem(init=line, loss=lambda p, b: squared_rows({"w": p["w"][0], "b": p["b"]}, b), data=by_rows.data)
    matrix = {"w": AT["w"][None], "b": AT["b"]}
    plain, priced = Place.of(rows, SPEC, matrix), Place.of(rows, spec, matrix)
    assert priced.loss - plain.loss == pytest.approx(1.5 * np.sum(AT["w"] ** 2) / share, rel=1e-4)
    np.testing.assert_allclose(priced.gradient["w"] - plain.gradient["w"], 3 * matrix["w"] / share, rtol=1e-4)
    np.testing.assert_array_equal(priced.row_losses, plain.row_losses)
    assert priced.noise == pytest.approx(plain.noise, rel=1e-5)


def tanh_loss(params, batch):
    return (jnp.tanh(batch.x @ params["w"]) @ params["v"] - batch.y) ** 2


def tanh_init(key):
    one, two = jax.random.split(key)
    return {"w": jax.random.normal(one, (3, 6)), "v": jax.random.normal(two, (6,))}


def dense(problem, params):
    flat, restored = ravel_pytree(params)
    hessian = lightly(jax.hessian(lambda flat: jnp.mean(problem.loss(restored(flat), problem.data.train))))(flat)
    return np.linalg.eigvalsh(np.asarray(hessian, np.float64))


@pytest.mark.parametrize("seed", range(4))
def test_curvatures_beside_the_dense_hessian(regression, seed):
    problem = fl.Problem(init=tanh_init, loss=tanh_loss, data=regression)
    place = Place.of(problem, SPEC, tanh_init(jax.random.key(seed)))
    values = dense(problem, place.params)
    assert values[0] < 0
    assert place.sharpness == pytest.approx(values[-1], rel=0.01)
    assert place.lowest_curvature == pytest.approx(values[0], rel=0.01)


def test_convolutions_have_rows_and_curvatures_too(images):
    place = Place.first(images, SPEC)
    y = images.data.train.y
    rows = jax.jacobian(lambda params: images.loss(params, images.data.train))
    own = np.concatenate([g.reshape(len(y), -1) for g in jax.tree.leaves(lightly(rows)(place.params))], axis=1)
    np.testing.assert_allclose(place.row_norms, np.linalg.norm(own, axis=1)[place.indices], rtol=1e-3)
    values = dense(images, place.params)
    assert place.sharpness == pytest.approx(values[-1], rel=0.01)
    assert place.lowest_curvature == pytest.approx(values[0], rel=0.01)


def test_a_loss_that_is_a_mean_has_a_gradient_and_a_noise_but_no_rows(by_rows, by_mean, rng):
    rows, mean = Place.of(by_rows, SPEC, AT), Place.of(by_mean, SPEC, AT)
    assert mean.loss == pytest.approx(rows.loss, rel=1e-6)
    assert mean.sharpness == pytest.approx(rows.sharpness, rel=1e-4)
    for name in ("row_losses", "row_norms"):
        with pytest.raises(CannotTell, match="one loss a row"):
            getattr(mean, name)
    x = rng.normal(size=(1600, 3)).astype(np.float32)
    data = x, (x.sum(1) + rng.normal(size=1600)).astype(np.float32)
    exact = Place.of(fl.Problem(init=line, loss=squared_rows, data=data), SPEC, AT).noise
    groups = Place.of(fl.Problem(init=line, loss=squared_mean, data=data), SPEC, AT).noise
    assert groups.trace == pytest.approx(exact.trace, rel=0.4)
    assert groups.signal == pytest.approx(exact.signal, rel=0.05)


def test_rows_that_belong_together(regression):
    def loss(params, model_state, batch, training=False):
        centre = batch.x.mean(0) if training else model_state
        return (fit(params, batch._replace(x=batch.x - centre).x) - batch.y) ** 2, centre

    def init(key):
        return line(key), jnp.zeros(3)

    place = Place.of(fl.Problem(init=init, loss=loss, data=regression, stateful=True), SPEC, AT, jnp.zeros(3))
    x = regression[0] - regression[0].mean(0)
    assert place.loss == pytest.approx(ByHand((x, regression[1]), AT).losses.mean(), rel=1e-5)
    assert place.row_losses.shape == (50,)
    with pytest.raises(CannotTell, match="belong together"):
        _ = place.row_norms
    assert np.isfinite(place.noise.trace)


def test_nothing_is_drawn_where_a_loss_can_do_without(regression):
    def loss(params, batch, key=None):
        return squared_rows(params, batch) + (0 if key is None else jax.random.normal(key, batch.y.shape))

    assert Place.of(fl.Problem(init=line, loss=loss, data=regression), SPEC, AT).loss == pytest.approx(
        ByHand(regression, AT).losses.mean(), rel=1e-5
    )


def test_the_sample_is_the_same_everywhere_and_drawn_without_replacement(rng):
    x = np.arange(5000, dtype=np.float32)
    problem = fl.Problem(init=lambda key: jnp.zeros(1), loss=lambda w, batch: batch.x * (1 + w[0]), data=(x, x))
    one, other = Place.first(problem, SPEC), Place.of(problem, SPEC, np.ones(1, np.float32))
    np.testing.assert_array_equal(one.indices, other.indices)
    assert len(set(one.indices.tolist())) == 2048
    np.testing.assert_array_equal(one.row_losses, x[one.indices])
    assert np.any(np.diff(one.indices) < 0)


def test_a_runs_first_and_last_place(by_rows):
    record = fl.train(by_rows, fl.SGD(lr=0.1), batch_size="full", steps=30)
    first, end = Place.first(by_rows, record.spec), Place.at(by_rows, record.spec, record)
    assert first.loss == pytest.approx(record.history["loss"][0], rel=1e-6)
    assert first.grad_norm == pytest.approx(record.history["grad_norm"][0], rel=1e-5)
    assert {name: array.tolist() for name, array in end.arrays.items()} == {
        name: array.tolist() for name, array in record.arrays.items()
    }
    assert end.loss < record.history["loss"][-1]


def test_the_second_place_of_a_problem_compiles_nothing(by_rows):
    def ask(place):
        return place.loss, place.row_norms, place.noise, place.sharpness, place.lowest_curvature, place.activations

    ask(Place.first(by_rows, SPEC))
    before = clock.programs
    other = Place.of(by_rows, SPEC, AT)
    ask(other)
    other.sharpness_under({name: np.ones_like(array) for name, array in other.arrays.items()})
    other.loss_after(other.gradient)
    assert clock.programs == before


def test_unused_by_the_program_not_by_the_gradient(regression):
    """An array whose gradient is 0 here, or that is stopped, does enter the loss."""

    def loss(params, batch):
        stopped = jax.lax.stop_gradient(params["stopped"])
        unread = jax.jit(lambda p: (p["w"], p["unread"] * 2))(params)[0]
        return (batch.x @ unread * params["zero"] + stopped - batch.y) ** 2

    names = ("w", "zero", "stopped", "unread", "alone")
    params = {name: np.zeros(3 if name == "w" else (), np.float32) for name in names}
    place = Place.of(fl.Problem(init=lambda key: params, loss=loss, data=regression), SPEC, params)
    assert place.unused == ("alone", "unread")


def test_without_data():
    saddle = fl.Problem(init=lambda key: jnp.array([1.0, 2.0]), loss=lambda w, batch: w[0] ** 2 - 3 * w[1] ** 2)
    place = Place.first(saddle, SPEC)
    assert (place.loss, place.names) == (-11.0, ("params",))
    assert (place.sharpness, place.lowest_curvature) == pytest.approx((2.0, -6.0), rel=1e-4)
    for name in ("row_losses", "row_norms"):
        with pytest.raises(CannotTell, match="no data"):
            getattr(place, name)
    with pytest.raises(CannotTell, match="two rows"):
        _ = place.noise


def test_what_cannot_be_had_says_why(regression):
    def of(function):
        problem = fl.Problem(init=line, loss=lambda p, b: function(fit(p, b.x) - b.y), data=regression)
        return Place.of(problem, SPEC, AT)

    @jax.custom_vjp
    def squared(z):
        return z**2

    squared.defvjp(lambda z: (z**2, z), lambda z, g: (jax.pure_callback(np.asarray, z, 2 * z * g),))
    with pytest.raises(CannotTell, match="calls Python"):
        _ = of(squared).sharpness
    with pytest.raises(CannotTell, match="not finite"):
        _ = of(lambda z: jnp.log(z - z)).sharpness
