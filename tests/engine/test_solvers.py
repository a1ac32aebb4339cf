"""Solvers, against scipy called by hand."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from scipy import optimize

import fallline as fl
from fallline.problems.surfaces import SURFACES
from fallline.solvers import SOLVERS

SCIPY = {fl.LBFGS: "L-BFGS-B", fl.NewtonCG: "Newton-CG"}


@pytest.mark.parametrize("solver", SCIPY)
def test_the_points_are_scipys_own(solver):
    """Rosenbrock's function with its derivatives as scipy has them."""
    points = [np.array([-1.2, 1.0, -1.2, 1.0])]
    derivatives = {"hessp": optimize.rosen_hess_prod} if solver is fl.NewtonCG else {}
    options = {"xtol": 0.0} if solver is fl.NewtonCG else {"ftol": 0.0, "gtol": 0.0}
    optimize.minimize(
        optimize.rosen,
        points[0],
        jac=optimize.rosen_der,
        method=SCIPY[solver],
        callback=lambda x: points.append(x.copy()),
        options={"maxiter": 12, **options},
        **derivatives,
    )
    with jax.enable_x64(True):
        path = fl.minimize(fl.surfaces.Rosenbrock(dimension=4), method=solver, steps=12)
    assert path.x.dtype == np.float64
    np.testing.assert_allclose(path.x, points, rtol=1e-6)
    np.testing.assert_allclose(path.f, [optimize.rosen(x) for x in points], rtol=1e-6)
    np.testing.assert_allclose(path.grad_norm, [np.linalg.norm(optimize.rosen_der(x)) for x in points], rtol=1e-5)


@pytest.mark.parametrize("solver", SCIPY)
@pytest.mark.parametrize("name", ["Beale", "Booth", "Branin", "Himmelblau", "Matyas", "Ravine", "ThreeHumpCamel"])
def test_the_minimum_is_scipys(solver, name):
    """Central differences stand for the gradient there."""
    surface = getattr(fl.surfaces, name)()

    def value(x):
        return float(surface.value(np, x))

    def slope(x):
        return np.array([(value(x + h) - value(x - h)) / 2e-5 for h in 1e-5 * np.eye(len(x))])

    options = {"xtol": 1e-10} if solver is fl.NewtonCG else {}
    found = optimize.minimize(value, np.array(surface.start), jac=slope, method=SCIPY[solver], options=options)
    with jax.enable_x64(True):
        path = fl.minimize(surface, method=solver, steps=200, tolerance=1e-8)
    assert path.outcome == "converged"
    np.testing.assert_allclose(path.x[-1], found.x, atol=1e-3)
    np.testing.assert_allclose(path.f[-1], found.fun, atol=1e-6)
    assert path.f[-1] <= found.fun + 1e-12


@pytest.mark.parametrize("solver", SCIPY)
def test_pytrees(solver):
    target = {"a": np.arange(4.0).reshape(2, 2), "b": (np.float32(3.0), np.array([-1.0]))}

    def f(p):
        pairs = zip(jax.tree.leaves(p), jax.tree.leaves(target), strict=True)
        return sum(jnp.sum(i * (x - t) ** 2) for i, (x, t) in enumerate(pairs, 1))

    path = fl.minimize(f, jax.tree.map(np.zeros_like, target), solver, steps=50, tolerance=1e-4)
    assert path.outcome == "converged"
    assert path.x["a"].shape == (len(path.f), 2, 2)
    jax.tree.map(lambda x, t: np.testing.assert_allclose(x[-1], t, atol=1e-4), path.x, target)


@pytest.mark.parametrize("solver", SCIPY)
@pytest.mark.parametrize("steps", [0, 1, 2, 7])
def test_n_steps_make_n_plus_1_points(solver, steps):
    path = fl.minimize(fl.surfaces.Rosenbrock(dimension=3), method=solver, steps=steps)
    assert len(path.x) == len(path.f) == len(path.grad_norm) == steps + 1
    assert path.outcome == "finished"
    assert path.in_force == {}
    np.testing.assert_allclose(path.x[0], [-1.2, 1.0, -1.2])


