"""Training, against loops written by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from tests.engine.linear import fit, line, squared_rows

import fallline as fl
from fallline.engine.order import Order
from fallline.engine.program import clock


def gradient_by_hand(w, b, x, y):
    residual = x @ w + b - y
    return 2 * x.T @ residual / len(y), 2 * residual.mean()


def descend_by_hand(x, y, batches, lr):
    """Gradient descent in NumPy float64, with the mean loss of each batch."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    w, b, losses = np.zeros(3), 0.0, []
    for rows in batches:
        losses.append(((x[rows] @ w + b - y[rows]) ** 2).mean())
        gw, gb = gradient_by_hand(w, b, x[rows], y[rows])
        w, b = w - lr * gw, b - lr * gb
    return w, b, losses


def batches_of(order, steps):
    block = order.block(0, steps)
    return [rows[:valid] for rows, valid in zip(block.rows, block.valid, strict=True)]


@pytest.mark.parametrize(
    ("form", "sampling", "last_batch"),
    [
        ("by_rows", "shuffle", "use"),
        ("by_rows", "replacement", "drop"),
        ("by_rows", "sequential", "drop"),
        ("by_mean", "shuffle", "drop"),
        ("by_mean", "replacement", "use"),
        ("by_mean", "sequential", "use"),
    ],
)
def test_mini_batches_descend_as_by_hand(request, regression, form, sampling, last_batch):
    record = fl.train(
        request.getfixturevalue(form),
        fl.SGD(lr=0.05),
        batch_size=8,
        epochs=3,
        seed=5,
        sampling=sampling,
        last_batch=last_batch,
    )
    order = Order(50, 8, sampling, last_batch, 5)
    w, b, losses = descend_by_hand(*regression, batches_of(order, 3 * order.steps_per_epoch), lr=0.05)
    np.testing.assert_allclose(record.params["w"], w, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(record.params["b"], b, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(record.history["loss"], losses, rtol=1e-4)


@pytest.mark.parametrize(
    ("form", "micro_batch"),
    [("by_rows", None), ("by_rows", 7), ("by_rows", 80), ("by_mean", None), ("by_mean", 1), ("by_mean", 25)],
)
def test_full_batch_is_the_exact_gradient_whatever_the_micro_batch(request, regression, form, micro_batch):
    record = fl.train(
        request.getfixturevalue(form), fl.SGD(lr=0.1), batch_size="full", steps=20, micro_batch=micro_batch
    )
    w, _, losses = descend_by_hand(*regression, [np.arange(50)] * 20, lr=0.1)
    np.testing.assert_allclose(record.params["w"], w, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(record.history["loss"], losses, rtol=1e-4)
    assert record.history["samples"][-1] == 1000


def test_large_batches_are_accumulated_exactly(by_rows):
    whole = fl.train(by_rows, fl.SGD(lr=0.05), batch_size=20, epochs=4)
    pieces = fl.train(by_rows, fl.SGD(lr=0.05), batch_size=20, epochs=4, micro_batch=6)
    np.testing.assert_allclose(pieces.params["w"], whole.params["w"], rtol=1e-5)


def test_full_batch_converges_to_the_least_squares_solution(by_rows, regression):
    x, y = regression
    record = fl.train(by_rows, fl.SGD(lr=0.2), batch_size="full", steps=400)
    solution = np.linalg.lstsq(np.column_stack([x, np.ones(50)]), y, rcond=None)[0]
    np.testing.assert_allclose(record.params["w"], solution[:3], atol=1e-4)
    np.testing.assert_allclose(record.params["b"], solution[3], atol=1e-4)


def test_a_sum_is_a_mean_with_the_rate_times_the_rows(by_rows):
    mean = fl.train(by_rows, fl.SGD(lr=0.1), batch_size="full", steps=10)
    total = fl.train(by_rows, fl.SGD(lr=0.1 / 50), batch_size="full", steps=10, reduction="sum")
    np.testing.assert_allclose(total.params["w"], mean.params["w"], rtol=1e-4)
    np.testing.assert_allclose(total.history["loss"], 50 * mean.history["loss"], rtol=1e-4)


def test_weights_count_as_repeated_rows(regression):

    x, y = regression
    weight = np.tile([1, 2], 25)
    weighted = fl.Problem(init=line, loss=squared_rows, data=(x, y, weight.astype(np.float32)))
    repeated = fl.Problem(init=line, loss=squared_rows, data=(np.repeat(x, weight, 0), np.repeat(y, weight)))
    one, two = (fl.train(p, fl.SGD(lr=0.1), batch_size="full", steps=15) for p in (weighted, repeated))
    np.testing.assert_allclose(one.params["w"], two.params["w"], rtol=1e-4)
    np.testing.assert_allclose(one.history["loss"], two.history["loss"], rtol=1e-4)


def test_the_same_seed_gives_the_same_bits_and_another_does_not(by_rows):
    runs = [fl.train(by_rows, fl.Adam(lr=0.01), batch_size=8, epochs=3, seed=s) for s in (1, 1, 2)]
    assert np.array_equal(runs[0].params["w"], runs[1].params["w"])
    assert not np.array_equal(runs[0].history["loss"], runs[2].history["loss"])


def test_history_has_a_row_a_step(by_rows):
    record = fl.train(by_rows, fl.SGD(lr=fl.Exponential(0.1, decay=0.5, every=7)), batch_size=8, epochs=2)
    history = record.history
    assert list(history["step"]) == list(range(1, 15))
    assert list(history["samples"]) == [8, 16, 24, 32, 40, 48, 50, 58, 66, 74, 82, 90, 98, 100]
    np.testing.assert_allclose(history["lr"], 0.1 * 0.5 ** (np.arange(14) / 7), rtol=1e-5)
    assert (np.diff(history["seconds"]) >= 0).all()
    first = gradient_by_hand(
        np.zeros(3), 0.0, *(a[Order(50, 8, "shuffle", "use", 0).block(0, 1).rows[0]] for a in by_rows.data.train)
    )
    np.testing.assert_allclose(history["grad_norm"][0], np.hypot(np.linalg.norm(first[0]), first[1]), rtol=1e-5)


def test_epochs_carry_train_and_validation_values(regression):

    x, y = regression
    problem = fl.Problem(
        init=line,
        loss=squared_rows,
        predict=fit,
        data=fl.Data(train=(x[:30], y[:30]), validation=(x[30:40], y[30:40]), test=(x[40:], y[40:])),
        metrics={"worst": lambda y_pred, y_true: np.abs(y_pred - y_true).max()},
    )
    record = fl.train(problem, fl.SGD(lr=0.05), batch_size=8, epochs=3)
    assert list(record.epochs["epoch"]) == [1, 2, 3]
    assert list(record.epochs["step"]) == [4, 8, 12]
    sizes = np.array([8, 8, 8, 6])
    np.testing.assert_allclose(
        record.epochs["train_loss"][0], (record.history["loss"][:4] * sizes).sum() / 30, rtol=1e-5
    )
    error = fit(record.params, x[30:40]) - y[30:40]
    np.testing.assert_allclose(record.epochs["val_loss"][-1], (error**2).mean(), rtol=1e-5)
    np.testing.assert_allclose(record.epochs["val_worst"][-1], np.abs(error).max(), rtol=1e-5)
    error = fit(record.params, x[40:]) - y[40:]
    np.testing.assert_allclose(record.test["worst"], np.abs(error).max(), rtol=1e-5)


def test_steps_and_epochs_end_at_whichever_comes_first(by_rows):
    assert len(fl.train(by_rows, fl.SGD, batch_size=10, epochs=3, steps=4).history["loss"]) == 4
    assert len(fl.train(by_rows, fl.SGD, batch_size=10, epochs=3, steps=400).history["loss"]) == 15
    assert len(fl.train(by_rows, fl.SGD, batch_size=10).history["loss"]) == 50


def test_the_target_loss_stops_the_run_at_an_epochs_end(by_rows):
    record = fl.train(by_rows, fl.SGD(lr=0.05), batch_size=10, epochs=500, target_loss=0.5)
    assert record.outcome == "target_reached"
    assert record.epochs["train_loss"][-1] <= 0.5 < record.epochs["train_loss"][-2]
    assert len(record.history["loss"]) == 5 * len(record.epochs["epoch"])


def test_divergence_is_an_outcome_with_the_last_good_parameters(by_rows, regression):
    x, y = regression
    record = fl.train(by_rows, fl.SGD(lr=5.0), batch_size="full", steps=100)
    assert record.outcome == "diverged"
    assert len(record.history["loss"]) < 100
    loss = ((x @ record.params["w"] + record.params["b"] - y) ** 2).mean()
    np.testing.assert_allclose(loss, record.history["loss"][-2], rtol=1e-3)
    assert fl.train(by_rows, fl.SGD(lr=1e30), epochs=1).outcome == "diverged"


def test_a_loss_that_is_not_finite_is_told_apart_from_divergence(regression):

    def logarithm(params, batch):
        return -jnp.log(fit(params, batch.x) + 0.05 * batch.y)

    record = fl.train(fl.Problem(init=line, loss=logarithm, data=regression), fl.SGD(lr=0.01), epochs=2)
    assert record.outcome == "nonfinite"
    assert np.isfinite(record.params["w"]).all()


def test_a_convolution_is_stepped_as_the_same_descent(images):
    """On a CPU convolutions leave the compiled loop; the descent must be the plain one all the same."""
    x, y = images.data.train
    params = jax.jit(images.init)(jax.random.fold_in(jax.random.key(0), 0))
    step = jax.jit(jax.grad(lambda p, x, y: images.loss(p, fl.Data(train=(x, y)).train).mean()))
    for rows in batches_of(Order(20, 8, "shuffle", "use", 0), 6):
        params = jax.tree.map(lambda p, g: p - 0.5 * g, params, step(params, x[rows], y[rows]))
    for micro_batch in (None, 3):
        record = fl.train(images, fl.SGD(lr=0.5), batch_size=8, epochs=2, micro_batch=micro_batch)
        np.testing.assert_allclose(record.params["kernel"], params["kernel"], rtol=1e-4, atol=1e-6)
    full = fl.train(images, fl.SGD(lr=0.5), batch_size="full", epochs=2, micro_batch=6)
    whole = fl.train(images, fl.SGD(lr=0.5), batch_size="full", epochs=2)
    np.testing.assert_allclose(full.params["kernel"], whole.params["kernel"], rtol=1e-4, atol=1e-6)


def test_a_stepwise_run_stops_where_it_must(images):
    diverged = fl.train(images, fl.SGD(lr=1e30), epochs=5, batch_size=8)
    assert diverged.outcome == "diverged"
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(diverged.params))
    reached = fl.train(images, fl.SGD(lr=0.5), epochs=50, batch_size=8, target_loss=0.68)
    assert reached.outcome == "target_reached"
    again = fl.train(images, fl.SGD(lr=0.5), epochs=len(reached.epochs["epoch"]), batch_size=8)
    assert np.array_equal(reached.params["kernel"], again.params["kernel"])


def test_nesterov_reports_the_point_it_looks_ahead_from(by_rows, regression):
    x, y = regression
    record = fl.train(by_rows, fl.Nesterov(lr=0.02, beta=0.8, form="look_ahead"), batch_size="full", steps=25)
    w, v = np.zeros(4), np.zeros(4)
    for _ in range(25):
        ahead = w + 0.8 * v
        v = 0.8 * v - 0.02 * np.append(*gradient_by_hand(ahead[:3], ahead[3], x, y))
        w = w + v
    np.testing.assert_allclose(np.append(record.params["w"], record.params["b"]), w, rtol=1e-4)


def test_model_state_and_keys_are_carried(regression):
    x, y = regression

    def init(key):
        return jnp.zeros(3), {"mean": jnp.zeros(3), "seen": jnp.zeros((), jnp.int32)}

    def loss(params, model_state, batch, key):
        noise = jax.random.normal(key, ())
        state = {"mean": 0.9 * model_state["mean"] + 0.1 * batch.x.mean(0), "seen": model_state["seen"] + 1}
        return jnp.mean((batch.x @ params - batch.y) ** 2) + noise, state

    problem = fl.Problem(init=init, loss=loss, data=(x, y), stateful=True)
    record = fl.train(problem, fl.SGD(lr=0.01), batch_size=20, epochs=2)
    assert record.model_arrays["seen"] == 6
    mean = np.zeros(3)
    for rows in batches_of(Order(50, 20, "shuffle", "use", 0), 6):
        mean = 0.9 * mean + 0.1 * x[rows].mean(0)
    np.testing.assert_allclose(record.model_arrays["mean"], mean, rtol=1e-4, atol=1e-6)
    quiet = fl.train(by_mean_without_noise(x, y), fl.SGD(lr=0.01), batch_size=20, epochs=2)
    noise = record.history["loss"] - quiet.history["loss"]
    assert len(set(noise.round(4))) == 6


def by_mean_without_noise(x, y):
    return fl.Problem(init=lambda key: jnp.zeros(3), loss=lambda p, b: jnp.mean((b.x @ p - b.y) ** 2), data=(x, y))


def test_a_batch_has_the_form_of_the_data(rng):
    x = rng.normal(size=(12, 2)).astype(np.float32)
    rows_only = fl.Problem(init=lambda key: jnp.zeros(2), loss=lambda p, b: ((b.x - p) ** 2).sum(1), data=x)
    tree = fl.Problem(init=lambda key: jnp.zeros(2), loss=lambda p, b: ((b["rows"] - p) ** 2).sum(1), data={"rows": x})
    none = fl.Problem(
        init=lambda key: jnp.zeros(2), loss=lambda p, b: ((p - x.mean(0)) ** 2).sum() if b is None else 1 / 0
    )
    for problem in (rows_only, tree, none):
        record = fl.train(problem, fl.SGD(lr=0.1), batch_size="full", steps=100)
        np.testing.assert_allclose(record.params, x.mean(0), atol=1e-5)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float64"])
def test_parameters_keep_their_dtype(regression, dtype):

    with jax.enable_x64(dtype == "float64"):
        problem = fl.Problem(
            init=lambda key: {"w": jnp.zeros(3, dtype), "b": jnp.zeros((), dtype)},
            loss=squared_rows,
            data=tuple(a.astype(np.float64) for a in regression),
            predict=fit,
        )
        record = fl.train(problem, fl.Adam(lr=0.05), epochs=5)
        assert record.params["w"].dtype == dtype
        assert record.history["loss"][-1] < record.history["loss"][0]


def test_the_gap_to_a_known_optimum_is_recorded():
    problem = fl.Problem(init=lambda key: jnp.ones(2), loss=lambda p, b: (p**2).sum() + 3, optimum=3.0)
    record = fl.train(problem, fl.SGD(lr=0.1), steps=5)
    np.testing.assert_allclose(record.history["gap"], 2 * 0.64 ** np.arange(5), rtol=1e-4)


def test_new_closures_and_rates_compile_nothing(regression):

    def problem(scale):
        return fl.Problem(init=line, loss=lambda p, b: scale * (b.x @ p["w"] - b.y) ** 2, data=regression)

    fl.train(problem(jnp.float32(1)), fl.Adam(lr=0.1), steps=5)
    before = clock.programs
    fl.train(problem(jnp.float32(2)), fl.Adam(lr=0.01, b2=0.9), steps=5)
    fl.train(problem(jnp.float32(3)), fl.Adam(lr=1), steps=5, seed=9, target_loss=0.1)
    assert clock.programs == before


def test_programs_of_one_text_keep_to_their_own_data():
    """Two losses that differ only in the array they look at lower to the same text."""
    x, y = np.full(20, 1.0, np.float32), np.full(20, 5.0, np.float32)

    def problem(loss):
        return fl.Problem(init=lambda key: jnp.zeros(()), loss=loss, data=(x, y))

    to_x, to_y = problem(lambda p, b: (p - b.x) ** 2), problem(lambda p, b: (p - b.y) ** 2)
    for batch_size in ("full", 8):
        for each, wanted in ((to_x, 1), (to_y, 5), (to_x, 1)):
            record = fl.train(each, fl.SGD(lr=0.1), batch_size=batch_size, steps=200)
            np.testing.assert_allclose(record.params, wanted, rtol=1e-5)


def test_a_scalar_loss_applies_the_weights_itself(regression):
    x, y = regression
    weight = np.tile([1, 2], 25).astype(np.float32)

    def weighted(params, batch):
        return jnp.sum(batch.weight * squared_rows(params, batch)) / jnp.sum(batch.weight)

    rows, scalar = (fl.Problem(init=line, loss=f, data=(x, y, weight)) for f in (squared_rows, weighted))
    one, two = (fl.train(p, fl.SGD(lr=0.1), batch_size="full", steps=15) for p in (rows, scalar))
    np.testing.assert_allclose(one.params["w"], two.params["w"], rtol=1e-4)


def test_progress_is_reported_between_chunks(by_rows):
    seen = []
    fl.train(by_rows, fl.SGD, batch_size=10, epochs=20, progress=seen.append)
    assert seen[-1].step == seen[-1].steps == 100
    assert seen[-1].epoch == seen[-1].epochs == 20
    assert seen[-1].samples == 1000
    assert seen[-1].seconds_left == 0


def test_a_run_that_fails_right_after_a_validation_is_a_record_too():
    """The last point with a good loss may lie before an epoch's end that was validated."""
    table = fl.problems.for_data("diabetes", model="linear")
    record = fl.train(table, fl.Nesterov(0.3), batch_size="full", epochs=800)
    assert record.outcome == "diverged"
    assert len(record.epochs["val_loss"]) == len(record.epochs["epoch"]) == record.epochs["step"][-1]


def test_linear_least_squares_knows_its_lowest_loss():
    """The closed form is NumPy's least squares on the training rows; full-batch descent comes down to it."""
    problem = fl.problems.for_data("diabetes", model="linear")
    x, y = (np.asarray(a, np.float64) for a in problem.data.train)
    _, residual, _, _ = np.linalg.lstsq(np.hstack([x, np.ones((len(x), 1))]), y, rcond=None)
    assert problem.optimum == pytest.approx(residual[0] / len(y), rel=1e-10)
    record = fl.train(problem, fl.Nesterov(0.1), batch_size="full", epochs=2000)
    assert abs(record.epochs["gap"][-1]) < 1e-5
    np.testing.assert_allclose(record.history["gap"], record.history["loss"] - problem.optimum)
    assert fl.problems.for_data("digits", model="linear").optimum is None
