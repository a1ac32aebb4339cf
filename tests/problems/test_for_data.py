"""From a table to a problem: parts, scaling, losses, metrics, recipes, and what is refused."""

import jax
import numpy as np
import optax
import pytest

from fallline.core.errors import DataError, InvalidType, InvalidValue
from fallline.core.problem import Problem
from fallline.data import Table, Text, load
from fallline.problems import for_data

RNG = np.random.default_rng(0)
N = 100
X = RNG.normal(5, 3, (N, 3))
Y = X @ [1.0, -2.0, 0.5] + 7
BUNDLED = ("breast_cancer", "diabetes", "digits", "iris", "wine")


def parts(problem):
    return [part for part in (problem.data.train, problem.data.validation, problem.data.test) if part is not None]


def trained(problem, steps=300):
    """Train with optax, on the full batch."""
    optimiser = optax.adam(0.05)
    params = jax.jit(problem.init)(jax.random.key(0))
    batch = jax.tree.map(jax.numpy.asarray, problem.data.train)

    @jax.jit
    def run(params):
        def step(_, carry):
            params, state = carry
            grads = jax.grad(lambda p: problem.loss(p, batch).mean())(params)
            updates, state = optimiser.update(grads, state)
            return optax.apply_updates(params, updates), state

        return jax.lax.fori_loop(0, steps, step, (params, optimiser.init(params)))[0]

    return run(params)


@pytest.mark.parametrize("name", BUNDLED)
def test_bundled_data_make_finite_problems(name):
    problem = for_data(name)
    assert isinstance(problem, Problem)
    assert problem.name == name
    sizes = [len(part.y) for part in parts(problem)]
    assert sum(sizes) == load(name).rows
    np.testing.assert_allclose(np.array(sizes) / sum(sizes), [0.7, 0.15, 0.15], atol=0.02)
    assert all(np.isfinite(leaf).all() for part in parts(problem) for leaf in part)
    losses = jax.jit(lambda key: problem.loss(problem.init(key), problem.data.train))(jax.random.key(0))
    assert losses.shape == (sizes[0],)
    assert np.isfinite(losses).all()


def test_digits_are_images_and_also_suit_a_cnn():
    problem = for_data("digits", model="cnn(4, 8, dense=16)")
    test = problem.data.test
    outputs = jax.eval_shape(lambda key: problem.predict(problem.init(key), test.x), jax.random.key(0))
    assert outputs.shape == (len(test.y), 10)


@pytest.mark.parametrize("loss", [None, "binary_cross_entropy"])
def test_raw_rows_in_labels_out(loss):
    colours = Text((np.arange(N) % 3).astype(np.int32), ("red", "green", "blue"))
    labels = np.where((X[:, 0] > 5) ^ (colours.codes == 1), "ripe", "green")
    table = Table("fruit", {"size": X[:, 0], "colour": colours, "ripeness": load((X, labels)).columns["y"]})
    problem = for_data(table, model="mlp(16, activation=tanh)", target="ripeness", loss=loss)
    params = trained(problem)
    outputs = problem.predict(params, problem.preparation.features({"size": [9.0, 1.0], "colour": ["red", "green"]}))
    assert outputs.shape == ((2, 2) if loss is None else (2,))
    assert problem.preparation.answers(outputs).tolist() == ["ripe", "ripe"]
    one = problem.predict(params, problem.preparation.features({"size": 1.0, "colour": "blue"}))
    assert problem.preparation.answers(one).tolist() == ["green"]
    test = problem.data.test
    assert problem.metrics["accuracy"](problem.predict(params, test.x), test.y) > 0.8


@pytest.mark.parametrize("loss", ["squared_error", "huber(delta=2)"])
def test_numbers_are_predicted_and_measured_in_their_own_units(loss):
    problem = for_data((X, 1000 * Y), model="linear", loss=loss)
    params = trained(problem, steps=600)
    answers = problem.preparation.answers(problem.predict(params, problem.preparation.features(X)))
    np.testing.assert_allclose(answers, 1000 * Y, atol=20)
    test = problem.data.test
    constant = np.zeros(len(test.y))  # the training mean, in scaled units
    wrong = problem.preparation.answers(test.y) - problem.preparation.answers(constant)
    assert problem.metrics["rmse"](constant, test.y) == pytest.approx(np.sqrt(np.mean(wrong**2)))
    assert problem.metrics["mae"](constant, test.y) == pytest.approx(np.mean(np.abs(wrong)))
    assert problem.metrics["r2"](problem.predict(params, test.x), test.y) > 0.999


