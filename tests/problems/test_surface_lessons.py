"""What the surfaces say of themselves is what happens on them."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.problems import surfaces


@pytest.fixture(autouse=True)
def double_precision():
    with jax.enable_x64(True):
        yield


def steps_until(path, reached):
    """Return the first step at which something holds of the points."""
    return int(np.argmax(reached(path)))


def test_a_ravine_bounds_the_rate_and_sets_the_pace():
    for condition in (10.0, 100.0):
        ravine = surfaces.Ravine(condition=condition)
        assert fl.minimize(ravine, ravine.start, fl.SGD(lr=2.02 / condition), 1000).f[-1] > ravine(ravine.start)
        path = fl.minimize(ravine, ravine.start, fl.SGD(lr=1 / condition), steps=1000)
        along = steps_until(path, lambda path: np.abs(path.x[:, 0]) < 3.5 / np.e)
        assert along == pytest.approx(condition, rel=0.1)


def test_half_a_step_reaches_the_middle_of_a_sphere():
    sphere = surfaces.Sphere(dimension=4)
    assert fl.minimize(sphere, sphere.start, fl.SGD(lr=0.5), steps=1).f[1] == 0


def test_the_nearer_the_axis_the_longer_a_saddle_holds():
    def escape(offset):
        path = fl.minimize(surfaces.Saddle(), [1.0, offset], fl.SGD(lr=0.05), steps=1000)
        return steps_until(path, lambda path: np.abs(path.x[:, 1]) > 1)

    times = [escape(offset) for offset in (1e-2, 1e-4, 1e-6)]
    expected = np.log(1e2) / np.log(1.1)
    np.testing.assert_allclose(np.diff(times), expected, atol=1)
    trapped = fl.minimize(surfaces.Saddle(), [1.0, 0.0], fl.SGD(lr=0.05), steps=300)
    assert np.abs(trapped.x[-1]).max() < 1e-12


def test_a_monkey_saddle_is_approached_ever_more_slowly():
    path = fl.minimize(surfaces.MonkeySaddle(), [1.0, 0.0], fl.SGD(lr=0.01), steps=8000)
    np.testing.assert_allclose(path.x[[2000, 4000, 8000], 0] * 0.03 * np.array([2000, 4000, 8000]), 1, rtol=0.08)


def test_the_plain_is_crossed_in_the_stated_time():
    plateau = surfaces.Plateau()
    for distance in (6.0, 9.0):
        path = fl.minimize(plateau, [distance, 0.0], fl.SGD(lr=0.5), steps=4000)
        crossed = steps_until(path, lambda path: path.f < 0.5)
        assert crossed == pytest.approx(distance**4 / (8 * 0.5), rel=0.2)
        assert steps_until(path, lambda path: path.f < 1e-3) - crossed < 20


def test_the_wall_throws_gradient_descent_back():
    cliff = surfaces.Cliff()
    thrown = fl.minimize(cliff, cliff.start, fl.SGD(lr=0.8), steps=60)
    assert thrown.x[:, 0].max() > 1.5 * cliff.start[0]
    measured = fl.minimize(cliff, cliff.start, fl.RMSProp(lr=0.1), steps=60)
    assert measured.x[:, 0].max() == cliff.start[0]


def test_momentum_leaves_the_shallow_well():
    wells = surfaces.DoubleWell()
    assert fl.minimize(wells, wells.start, fl.SGD(lr=0.02), steps=800).x[-1] == pytest.approx(-1.0, abs=1e-6)
    carried = fl.minimize(wells, wells.start, fl.Momentum(lr=0.02, beta=0.9), steps=800)
    assert carried.x[-1] == pytest.approx(2.0, abs=1e-6)


def test_ackleys_slope_does_not_vanish_but_at_the_bottom():
    """The cone's slope, 4 / √n: nowhere smaller however near, and never not-a-number."""
    ackley = surfaces.Ackley()
    for distance in (1e-6, 1e-9, 1e-150):
        slope = jax.grad(ackley)(jnp.array([distance, distance]))
        np.testing.assert_allclose(slope, 2.0, rtol=1e-4)
    assert jax.grad(ackley)(jnp.zeros(2)).tolist() == [0, 0]


def test_beales_valley_is_flat_and_its_corners_steep():
    corner, valley = (jax.grad(surfaces.Beale())(jnp.array(p)) for p in [(4.5, 4.5), (2.5, 0.35)])
    assert jnp.linalg.norm(corner) > 1e5
    assert jnp.linalg.norm(valley) < 1


def test_far_from_easoms_hole_nothing_can_be_felt():
    far = jnp.array([-8.0, -8.0], jnp.float32)
    assert jax.grad(surfaces.Easom())(far).tolist() == [0, 0]
