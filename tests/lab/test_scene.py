"""Scenes: whose numbers they are, how rates are chosen, what is said, and what is refused."""

from __future__ import annotations

import math

import jax.numpy as jnp
import numpy as np
import pytest

import fallline as fl
from fallline.core.formula import Formula
from fallline.figures.ground import Ground
from fallline.figures.scene import Curve
from fallline.lab.ground import ground_of, surface_of
from fallline.lab.scene import USUAL, scene
from fallline.lab.tuned_rate import tuned_rate
from fallline.problems.surfaces import SURFACES


def test_a_way_is_that_of_minimize():
    way, other = scene(
        fl.surfaces.Himmelblau, [fl.Momentum(lr=0.003), "adam(lr=0.3)"], start=(-1.0, 0.5), steps=40
    ).ways
    path = fl.minimize(fl.surfaces.Himmelblau(), [-1.0, 0.5], fl.Momentum(lr=0.003), steps=40)
    np.testing.assert_allclose(way.points, path.x, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(way.f, path.f, rtol=1e-3, atol=1e-3)
    assert (way.label, way.method, way.chosen, way.lr) == (
        "momentum", "momentum(lr=0.003, beta=0.9, dampening=0.0)", "given", pytest.approx(0.003)
    )  # fmt: skip
    assert other.chosen == "given"
    np.testing.assert_allclose(way.update, np.diff(way.points, axis=0))
    assert way.gradient.shape == way.points.shape == way.slots["v"].shape == (41, 2)
    assert (way.outcome, way.leaves, way.steps) == ("finished", None, 40)


def test_the_gradient_and_what_is_remembered_belong_to_the_points():
    (way,) = scene("x**2 + 2*y**2", ["momentum(lr=0.02, beta=0.5)"], start=(2, 1), steps=25).ways
    np.testing.assert_allclose(way.gradient, way.points * [2, 4], rtol=1e-4, atol=1e-5)
    velocity = np.zeros(2)
    for point, remembered in zip(way.points, way.slots["v"], strict=True):
        np.testing.assert_allclose(remembered, velocity, rtol=1e-3, atol=1e-5)
        velocity = 0.5 * velocity - 0.02 * point * [2, 4]


@pytest.mark.parametrize("name", [n for n, cls in SURFACES.items() if len(cls().domain) <= 2])
def test_the_ground_is_the_surface_on_its_domain(name):
    surface = SURFACES[name]()
    ground = ground_of(surface)
    if len(surface.domain) == 1:
        assert (ground.x[0], ground.x[-1]) == surface.domain[0]
        np.testing.assert_allclose(ground.y[::100], [surface.value(np, np.array([x])) for x in ground.x[::100]])
        return
    assert ((ground.x[0], ground.x[-1]), (ground.y[0], ground.y[-1])) == surface.domain
    for i, j in ((0, 0), (40, 200), (240, 3)):
        expected = surface.value(np, np.array([ground.x[j], ground.y[i]]))
        assert ground.z[i, j] == pytest.approx(expected)
    assert ground.minima == surface.minima
    assert ground.lowest == (surface.lowest if math.isfinite(surface.lowest) else None)


def test_points_of_interest_outside_of_the_window_are_left_out():
    ground = ground_of(fl.surfaces.Himmelblau(), ((0.0, 5.0), (0.0, 5.0)))
    assert ground.minima == ((3.0, 2.0),)
    assert all(x > 0 and y > 0 for x, y in ground.saddles)


@pytest.mark.parametrize(
    ("f", "kind", "title"),
    [
        (fl.surfaces.Ravine(condition=50.0), Ground, "Ravine(condition=50.0)"),
        (fl.surfaces.DoubleWell, Curve, "DoubleWell"),
        ("six_hump_camel", Ground, "SixHumpCamel"),
        ("ravine(condition=50)", Ground, "Ravine(condition=50)"),
        ("x**2 + cos(x)", Curve, "x**2 + cos(x)"),
        (Formula("x*x + y*y"), Ground, "x*x + y*y"),
    ],
)
def test_what_can_be_looked_at(f, kind, title):
    seen = scene(f, ["sgd"], steps=3, lr=0.001)
    assert isinstance(seen.ground, kind)
    assert seen.title == title


def test_a_function_of_ones_own():
    def hills(x):
        return jnp.sin(x[0]) + x[1] ** 2

    seen = scene(hills, ["sgd(lr=0.1)"], start=(1, 5), steps=30)
    assert seen.title == "hills"
    assert (seen.ground.x[0], seen.ground.x[-1]) == (-4, 4)
    assert (seen.ground.y[0], seen.ground.y[-1]) == (-6.25, 6.25)  # as far as the start needs
    x, y = np.meshgrid(seen.ground.x, seen.ground.y)
    np.testing.assert_allclose(seen.ground.z, np.sin(x) + y**2, rtol=1e-4, atol=1e-4)
    assert seen.ways[0].points[0].tolist() == [1, 5]
    flat = scene(lambda x: (x[0] - 1) ** 2, ["sgd(lr=0.1)"], window=[(-2, 3)], steps=30)
    assert isinstance(flat.ground, Curve)
    assert flat.ways[0].points[-1, 0] == pytest.approx(1, abs=0.01)


def test_one_number_is_a_start_and_arrays_are_windows():
    seen = scene(np.sum, "sgd(lr=0.1)", start=2, steps=3)
    np.testing.assert_allclose(seen.ways[0].points[:, 0], [2.0, 1.9, 1.8, 1.7], rtol=1e-6)
    wide = scene("x + y", "sgd(lr=0.1)", window=np.array([-1.0, 1.0]), steps=1).ground
    assert (wide.x[0], wide.x[-1], wide.y[0], wide.y[-1]) == (-1, 1, -1, 1)


def test_what_is_there_twice_is_refused_before_it_is_tuned(monkeypatch):
    monkeypatch.setattr("fallline.lab.scene.tuned_rate", None)
    with pytest.raises(ValueError, match="there twice"):
        scene("saddle", "sgd, adam, sgd")


def test_a_rate_that_is_tuned_and_given_is_told_as_such():
    with pytest.raises(ValueError, match="there twice, tuned and given"):
        scene("x**2 + 2*y**2", "sgd, sgd(lr=0.1)", steps=10)


def test_a_function_whose_meaning_changed_is_looked_at_anew():
    slope = [1.0]

    def line(x):
        return slope[0] * x[0]

    before = scene(line, ["sgd(lr=0.1)"], start=[0.0], steps=3)
    slope[0] = -2.0
    after = scene(line, ["sgd(lr=0.1)"], start=[0.0], steps=3)
    assert before.ways[0].points[-1, 0] == pytest.approx(-0.3)
    assert after.ways[0].points[-1, 0] == pytest.approx(0.6)
    assert after.ground.y[-1] == pytest.approx(-8.0)


def test_how_rates_are_chosen():
    methods = ["sgd", "momentum(lr=0.003)", fl.Nesterov, fl.Adam(b1=0.8), fl.AdaGrad(lr=0.3), "prodigy"]
    tuned = scene("ravine", methods, steps=60).ways
    assert [way.chosen for way in tuned] == ["tuned", "given", "tuned", "tuned", "given", "own"]
    surface = fl.surfaces.Ravine()
    assert tuned[0].lr == tuned_rate(surface, surface.start, fl.SGD(), 60, surface.domain)
    assert tuned[1].lr == pytest.approx(0.003)
    own = scene("ravine", methods, steps=60, lr=None).ways
    assert [way.chosen for way in own] == ["own", "given", "own", "own", "given", "own"]
    assert own[0].lr == pytest.approx(0.01)
    one = scene("ravine", methods, steps=60, lr=0.002).ways
    assert [way.chosen for way in one] == ["given"] * 6
    assert [way.lr for way in one] == pytest.approx([0.002, 0.003, 0.002, 0.002, 0.3, 0.002])


def test_the_notes_say_how_rates_were_chosen():
    seen = scene("ravine", ["sgd(lr=0.001)", "sgd(lr=0.002)", "adam", "prodigy"], steps=60)
    given, tuned, own = (
        next(note for note in seen.notes if word in note) for word in ("as given", "tuned", "methods' own")
    )
    assert "sgd(lr=0.001), sgd(lr=0.002)" in given
    assert f"adam {seen.ways[2].lr:.3g}" in tuned
    assert "prodigy 1" in own
    assert [way.label for way in seen.ways] == ["sgd(lr=0.001)", "sgd(lr=0.002)", "adam", "prodigy"]


def test_the_usual_methods():
    seen = scene("ravine", steps=60)
    assert [way.label for way in seen.ways] == list(USUAL)
    assert {way.chosen for way in seen.ways} == {"tuned"}


def test_a_way_that_leaves_the_window_is_cut_off_there_and_said_to_be():
    seen = scene("x**2", ["sgd(lr=1.2)", "sgd(lr=0.1)"], start=[1.0], window=(-2, 2), steps=20)
    out, stays = seen.ways
    # x ← (1 − 2.4) x: 1, −1.4, 1.96, −2.744
    np.testing.assert_allclose(out.points[:, 0], [1, -1.4, 1.96, -2.744], rtol=1e-5)
    assert (out.leaves, out.outcome, out.ending) == (3, "stopped_early", "left the window at step 3")
    assert stays.leaves is None
    assert seen.steps == 20
    assert "Cut off where they leave the window: sgd(lr=1.2) (step 3)." in seen.notes


def test_a_way_that_diverges_is_said_to():
    seen = scene("x**2", ["sgd(lr=9)"], start=[1.0], steps=50)
    assert seen.ways[0].outcome == "diverged"
    assert any("sgd diverged" in note for note in seen.notes)


def test_every_number_of_a_way_is_finite():
    seen = scene("log(x) + 0*y", ["sgd(lr=0.3)", "adam(lr=0.3)"], start=(0.5, 1.0), steps=50)
    for way in seen.ways:
        assert way.outcome == "nonfinite"
        for numbers in (way.points, way.f, way.gradient, way.update, *way.slots.values()):
            assert np.isfinite(numbers).all()
        assert len(way.f) == len(way.points) == len(way.gradient) == len(way.update) + 1 < 50
    assert sum("broke off" in note for note in seen.notes) == 2


def test_no_steps():
    (way,) = scene("saddle", ["sgd(lr=0.1)"], steps=0).ways
    assert way.points.shape == (1, 2)
    assert way.update.shape == (0, 2)


@pytest.mark.parametrize(
    ("arguments", "choices", "message"),
    [
        (("rosenbrok",), {}, "Did you mean 'rosenbrock'"),
        (("hill(x)",), {}, "unknown surface 'hill'"),
        (("x**2 +",), {}, "cannot be read"),
        ((3,), {}, "nothing to descend"),
        ((int,), {}, "nothing to descend"),
        ((fl.surfaces.Sphere(dimension=3),), {}, "3 coordinates, and a picture shows one or two"),
        ((lambda x: x[0],), {}, "how many coordinates"),
        ((lambda x: x[0],), {"window": (0, 1)}, "how many coordinates"),
        ((lambda x: x[0],), {"start": (1, 2, 3)}, "3 coordinates, and a picture shows one or two"),
        ((lambda x: x[0],), {"start": ()}, "0 coordinates"),
        ((lambda x: math.sin(x[0]),), {"start": [1.0]}, "jnp.where"),
        ((lambda x: x,), {"start": [1.0, 2.0]}, "one floating-point number"),
        (("saddle",), {"start": (9, 9)}, "lies outside of the window, x from -1.5 to 1.5"),
        (("saddle",), {"start": (1,)}, "2 coordinates"),
        (("saddle",), {"start": (1, math.nan)}, "finite"),
        (("saddle",), {"start": "ab"}, "list of numbers"),
        (("saddle",), {"window": (1, 0)}, "low below high"),
        (("saddle",), {"window": [(0, 1)]}, "2 coordinates"),
        (("saddle",), {"window": "ab"}, "a window is"),
        (("saddle",), {"window": []}, "a window is"),
        (("x**2",), {"window": (-1e300, 1e300)}, "in float32"),
        (("x**2",), {"window": (1e8, 1e8 + 1)}, "in float32"),
        (("x**2",), {"start": 1e300}, "in float32"),
        (("x + y",), {"start": {1, 2}}, "list of numbers"),
        ((lambda x: x[0],), {"start": "1,2"}, "list of numbers"),
        (("x²",), {}, r"write \*\*2"),
        (("saddle",), {"title": 3}, "line of text"),
        ((lambda x, y: x + y,), {"start": (1, 2)}, r"\(x, y\): missing a required argument: 'y'. .* with one array"),
        ((lambda: 1.0,), {"start": (1, 2)}, "with one array"),
        (("saddle", ["sgd", fl.SGD]), {}, "there twice"),
        (("rosenbrock",), {"window": (0, 1)}, "another start, or a window"),
        (("log(x)",), {"start": [-1]}, "no value at the start"),
        (("sqrt(x)", "sgd"), {"start": [0.0], "lr": 0.1}, "no gradient at the start"),
        (("sqrt(-1 - x**2)",), {}, "say where to start"),
        (("saddle", ["sgd", "sgd"]), {"lr": 0.1}, "there twice"),
        (("saddle", []), {}, "at least one"),
        (("saddle", "sgd, adm"), {}, "Did you mean 'adam'"),
        (("saddle", "sgd"), {"lr": "fast"}, "'auto' to tune it"),
        (("saddle", "sgd"), {"lr": True}, "'auto' to tune it"),
        (("saddle", "sgd"), {"lr": -1.0}, "must be in"),
        (("saddle", "sgd"), {"steps": -1}, "steps"),
        (("saddle", "sgd"), {"steps": 10**6}, "at most 10,000"),
    ],
)
def test_what_is_refused(arguments, choices, message):
    with pytest.raises(fl.FalllineError, match=message):
        scene(*arguments, **choices)


def test_names_come_before_formulas():
    assert surface_of("Sphere") == fl.surfaces.Sphere()
    assert surface_of("x") == Formula("x")
    assert surface_of("exp(x)") == Formula("exp(x)")
