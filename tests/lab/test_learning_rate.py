"""The learning rate found, beside closed forms and plain training."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_rows
from tests.engine.test_streaming import Blocks

import fallline as fl
from fallline.lab.rate_search import Search, rate, vertex

RNG = np.random.default_rng(5)
X = RNG.normal(size=(60, 3)).astype(np.float32)
Y = (X @ np.array([1.0, -2.0, 0.5]) + 0.3 * RNG.normal(size=60)).astype(np.float32)


@pytest.fixture(scope="module")
def regression():
    data = fl.Data(train=(X[:40], Y[:40]), validation=(X[40:], Y[40:]))
    return fl.Problem(init=line, loss=squared_rows, data=data, predict=fit)


@pytest.fixture(scope="module")
def found(regression):
    return fl.find_lr(regression, fl.SGD, batch_size=8, epochs=4, seeds=2)


def bowl(low, high):
    def init(key):
        return jax.random.normal(key, (2,)) + 3.0

    return fl.Problem(init=init, loss=lambda w, batch: (low * w[0] ** 2 + high * w[1] ** 2) / 2)


def test_the_best_rate_and_the_limit_of_a_quadratic():
    """Gradient descent is fastest at 2 / (λmin + λmax), and grows beyond 2 / λmax."""
    found = fl.find_lr(bowl(1.0, 10.0), fl.SGD, batch_size="full", steps=60, seeds=1)
    assert found.lr == pytest.approx(2 / 11, rel=0.25)
    assert found.limit == pytest.approx(0.2, rel=1e-3)
    assert found.low <= found.lr <= found.high


@pytest.mark.parametrize(
    ("method", "times"), [(fl.Momentum(beta=0.5), 1.5), (fl.Nesterov(lr=0.01, beta=0.5), 0.75)], ids=str
)
def test_the_limit_is_the_methods_own(method, times):
    found = fl.find_lr(bowl(1.0, 10.0), method, steps=16, seeds=1)
    assert found.limit == pytest.approx(times * 0.2, rel=1e-3)


def test_trainings_before_and_after_are_the_same_bits(regression, found):
    choices = {"batch_size": 8, "epochs": 2, "seed": 3}
    before = fl.train(regression, fl.Adam, **choices)
    held = [np.array(leaf) for leaf in jax.tree.leaves(regression.data)]
    fl.find_lr(regression, fl.Adam, **choices, seeds=1)
    after = fl.train(regression, fl.Adam, **choices)
    assert all(np.array_equal(before.arrays[name], after.arrays[name]) for name in before.arrays)
    assert np.array_equal(before.history["loss"], after.history["loss"])
    assert all(np.array_equal(one, two) for one, two in zip(held, jax.tree.leaves(regression.data), strict=True))


def test_the_same_question_has_the_same_answer(regression, found):
    again = fl.find_lr(regression, fl.SGD, batch_size=8, epochs=4, seeds=2)
    assert (again.lr, again.low, again.high, again.reason) == (found.lr, found.low, found.high, found.reason)


def test_training_with_it_is_nearly_the_best_of_a_grid(regression, found):
    def reached(lr):
        runs = [fl.train(regression, fl.SGD(lr=lr), batch_size=8, epochs=4, seed=seed) for seed in range(3)]
        return np.median([np.inf if run.outcome.failed else run.epochs["val_loss"][-1] for run in runs])

    assert reached(found.lr) <= 1.1 * min(map(reached, np.geomspace(1e-3, 0.5, 8)))
    assert found.sure


def test_what_it_says(found):
    assert found.reason == "lowest validation loss after all 20 steps, 2 seeds"
    assert f"{found.lr:g} (good between" in repr(found)
    assert found.plot().svg in found._repr_html_()
    assert found.method == fl.SGD(lr=found.lr)
    assert [len(curve.lrs) == len(curve.losses) for curve in found.curves] == [True, True]
    assert found.steps >= 20 * len(found.curves[0].lrs)


def test_none_of_the_trials_is_the_trainings_own(found):
    assert {curve.seed for curve in found.curves} == {2**31, 2**31 + 1}


def test_a_schedule_keeps_its_shape(regression):
    found = fl.find_lr(regression, fl.SGD(lr=fl.Cosine(0.3, steps=20, warmup=2)), batch_size=8, epochs=4, seeds=1)
    assert found.method.lr == fl.Cosine(found.lr, steps=20, warmup=2)


class Fixed(fl.Method):
    """A step of a length that is its own."""

    def rule(self, xp, g, p, s, t):
        return -0.01 * g, {}


@pytest.mark.parametrize(
    ("method", "lr", "said"),
    [(fl.Prodigy, 1.0, "works out its own rate"), (fl.DoG, 1.0, "works out"), (Fixed(), None, "it needs none")],
)
def test_methods_that_need_none(regression, method, lr, said):
    found = fl.find_lr(regression, method)
    assert found.lr == lr
    assert said in found.reason
    assert found.sure
    assert found.steps == 0


def test_a_longer_training_wants_a_smaller_rate_than_its_trials(monkeypatch):
    monkeypatch.setattr("fallline.lab.learning_rate.SECONDS", 1e-3)
    x = RNG.normal(size=(400, 3)).astype(np.float32)
    problem = fl.Problem(init=line, loss=squared_rows, data=(x, x.sum(1) + RNG.normal(size=400).astype(np.float32)))
    found = fl.find_lr(problem, fl.SGD, batch_size=2, epochs=10)
    assert "lowered for 2,000 steps" in found.reason
    assert found.steps < 0.4 * 2000
    assert found.lr < found.curves[0].lrs[np.argmin(found.curves[0].losses)]


def test_a_loss_that_is_no_number_from_the_start():
    problem = fl.Problem(init=lambda key: jnp.full(2, -1.0), loss=lambda w, batch: jnp.sum(jnp.log(w)))
    with pytest.raises(fl.FalllineError, match="not finite at the first parameters"):
        fl.find_lr(problem, fl.SGD, steps=16, seeds=1)


def test_a_loss_that_always_blows_up():
    problem = fl.Problem(
        init=lambda key: jnp.ones(()), loss=lambda w, batch: jnp.exp(-jnp.exp(30 * w)) * 1e30 - w * 1e30
    )
    with pytest.raises(fl.FalllineError, match="with no rate from"):
        fl.find_lr(problem, fl.SGD(lr=1.0), steps=16, seeds=1)


def test_a_loss_that_no_rate_changes_is_doubted():
    problem = fl.Problem(init=lambda key: jnp.ones(2), loss=lambda w, batch: 5.0 + 1e-9 * jnp.sum(w))
    found = fl.find_lr(problem, fl.SGD, steps=16, seeds=1)
    assert not found.sure
    assert "hardly depends" in found.reason
    assert "?" in repr(found)


def test_a_model_with_state():
    def init(key):
        return line(key), jnp.zeros(())

    def loss(params, model_state, batch):
        return jnp.mean(squared_rows(params, batch)), model_state + 1

    problem = fl.Problem(init=init, loss=loss, data=(X, Y), stateful=True)
    assert 1e-3 < fl.find_lr(problem, fl.SGD, batch_size=25, epochs=5, seeds=1).lr < 1


def test_a_convolution():
    def init(key):
        return {"k": jax.random.normal(key, (3, 3, 1, 2)) / 3, "v": jnp.array([0.5, -1.0])}

    def loss(params, batch):
        out = jax.lax.conv_general_dilated(
            batch.x, params["k"], (1, 1), "SAME", dimension_numbers=("NHWC", "HWIO", "NHWC")
        )
        return (jnp.tanh(out).mean((1, 2)) @ params["v"] - batch.y) ** 2

    images = RNG.normal(size=(12, 5, 5, 1)).astype(np.float32)
    problem = fl.Problem(init=init, loss=loss, data=(images, images.mean((1, 2, 3))))
    found = fl.find_lr(problem, fl.Adam, batch_size=6, steps=8, seeds=1)
    assert found.lr > 0
    assert found.limit > 0


def test_of_a_stream_the_first_window_is_tried(monkeypatch):
    monkeypatch.setattr("fallline.engine.windows.WINDOW_ROWS", 16)
    blocks = Blocks(np.tile(X, (4, 1)), np.tile(Y, 4))  # sixteen windows, of which two more are read ahead
    streamed = fl.Problem(init=line, loss=squared_rows, data=fl.Data(train=blocks))
    found = fl.find_lr(streamed, fl.SGD, batch_size=8, epochs=1, seeds=1)
    assert 1e-3 < found.lr < 1
    assert "after all 30 steps" in found.reason
    assert len(set(blocks.reads)) < len(blocks.sizes)


@pytest.mark.parametrize("seeds", [0, 1.5])
def test_no_seeds(regression, seeds):
    with pytest.raises(fl.FalllineError, match="at least one"):
        fl.find_lr(regression, fl.SGD, seeds=seeds)


def test_a_place_is_walked_to():
    search = Search(None, [0], centre=0, horizon=64, wide=False)
    assert search.lowest(lambda place: (place - 11) ** 2, 0, 2) in (10, 12)
    assert search.lowest(lambda place: (place + 5) ** 2 if place < 3 else np.inf, 8, 1) == -5
    assert search.lowest(lambda place: -place, 0, 1) == 24


def test_a_vertex_is_that_of_the_parabola_and_never_beyond_half_way():
    assert vertex(2, 2, lambda x: 3 * (x - 2.7) ** 2 + 1) == pytest.approx(2.7)
    assert vertex(0, 1, lambda x: [0.0, 0.0, 8.0][int(x) + 1]) == -0.5
    assert vertex(0, 1, lambda x: np.inf if x > 0 else abs(x)) == 0.0
    assert rate(-4) == 0.1


def test_a_generator_is_not_used_up():
    made = ((X[i : i + 8], Y[i : i + 8]) for i in range(0, 32, 8))
    problem = fl.Problem(init=line, loss=squared_rows, data=fl.Data(train=fl.data.batches(made, steps_per_epoch=4)))
    with pytest.raises(fl.FalllineError, match="gives them once"):
        fl.find_lr(problem, fl.SGD, epochs=1)
    assert fl.train(problem, fl.SGD(lr=0.1), epochs=1).outcome == "finished"