def test_test_and_validation_rows_never_influence_the_scaling():
    number = np.arange(N, dtype=np.float64)
    words = Text((np.arange(N) % 4).astype(np.int32), ("a", "b", "c", "d"))

    def problem(table):
        return for_data(Table("t", table | {"number": number}), model="linear", target="number")

    table = {
        "x": X,
        "image": RNG.normal(size=(N, 2, 2)),
        "word": words,
        "day": np.datetime64("2024-01-01") + np.arange(N),
    }
    before = problem(table)
    train, validation, test = (np.rint(before.preparation.answers(part.y)).astype(int) for part in parts(before))
    assert sorted([*train, *validation, *test]) == list(range(N))
    other = np.concatenate([validation, test])
    changed = {name: column if column is words else column.copy() for name, column in table.items()}
    changed["x"][other] *= 1e6
    changed["image"][other] -= 1e6
    changed["day"][other] += 5000
    codes = words.codes.copy()
    codes[other] = 4
    changed["word"] = Text(codes, ("a", "b", "c", "d", "A word that sorts first"))
    after = problem(changed)
    assert after.preparation == before.preparation
    for old, new in zip(jax.tree.leaves(before.data.train), jax.tree.leaves(after.data.train), strict=True):
        np.testing.assert_array_equal(old, new)
    assert not np.array_equal(before.data.test.x.numbers, after.data.test.x.numbers)


def test_parts_hold_what_features_gives_for_their_rows():
    problem = for_data(Table("t", {"x": X, "number": np.arange(N)}), model="linear", target="number")
    for part in parts(problem):
        rows = np.rint(problem.preparation.answers(part.y)).astype(int)
        np.testing.assert_array_equal(part.x, problem.preparation.features({"x": X[rows]}))
    np.testing.assert_allclose(problem.data.train.x.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(problem.data.train.x.std(axis=0), 1, atol=1e-6)


def test_classes_are_split_in_proportion_by_the_seed():
    y = (np.arange(N) < 20).astype(int)
    problems = [for_data((X, y), model="linear", split_seed=seed) for seed in (0, 0, 1)]
    assert [int(part.y.sum()) for part in parts(problems[0])] == [14, 3, 3]
    np.testing.assert_array_equal(problems[0].data.train.x, problems[1].data.train.x)
    assert not np.array_equal(problems[0].data.train.x, problems[2].data.train.x)


def test_a_test_part_that_came_with_the_data_is_kept():
    own = Table("t", {"x": X[:10] + 1, "y": np.arange(10) % 2}, "y")
    table = Table("t", {"x": X, "y": np.arange(N) % 2}, "y", test=own)
    problem = for_data(table, model="linear", split=(0.6, 0.2, 0.2))
    assert [len(part.y) for part in parts(problem)] == [75, 25, 10]
    np.testing.assert_array_equal(problem.data.test.x, problem.preparation.features(own))
    np.testing.assert_array_equal(problem.data.test.y, own.columns["y"])


@pytest.mark.parametrize(
    ("own", "message"),
    [
        ({"x": X[:4], "y": np.array([0, 1, 2, 1])}, "test part: target 'y': the label 2 does not occur .* has 0, 1"),
        ({"x": X[:4] * np.nan, "y": np.arange(4) % 2}, "test part: column 'x': 12 of 12 cells are missing"),
        ({"x": X[:4], "y": Text(np.zeros(4, np.int32), ("a",))}, "labels are text in one part and numbers in another"),
        ({"x": X[:4, :2], "y": np.arange(4) % 2}, r"column 'x': each row has shape \(2,\)"),
    ],
)
def test_a_test_part_that_does_not_fit_is_refused(own, message):
    table = Table("t", {"x": X, "y": np.arange(N) % 2}, "y", test=Table("t", own, "y"))
    with pytest.raises(DataError, match=message):
        for_data(table, model="linear")


def test_numbers_of_the_test_part_have_the_shape_of_the_others():
    own = Table("t", {"x": X[:4], "y": X[:4, :2]}, "y")
    with pytest.raises(DataError, match=r"test part: target 'y': each row must have the shape \(\)"):
        for_data(Table("t", {"x": X, "y": Y}, "y", test=own), model="linear")


def test_text_alone_is_enough():
    words = Text((np.arange(N) % 4).astype(np.int32), ("a", "b", "c", "d"))
    problem = for_data(Table("t", {"word": words, "y": np.arange(N) % 4 * 2.5}, "y"), model="linear")
    assert problem.data.train.x.numbers.shape == (70, 0)
    answers = problem.preparation.answers(problem.predict(trained(problem), problem.preparation.features(["d", "a"])))
    np.testing.assert_allclose(answers, [7.5, 0], atol=0.1)


def test_parts_may_be_left_out():
    problem = for_data((X, Y), model="linear", split=(1, 0, 0))
    assert problem.data.train.x.shape == (N, 3)
    assert problem.data.validation is None
    assert problem.data.test is None


def test_values_of_any_size_survive_if_they_vary():
    x = np.column_stack([1e37 * X[:, 0], 1e-200 * X[:, 1], 2.0**40 + X[:, 2]])
    problem = for_data((x, 1e36 * Y), model="linear")
    expected = for_data((X, Y), model="linear")
    np.testing.assert_allclose(problem.data.train.x, expected.data.train.x, atol=1e-4)
    np.testing.assert_allclose(problem.data.train.y, expected.data.train.y, atol=1e-5)


def with_one(values, where, value):
    changed = values.copy()
    changed[where] = value
    return changed


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"x": X[:, 0], "y": with_one(Y, 7, 1e300)}, r"^target 'y': 1 of 100 values are beyond .*\(1e\+300\); rescale"),
        ({"x": with_one(X[:, 0], 7, -1e300), "y": Y}, r"^column 'x': 1 of 100 values are beyond .*\(-1e\+300\)"),
        ((with_one(X, ([3, 4], [0, 1]), 3.5e38), Y), r"^column 'x': 2 of 300 values .*\(3.5e\+38\)"),
        ((X, with_one(X[:, :2], (5, 1), 1e39)), r"^target 'y': 1 of 200 values"),
    ],
)
def test_values_beyond_float32_are_refused_by_column(source, message):
    with pytest.raises(DataError, match=message):
        for_data(source, model="linear", target="y")


