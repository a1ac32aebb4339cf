"""Methods that look at the loss, or ask for it at other points: the loss they see is the step's own."""

import jax
import jax.numpy as jnp
import numpy as np
import optax
import pytest
from tests.engine.linear import fit, line, squared_mean, squared_rows

import fallline as fl
from fallline.core.node import Scalar
from fallline.engine.order import Order


class Looking(fl.Method):
    """Gradient descent that asks for the loss where it stands, and keeps how far it is from the one it was given."""

    lr: Scalar = fl.hyper(0.05, range="(0, inf)", help="step size", rate=True)

    def shared(self, xp, params):
        return {"given": xp.zeros_like(self.lr), "asked": xp.zeros_like(self.lr)}

    def tree_rule(self, xp, at, t):
        asked = xp.asarray(at.value_at(at.params, self))
        return [-self.lr * g for g in at.grads], [{} for _ in at.grads], {"given": at.value, "asked": asked}

    def in_force(self, xp, state, dtype):
        return super().in_force(xp, state, dtype) | state["shared"]


def noise(key, batch):
    return jax.random.uniform(key, (batch.x.shape[0],))


def noisy_rows(params, batch, key):
    return squared_rows(params, batch) * noise(key, batch)


def noisy_mean_of_centred(params, model_state, batch, key):
    mean = 0.9 * model_state + 0.1 * batch.x.mean(0)
    rows = (fit(params, batch.x - mean) - batch.y) ** 2
    return jnp.mean(rows * noise(key, batch)), mean


def plain(regression, **changes):
    return fl.Problem(**{"init": line, "loss": squared_rows, "data": regression, **changes})


def stateful(regression):
    return plain(regression, init=lambda key: (line(key), jnp.zeros(3)), loss=noisy_mean_of_centred, stateful=True)


def weighted(regression):
    return plain(regression, data=(*regression, np.tile([1, 2], 25).astype(np.float32)))


PROBLEMS = {
    "a loss a row": plain,
    "their mean": lambda data: plain(data, loss=squared_mean),
    "weighted rows": weighted,
    "a random loss": lambda data: plain(data, loss=noisy_rows),
    "a stateful, random loss": stateful,
}
CHOICES = {
    "mini-batches, the last one incomplete": {"batch_size": 8},
    "all rows": {"batch_size": "full"},
    "all rows in micro-batches": {"batch_size": "full", "micro_batch": 6},
    "sums over micro-batches": {"batch_size": 8, "micro_batch": 3, "reduction": "sum"},
    "drawn with replacement": {"batch_size": 8, "sampling": "replacement", "last_batch": "drop"},
}


def assert_asked_is_given(problem, choices):
    record = fl.train(problem, Looking(), steps=10, **choices)
    asked, given, loss = (record.history[name] for name in ("asked", "given", "loss"))
    np.testing.assert_array_equal(given[1:], loss[:-1])
    # Compiled twice, a random loss over all rows is summed in another order; another key or state would tell apart.
    np.testing.assert_allclose(asked, given, rtol=3e-7)


MINI, IN_PIECES = "mini-batches, the last one incomplete", "all rows in micro-batches"
CASES = [
    ("a loss a row", MINI),
    ("a loss a row", IN_PIECES),
    ("their mean", MINI),
    ("weighted rows", IN_PIECES),
    ("a random loss", IN_PIECES),
    *(("a stateful, random loss", choices) for choices in CHOICES),
]


@pytest.mark.parametrize(("problem", "choices"), CASES)
def test_the_loss_asked_for_is_the_loss_given(problem, choices, regression):
    assert_asked_is_given(PROBLEMS[problem](regression), CHOICES[choices])


def centred_images(images):
    def loss(params, model_state, batch):
        mean = 0.9 * model_state + 0.1 * batch.x.mean()
        return jnp.mean(images.loss(params, batch._replace(x=batch.x - mean))), mean

    return loss


@pytest.mark.parametrize(
    ("form", "choices"),
    [("rows", IN_PIECES), ("random rows", MINI), ("stateful mean", MINI), ("stateful mean", IN_PIECES)],
)
def test_so_it_is_for_convolutions(form, choices, images):
    problem = images
    if form == "random rows":

        def loss(params, batch, key):
            return images.loss(params, batch) * noise(key, batch)

        problem = fl.Problem(init=images.init, loss=loss, data=images.data)
    if form == "stateful mean":

        def init(key):
            return images.init(key), jnp.zeros(())

        problem = fl.Problem(init=init, loss=centred_images(images), data=images.data, stateful=True)
    assert_asked_is_given(problem, CHOICES[choices])


def mean_loss(w, x, y):
    return ((x @ w[:3] + w[3] - y) ** 2).mean()


def slope(w, x, y):
    residual = x @ w[:3] + w[3] - y
    return 2 * np.append(x.T @ residual, residual.sum()) / len(y)


def flat(params):
    return np.append(params["w"], params["b"])


def by_hand(data, batch_size, steps, step):
    """Descend in NumPy float64; `step(w, x, y)` is the update on one batch."""
    x, y = (a.astype(np.float64) for a in data)
    block = Order(50, batch_size, "sequential" if batch_size == 50 else "shuffle", "use", 0).block(0, steps)
    w, losses = np.zeros(4), []
    for rows, valid in zip(block.rows, block.valid, strict=True):
        part = x[rows[:valid]], y[rows[:valid]]
        losses.append(mean_loss(w, *part))
        w = w + step(w, *part)
    return w, losses


