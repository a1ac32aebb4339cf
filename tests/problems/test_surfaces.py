"""What every surface keeps, in every form that its fields allow."""

import functools
import math
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.optimize

import fallline as fl
from fallline.core.errors import InvalidType, InvalidValue
from fallline.core.node import hypers
from fallline.core.registry import to_call
from fallline.core.surface import Scalable
from fallline.problems import surfaces
from fallline.problems.surfaces import SURFACES
from fallline.schedules.constant import Constant

FORMS = [cls() for cls in SURFACES.values()]
FORMS += [cls(**{name: 3.5}) for cls in SURFACES.values() for name in hypers(cls)]
FORMS += [cls(dimension=n) for cls in SURFACES.values() if issubclass(cls, Scalable) for n in (cls.FEWEST, 3)]
FORMS = list(dict.fromkeys(FORMS))
every_form = pytest.mark.parametrize("surface", FORMS, ids=lambda s: str(to_call(s)))


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def inside(surface, shape):
    """Return random points of the domain, coordinates first."""
    low, high = np.array(surface.domain).T
    return np.moveaxis(np.random.default_rng(0).uniform(low, high, (*shape, len(low))), -1, 0)


@functools.cache
def slope(surface):
    """Return the compiled value and gradient: point → (value, gradient)."""
    return jax.jit(jax.value_and_grad(surface))


@functools.cache
def descents(surface):
    """Return where SciPy's descents in the box of the domain end, from many starts."""

    def measured(x):
        value, gradient = slope(surface)(x)
        return float(value), np.asarray(gradient)

    starts = [*inside(surface, (12,)).T, surface.start]
    tight = {"ftol": 1e-15, "gtol": 1e-9}
    return [
        scipy.optimize.minimize(measured, x, jac=True, method="L-BFGS-B", bounds=surface.domain, options=tight)
        for x in starts
    ]


def gradient(surface, point):
    return np.asarray(slope(surface)(np.array(point))[1])


def curvatures(surface, point):
    """Return the Hessian's eigenvalues, from central differences of the gradient."""
    shifts = 1e-5 * np.eye(len(point))
    rows = [(gradient(surface, point + h) - gradient(surface, point - h)) / 2e-5 for h in shifts]
    return np.linalg.eigvalsh(np.array(rows))


def is_near(points, x):
    return any(np.allclose(x, point, atol=2e-4) for point in points)


@every_form
def test_the_value_at_each_minimum_is_the_lowest(surface):
    for point in surface.minima:
        assert float(surface.value(np, np.array(point))) == pytest.approx(surface.lowest, abs=1e-10, rel=1e-14)
    assert bool(surface.minima) == math.isfinite(surface.lowest)


@every_form
def test_the_other_minima_are_higher(surface):
    for point in surface.local_minima:
        assert float(surface.value(np, np.array(point))) > surface.lowest + 1e-3


@every_form
def test_stationary_points_are_stationary_and_the_start_is_not(surface):
    for point in (*surface.minima, *surface.local_minima, *surface.saddles):
        assert np.abs(gradient(surface, point)).max() < 1e-6
    assert np.abs(gradient(surface, surface.start)).max() > 1e-3


@every_form
def test_curvature_tells_minima_from_saddles(surface):
    for point in (*surface.minima, *surface.local_minima):
        assert curvatures(surface, point).min() > -1e-6
    for point in surface.saddles:
        found = curvatures(surface, point)
        assert found.min() < -1e-3 < 1e-3 < found.max() or np.abs(found).max() < 1e-9


@every_form
def test_a_saddle_has_lower_and_higher_neighbours(surface):
    for point in surface.saddles:
        angle = np.linspace(0, 2 * np.pi, 500)
        ring = np.array(point)[:, None] + 1e-3 * np.stack([np.cos(angle), np.sin(angle)])
        around = surface.value(np, ring) - surface.value(np, np.array(point))
        assert around.min() < 0 < around.max()


@every_form
def test_known_points_lie_in_the_domain(surface):
    low, high = np.array(surface.domain).T
    for point in (*surface.minima, *surface.local_minima, *surface.saddles, surface.start):
        assert len(point) == len(low)
        assert (low < point).all()
        assert (point < high).all()
        assert all(type(number) is float for number in point)


@every_form
def test_no_point_of_the_domain_lies_below_the_lowest(surface):
    values = surface.value(np, inside(surface, (200, 200)))
    assert np.isfinite(values).all()
    assert values.min() >= surface.lowest


@every_form
def test_no_descent_ends_below_the_lowest(surface):
    ends = np.array([end.fun for end in descents(surface)])
    assert ends.min() >= surface.lowest - 1e-12 * max(1, abs(surface.lowest))


@every_form
def test_a_surface_without_a_lowest_value_falls_for_ever(surface):
    for far in () if surface.minima else (1e2, 1e4):
        assert surface.value(np, far * inside(surface, (1000,))).min() < -(far**2)


@every_form
def test_every_minimum_that_a_descent_finds_is_listed(surface):
    known = (*surface.minima, *surface.local_minima)
    for end in descents(surface):
        lowest = surface.minima and end.fun < surface.lowest + 1e-9 * max(1, abs(surface.lowest))
        within = all(low < x < high for (low, high), x in zip(surface.domain, end.x, strict=True))
        a_minimum = within and np.abs(end.jac).max() < 1e-6 and curvatures(surface, end.x).min() > 1e-3
        if lowest or (surface.local_minima and a_minimum):
            assert is_near(known, end.x), end.x