def test_the_largest_float32_is_not_beyond_it():
    largest = float(np.finfo(np.float32).max)
    problem = for_data((with_one(X, (0, 0), largest), with_one(Y, 0, -largest)), model="linear")
    assert all(np.isfinite(leaf).all() for leaf in jax.tree.leaves(parts(problem)))


@pytest.mark.filterwarnings("error")
def test_words_that_training_never_saw_are_no_warning_while_the_parts_are_made():
    words = Text(np.arange(N, dtype=np.int32), tuple(f"word {i:02}" for i in range(N)))
    problem = for_data(Table("t", {"word": words, "y": Y}, "y"), model="linear")
    assert (problem.data.test.x.categories == -1).all()


@pytest.mark.parametrize(
    ("choices", "error", "message"),
    [
        ({"model": "cnn(8)"}, InvalidValue, "cnn needs images"),
        ({"model": "mpl(8)"}, InvalidValue, "Did you mean 'mlp'"),
        ({"loss": "squared"}, InvalidValue, "unknown loss 'squared'. Did you mean 'squared_error'"),
        ({"loss": "huber(delta=-1)"}, InvalidValue, "delta must be a number above 0"),
        ({"missing": "ignore"}, InvalidValue, "missing must be one of 'error', 'impute', 'drop'"),
        ({"constant": "keep"}, InvalidValue, "constant must be one of 'error', 'drop'"),
        ({"split": (0.7, 0.3)}, InvalidType, "give the shares of training, validation and test"),
        ({"split": (0.7, 0.7, 0.1)}, InvalidValue, "must add up to 1"),
        ({"split_seed": -1}, InvalidValue, "seed must be"),
    ],
)
def test_choices_that_cannot_be_are_refused(choices, error, message):
    with pytest.raises(error, match=message):
        for_data((X, Y), **choices)