def polyak_step(w, x, y):
    g = slope(w, x, y)
    return -min(0.3, mean_loss(w, x, y) / (g @ g)) * g


def armijo_step(w, x, y):
    g, rate = slope(w, x, y), 4.0
    while mean_loss(w - rate * g, x, y) > mean_loss(w, x, y) - 0.1 * rate * (g @ g):
        rate /= 2
    return -rate * g


LOOKERS = {
    "polyak": ("optax.polyak_sgd(max_learning_rate=0.3)", polyak_step),
    "backtracking": ("backtracking(lr=4, slope=0.1)", armijo_step),
}


@pytest.mark.parametrize(
    ("looker", "form", "batch_size", "micro_batch"),
    [
        ("polyak", "by_rows", 8, None),
        ("polyak", "by_mean", "full", 7),
        ("backtracking", "by_rows", 8, 3),
        ("backtracking", "by_rows", "full", 7),
        ("backtracking", "by_mean", 8, None),
    ],
)
def test_training_by_hand(request, regression, form, looker, batch_size, micro_batch):
    method, step = LOOKERS[looker]
    record = fl.train(request.getfixturevalue(form), method, batch_size=batch_size, micro_batch=micro_batch, steps=15)
    w, losses = by_hand(regression, 50 if batch_size == "full" else 8, 15, step)
    np.testing.assert_allclose(flat(record.params), w, rtol=2e-3, atol=1e-4)
    np.testing.assert_allclose(record.history["loss"], losses, rtol=2e-3)


@pytest.mark.parametrize("looker", LOOKERS)
def test_minimising_by_hand(looker):
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(50, 3)), rng.normal(size=50)
    method, step = LOOKERS[looker]
    with jax.enable_x64(True):
        path = fl.minimize(lambda w: jnp.mean((x @ w[:3] + w[3] - y) ** 2), np.zeros(4), method, steps=12)
    w, points = np.zeros(4), []
    for _ in range(13):
        points.append(w)
        w = w + step(w, x, y)
    np.testing.assert_allclose(path.x, points, rtol=1e-8, atol=1e-12)


def test_optax_lbfgs_is_optax_called_by_hand():
    surface, method = fl.surfaces.Rosenbrock(), optax.lbfgs()
    with jax.enable_x64(True):
        path = fl.minimize(surface, method="optax.lbfgs", steps=40)
        x, points = jnp.asarray(surface.start), []
        state = method.init(x)

        @jax.jit
        def step(x, state):
            value, grad = jax.value_and_grad(surface)(x)
            updates, state = method.update(grad, state, x, value=value, grad=grad, value_fn=surface)
            return x + updates, state

        for _ in range(41):
            points.append(np.asarray(x))
            x, state = step(x, state)
    np.testing.assert_allclose(path.x, points, rtol=1e-6, atol=1e-9)
    np.testing.assert_allclose(path.x[-1], 1, atol=1e-3)


@pytest.mark.parametrize("micro_batch", [7])
def test_lbfgs_trains_least_squares_to_its_solution(by_rows, regression, micro_batch):
    x, y = regression
    record = fl.train(by_rows, "optax.lbfgs", batch_size="full", micro_batch=micro_batch, steps=15)
    solution = np.linalg.lstsq(np.column_stack([x, np.ones(50)]), y, rcond=None)[0]
    np.testing.assert_allclose(flat(record.params), solution, atol=1e-3)


def test_lbfgs_and_backtracking_lower_the_loss_of_a_convolution_at_every_step(images):
    for method in ("optax.lbfgs", "backtracking(lr=8)"):
        record = fl.train(images, method, batch_size="full", micro_batch=6, steps=8)
        assert record.outcome == "finished"
        assert (np.diff(record.history["loss"]) < 0).all()


def test_differences_stand_for_the_gradient(by_rows, images):
    for problem, choices in ((by_rows, {"batch_size": 8, "micro_batch": 3}), (images, {"batch_size": 8})):
        measured = fl.train(problem, fl.FiniteDifference(lr=0.05), steps=6, **choices)
        exact = fl.train(problem, fl.SGD(lr=0.05), steps=6, **choices)
        np.testing.assert_allclose(measured.history["loss"], exact.history["loss"], rtol=1e-3)
        start = problem.init(jax.random.key(0))
        moved = [np.abs(p - start[name]).max() for name, p in exact.params.items()]
        assert max(moved) > 1e-3
        for name, p in exact.params.items():
            np.testing.assert_allclose(measured.params[name], p, atol=2e-2 * max(moved))
    path = fl.minimize(fl.surfaces.Booth(), method=fl.FiniteDifference(lr=0.05), steps=100)
    np.testing.assert_allclose(path.x[-1], [1, 3], atol=1e-3)


def test_inside_other_methods_the_loss_is_still_the_steps_own(by_rows):
    method = fl.chain(fl.ClipNorm(1e6), fl.by_path({"w": fl.chain(fl.ClipNorm(1e6), Looking()), "*": Looking()}))
    history = fl.train(by_rows, method, batch_size=8, micro_batch=3, steps=10).history
    columns = [name for name in history if name.endswith("asked")]
    assert len(columns) == 2
    for asked in columns:
        np.testing.assert_allclose(history[asked][1:], history["loss"][:-1], rtol=3e-7)
