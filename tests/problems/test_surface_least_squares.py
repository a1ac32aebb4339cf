"""Least squares as a surface, against the normal equations and dense algebra."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.core.errors import InvalidType, InvalidValue
from fallline.problems.surfaces import SURFACES, LeastSquares

RNG = np.random.default_rng(2)
A, B = RNG.normal(size=(20, 3)), RNG.normal(size=20)


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def test_the_minimum_solves_the_normal_equations():
    surface = LeastSquares(A, B)
    expected = np.linalg.solve(A.T @ A, A.T @ B)
    np.testing.assert_allclose(surface.minima, [expected], rtol=1e-12)
    assert surface.lowest == pytest.approx((B @ B - B @ A @ expected) / 20, rel=1e-12)


def test_where_columns_repeat_the_shortest_solution_is_given():
    surface = LeastSquares(np.c_[A, A[:, 0]], B)
    expected = np.linalg.pinv(np.c_[A, A[:, 0]]) @ B
    np.testing.assert_allclose(surface.minima, [expected], rtol=1e-10)
    assert surface.minima[0][0] == pytest.approx(surface.minima[0][3])
    assert surface.lowest == pytest.approx(LeastSquares(A, B).lowest, rel=1e-12)


def test_fewer_rows_than_columns_leave_no_residual():
    assert LeastSquares([[1.0, 2.0]], [5.0]).minima[0] == pytest.approx((1.0, 2.0))
    assert LeastSquares([[1.0, 2.0]], [5.0]).lowest == pytest.approx(0.0, abs=1e-28)


def test_the_value_is_a_mean_over_rows_at_a_point_and_on_a_grid():
    surface, x = LeastSquares(A, B), RNG.normal(size=(3, 4, 5))
    grid = surface.value(np, x)
    for row, column in np.ndindex(4, 5):
        residuals = [sum(A[i, j] * x[j, row, column] for j in range(3)) - B[i] for i in range(20)]
        assert grid[row, column] == pytest.approx(sum(r * r for r in residuals) / 20, rel=1e-12)
        assert float(surface(x[:, row, column])) == pytest.approx(grid[row, column], rel=1e-12)


def test_its_curvatures_are_the_squared_singular_values():
    curvatures = np.linalg.eigvalsh(jax.hessian(LeastSquares(A, B))(jnp.zeros(3)))
    np.testing.assert_allclose(curvatures[::-1], 2 / 20 * np.linalg.svd(A)[1] ** 2, rtol=1e-12)


def test_what_one_looks_at_holds_the_start_and_the_minimum():
    for scale in (1e-3, 1.0, 1e3):
        surface = LeastSquares(A, scale * B)
        for (low, high), start, end in zip(surface.domain, surface.start, surface.minima[0], strict=True):
            assert low < min(start, end) <= max(start, end) < high
        assert np.abs(jax.grad(surface)(jnp.array(surface.start))).max() > 0
    assert surface.saddles == surface.local_minima == ()


def test_its_arrays_are_leaves():
    surface = LeastSquares(A, B)
    assert [leaf.shape for leaf in jax.tree.leaves(surface)] == [(20, 3), (20,)]
    paths = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_leaves_with_path(surface)]
    assert paths == [".a", ".b"]
    doubled = jax.tree.map(lambda leaf: 2 * leaf, surface)
    assert doubled.minima[0] == pytest.approx(surface.minima[0])
    assert doubled.lowest == pytest.approx(4 * surface.lowest)


def test_it_is_traced_and_made_inside_a_program():
    x = jnp.ones(3)
    expected = float(LeastSquares(A, B)(x))
    assert float(jax.jit(lambda surface: surface(x))(LeastSquares(A, B))) == pytest.approx(expected)
    assert float(jax.jit(lambda b: LeastSquares(A, b)(x))(B)) == pytest.approx(expected)


def test_gradient_descent_follows_its_closed_form():
    surface = LeastSquares(A, B)
    path = fl.minimize(surface, surface.start, fl.SGD(lr=0.2), steps=30)
    contraction = np.eye(3) - 0.2 * 2 / 20 * A.T @ A
    error = np.linalg.matrix_power(contraction, 30) @ (np.zeros(3) - surface.minima[0])
    np.testing.assert_allclose(path.x[-1], surface.minima[0] + error, rtol=1e-10)


@pytest.mark.parametrize(
    ("a", "b", "kind", "message"),
    [
        ([1.0, 2.0], [1.0, 2.0], InvalidValue, r"a of shape \(2,\) and b of shape \(2,\): a must be a table"),
        ([[1.0], [2.0]], [1.0], InvalidValue, "one number a row"),
        ([[1.0], [2.0]], [[1.0], [2.0]], InvalidValue, r"b of shape \(2, 1\)"),
        (np.zeros((0, 2)), [], InvalidValue, "at least one row"),
        ([[1.0], [np.nan]], [1.0, 2.0], InvalidValue, "a has values that are not finite"),
        ([[1.0], [2.0]], [1.0, np.inf], InvalidValue, "b has values that are not finite"),
        ([["x"]], [1.0], InvalidType, "a must be an array of numbers, got list"),
    ],
)
def test_what_is_no_table_of_numbers_is_refused(a, b, kind, message):
    with pytest.raises(kind, match=message):
        LeastSquares(a, b)


def test_a_point_has_a_number_for_each_column():
    with pytest.raises(InvalidValue, match=r"LeastSquares of a point of shape .* its 3 coordinates"):
        LeastSquares(A, B)([1.0, 2.0])


def test_it_has_no_words():
    assert "leastsquares" not in SURFACES