@pytest.mark.parametrize("solver", SCIPY)
def test_the_tolerance_ends_the_path_there(solver):
    path = fl.minimize(fl.surfaces.Rosenbrock(), method=solver, steps=200, tolerance=1e-2)
    assert path.outcome == "converged"
    assert path.grad_norm[-1] <= 1e-2 < path.grad_norm[:-1].min()
    assert 0 <= path.gap[-1] <= 1e-2**2 / (2 * 0.39)  # ‖g‖² / 2λ: the least curvature at the minimum is 0.399


def test_bounds_are_refused_where_a_solver_has_none():
    with pytest.raises(ValueError, match=r"newtoncg knows no bounds: use fl\.LBFGS"):
        fl.minimize(fl.surfaces.Sphere(), method=fl.NewtonCG, bounds=(-9, 9))


def leaves_its_domain(x):
    return jnp.where(x < 0.4, jnp.nan, x)


UNDEFINED = {
    "not a number anywhere": (lambda x: x * jnp.nan, 1.0),
    "infinite at the start": (lambda x: 1 / x, 0.0),
    "no slope at the start": (lambda x: jnp.sqrt(x), 0.0),
    "beyond float32 at the start": (lambda x: 1e30 * x**2, 1e5),
    "not a number after a step": (lambda x: jnp.log(x), 0.5),
}


@pytest.mark.parametrize("solver", SCIPY)
@pytest.mark.parametrize("case", UNDEFINED)
def test_a_function_that_is_not_finite_is_an_outcome(solver, case):
    f, start = UNDEFINED[case]
    path = fl.minimize(f, start, solver, steps=50)
    assert path.outcome == "nonfinite"
    assert "not finite" in path.why


def test_a_search_that_ends_at_the_edge_of_the_domain_is_no_finish():
    path = fl.minimize(leaves_its_domain, 0.5, fl.LBFGS, steps=50)
    assert path.outcome == "nonfinite"
    assert np.isfinite(path.f).all()


@pytest.mark.parametrize("solver", SCIPY)
def test_a_function_without_a_floor_diverges(solver):
    path = fl.minimize(fl.surfaces.Saddle(), method=solver, steps=200)
    assert path.outcome == "diverged"
    assert path.gap is None
    assert path.f[-1] < -1e6


@pytest.mark.parametrize("solver", SCIPY)
def test_in_float32_every_surface_ends_without_an_exception(solver):
    for name, surface in SURFACES.items():
        path = fl.minimize(surface(), method=solver, steps=100)
        assert path.x.dtype == np.float32, name
        assert path.outcome in ("finished", "diverged"), name
        assert path.f[-1] <= path.f[0], name


def test_a_solver_by_its_words():
    short = fl.minimize(fl.surfaces.Rosenbrock(), method="lbfgs(memory=2)", steps=15)
    assert np.array_equal(short.x, fl.minimize(fl.surfaces.Rosenbrock(), method=fl.LBFGS(memory=2), steps=15).x)
    assert not np.array_equal(short.x, fl.minimize(fl.surfaces.Rosenbrock(), method="LBFGS", steps=15).x)
    for word in ("newton_cg", "NewtonCG()", "newtoncg"):
        assert fl.minimize(fl.surfaces.Booth(), method=word, tolerance=1e-3).outcome == "converged"


@pytest.mark.parametrize(
    ("memory", "message"), [(0, "memory must be 1 or more"), (-3, "1 or more"), (2.5, "type int"), (True, "type int")]
)
def test_the_memory_is_a_whole_number_above_0(memory, message):
    with pytest.raises((ValueError, TypeError), match=message):
        fl.LBFGS(memory=memory)


@pytest.mark.parametrize("method", [fl.LBFGS, fl.NewtonCG(), "lbfgs(memory=5)", "newton_cg"])
def test_training_refuses_a_solver(method, by_rows):
    with pytest.raises(TypeError, match=r"drives a function by itself, for fl.minimize"):
        fl.train(by_rows, method)


def test_every_solver_is_tested_here():
    assert set(SCIPY) == set(SOLVERS.values())