@every_form
def test_numpy_on_a_grid_and_jax_at_its_points_agree(surface):
    x = inside(surface, (3, 4))
    grid = surface.value(np, x)
    assert grid.shape == (3, 4)
    assert grid.dtype == np.float64
    assert jax.eval_shape(surface, x).shape == (3, 4)
    for row, column in np.ndindex(3, 4):
        point, _ = slope(surface)(x[:, row, column])
        assert point.shape == ()
        np.testing.assert_allclose(point, grid[row, column], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("cls", SURFACES.values(), ids=SURFACES)
def test_single_precision_stays_single_and_finite(cls):
    surface = cls()
    points = [*inside(surface, (50,)).T, surface.start, *surface.minima, *surface.local_minima, *surface.saddles]
    x = jnp.asarray(np.array(points), jnp.float32)
    values, gradients = jax.jit(jax.vmap(jax.value_and_grad(surface)))(x)
    assert values.dtype == gradients.dtype == jnp.float32
    assert jnp.isfinite(values).all()
    assert jnp.isfinite(gradients).all()
    close = surface.value(np, np.asarray(x, np.float64).T)
    np.testing.assert_allclose(values, close, rtol=1e-3, atol=1e-4 * max(1, np.ptp(close)))


@every_form
def test_its_words_build_it_again(surface):
    assert SURFACES.build(str(to_call(surface))) == surface


@pytest.mark.parametrize("cls", [cls for cls in SURFACES.values() if hypers(cls)], ids=lambda cls: cls.name())
def test_one_program_serves_every_value_of_its_numbers(cls):
    traces = []

    @jax.jit
    def value(surface, x):
        traces.append(1)
        return surface(x)

    for number in (3.5, 20.0):
        surface = cls(**dict.fromkeys(hypers(cls), number))
        expected = surface.value(np, np.array(surface.start))
        np.testing.assert_allclose(value(surface, np.array(surface.start)), expected, rtol=1e-12)
    assert len(traces) == 1


@pytest.mark.parametrize("cls", SURFACES.values(), ids=SURFACES)
def test_it_is_documented(cls):
    headline, formula, _, *_ = (cls.__doc__ or "").split("\n\n")
    assert headline.strip().endswith(".")
    assert formula.strip().startswith("f(x")
    assert "    Source: " in cls.__doc__
    assert "        >>> " in cls.__doc__


@pytest.mark.parametrize("cls", SURFACES.values(), ids=SURFACES)
def test_it_is_an_attribute_of_its_package(cls):
    assert getattr(surfaces, cls.__name__) is cls
    assert cls.__name__ in dir(surfaces)


def test_an_unknown_name_is_refused_with_the_nearest():
    with pytest.raises(AttributeError, match=r"no surface 'Rosenbrok'\. Did you mean 'Rosenbrock'"):
        _ = surfaces.Rosenbrok
    with pytest.raises(InvalidValue, match=r"unknown surface 'himmelblua'\. Did you mean 'himmelblau'"):
        SURFACES.find("himmelblua")
    assert not hasattr(surfaces, "__wrapped__")


def test_looking_at_the_classes_does_not_import_jax():
    code = (
        "import sys; from fallline.problems import surfaces; surfaces.LeastSquares, dir(surfaces); "
        "[cls.__doc__ for cls in surfaces.SURFACES.values()]; sys.exit('jax' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("rosenbrock(dimension=1)", r"rosenbrock\(dimension=1\): dimension must be 2 or more, got 1"),
        ("sphere(dimension=0)", r"dimension must be 1 or more, got 0"),
        ("ravine(condition=0.5)", r"condition must be in \[1, inf\), got 0.5"),
    ],
)
def test_values_out_of_range_are_refused(words, message):
    with pytest.raises(InvalidValue, match=message):
        SURFACES.build(words)


@pytest.mark.parametrize("dimension", [2.0, True, "2"])
def test_a_dimension_is_a_whole_number(dimension):
    with pytest.raises(InvalidType, match="dimension must be of type int"):
        surfaces.Rosenbrock(dimension=dimension)


def test_a_surface_takes_no_schedule():
    with pytest.raises(InvalidType, match="condition must be a number"):
        surfaces.Ravine(condition=Constant(10.0))


@pytest.mark.parametrize("x", [3.0, [1.0], [1.0, 2.0, 3.0], np.zeros((3, 2))])
def test_a_point_has_a_number_for_each_coordinate(x):
    with pytest.raises(InvalidValue, match=r"Booth of a point of shape .*: the first axis must hold its 2 coordinates"):
        surfaces.Booth()(x)


def test_whole_numbers_are_points_too():
    value = surfaces.Rosenbrock(dimension=3)([1, 2, 3])
    assert value == 201
    assert jnp.issubdtype(value.dtype, jnp.floating)


def test_minimize_takes_a_surface():
    ravine = surfaces.Ravine(condition=10.0)
    path = fl.minimize(ravine, ravine.start, fl.SGD(lr=0.1), steps=60)
    along = -3.5 * 0.9 ** np.arange(61)
    np.testing.assert_allclose(path.x[:, 0], along, rtol=1e-12)
    np.testing.assert_allclose(path.f[1:], along[1:] ** 2 / 2, rtol=1e-12)
