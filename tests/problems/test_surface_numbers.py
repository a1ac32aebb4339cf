"""Values that others have published or computed, for every surface."""

import math

import jax
import numpy as np
import pytest
import scipy.optimize

from fallline.problems.surfaces import SURFACES

# The lowest value, as printed by S. Surjanovic and D. Bingham, Virtual Library of Simulation Experiments, and by
# M. Jamil and X.-S. Yang, arXiv:1308.4008; a point and the value there, by hand from their formulas. For surfaces that
# are not theirs, both by hand.
PRINTED = {
    "ackley": (0.0, (1.0, 1.0), 20 - 20 / math.exp(0.2)),
    "beale": (0.0, (0.0, 0.0), 1.5**2 + 2.25**2 + 2.625**2),
    "booth": (0.0, (1.0, -1.0), 64 + 16),
    "branin": (0.397887, (0.0, 0.0), 36 + 10 + 10 - 10 / (8 * math.pi)),
    "cliff": (0.0, (-0.1, 2.0), (math.e - 1) / 10 - 0.1 + 2),
    "doublewell": (-2.6666667, (-1.0,), -5 / 12),
    "easom": (-1.0, (0.0, 0.0), -math.exp(-2 * math.pi**2)),
    "goldsteinprice": (3.0, (1.2, 0.8), 840.0),
    "himmelblau": (0.0, (1.0, 1.0), 81 + 25),
    "levy": (0.0, (5.0, 1.0), 1 + 10 * math.sin(1) ** 2),
    "matyas": (0.0, (1.0, -1.0), 1.0),
    "michalewicz": (-1.8013, (math.pi / 2, 0.0), -((1 / math.sqrt(2)) ** 20)),
    "monkeysaddle": (-math.inf, (-1.0, 2.0), 11.0),
    "plateau": (0.0, (3.0, 4.0), 25 / 26),
    "rastrigin": (0.0, (0.5, 0.5), 40.5),
    "ravine": (0.0, (2.0, 0.1), 2.5),
    "rosenbrock": (0.0, (-1.2, 1.0), 24.2),
    "saddle": (-math.inf, (1.0, 2.0), -3.0),
    "sixhumpcamel": (-1.0316, (0.0, 1.0), 0.0),
    "sphere": (0.0, (1.0, 2.0), 5.0),
    "styblinskitang": (2 * -39.16599, (0.0, 1.0), -5.0),
    "threehumpcamel": (0.0, (1.0, -1.0), 2 - 1.05 + 1 / 6 - 1 + 1),
}


@pytest.mark.parametrize("name", SURFACES)
def test_the_lowest_value_is_the_printed_one(name):
    assert SURFACES[name]().lowest == pytest.approx(PRINTED[name][0], rel=5e-5, abs=1e-12)


@pytest.mark.parametrize("name", SURFACES)
def test_a_value_elsewhere_is_the_known_one(name):
    _, point, expected = PRINTED[name]
    assert float(SURFACES[name]().value(np, np.array(point))) == pytest.approx(expected, rel=1e-13, abs=1e-13)


@pytest.mark.parametrize(("dimension", "lowest"), [(2, -1.8013), (5, -4.687658), (10, -9.66015)])
def test_michalewicz_in_several_dimensions(dimension, lowest):
    assert SURFACES["michalewicz"](dimension=dimension).lowest == pytest.approx(lowest, abs=6e-6)


@pytest.mark.parametrize("m", [1.0, 2.5, 10.0, 50.0])
def test_michalewicz_by_golden_section(m):
    surface = SURFACES["michalewicz"](dimension=4, m=m)
    total = 0.0
    for i in range(1, 5):

        def along(x, i=i):
            return -np.sin(x) * np.abs(np.sin(i * x * x / np.pi)) ** (2 * m)

        grid = np.linspace(0, np.pi, 4001)
        k = int(np.argmin(along(grid)))
        total += scipy.optimize.minimize_scalar(
            along, bracket=tuple(grid[k - 1 : k + 2]), method="golden", options={"xtol": 1e-12}
        ).fun
    assert surface.lowest == pytest.approx(total, abs=1e-12)


@pytest.mark.parametrize("dimension", [2, 3, 7])
def test_rosenbrock_is_scipys(dimension):
    x = np.random.default_rng(1).normal(size=(dimension, 5, 6))
    np.testing.assert_allclose(SURFACES["rosenbrock"](dimension=dimension).value(np, x), scipy.optimize.rosen(x))


@pytest.mark.parametrize(
    ("name", "local"),
    [
        ("goldsteinprice", [30.0, 84.0, 840.0]),
        ("sixhumpcamel", [-0.215464, 2.104250]),
        ("threehumpcamel", [0.298638]),
        ("styblinskitang", [-64.19561, -50.05889]),
        ("doublewell", [-0.416667]),
    ],
)
def test_local_minima_have_their_known_values(name, local):
    surface = SURFACES[name]()
    values = sorted(float(surface.value(np, np.array(p))) for p in surface.local_minima)
    assert sorted(set(np.round(values, 9))) == pytest.approx(local, abs=1e-5)


def test_the_condition_numbers_are_those_stated():
    def condition(name, **fields):
        surface = SURFACES[name](**fields)
        with jax.enable_x64(True):
            return np.linalg.cond(jax.jit(jax.hessian(surface))(np.array(surface.minima[0])))

    assert condition("ravine", condition=30.0) == pytest.approx(30)
    assert condition("rosenbrock") == pytest.approx(2508.0096, rel=1e-6)
    assert condition("booth") == pytest.approx(9)
    assert condition("matyas") == pytest.approx(25)
    assert condition("cliff", steepness=7.0) == pytest.approx(7)


@pytest.mark.parametrize(("dimension", "wells", "passes"), [(1, 1, 0), (2, 3, 4), (3, 0, 0)])
def test_wells_and_passes_of_styblinski_and_tang(dimension, wells, passes):
    surface = SURFACES["styblinskitang"](dimension=dimension)
    assert (len(surface.local_minima), len(surface.saddles)) == (wells, passes)
