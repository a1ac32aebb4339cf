"""Surfaces of scenes: the projection, what is hidden, how heights are shown."""

from __future__ import annotations

import math
import re

import numpy as np
import pytest
from tests.figures.scenes import SIDE, bowl, falling, gone

from fallline.figures.ground import Ground
from fallline.figures.scene import Scene
from fallline.figures.view import draw
from fallline.figures.view.heights import heights
from fallline.figures.view.projection import HIGH, Projection
from fallline.figures.view.relief import relief

RNG = np.random.default_rng(0)


def turned(azimuth, elevation):
    """The rotation to (right, away, up) as a product of two: about the upright axis, then towards the eye."""
    a, e = math.radians(azimuth), math.radians(elevation)
    about_z = np.array([[math.cos(a), -math.sin(a), 0], [math.sin(a), math.cos(a), 0], [0, 0, 1]])
    about_x = np.array([[1, 0, 0], [0, math.cos(e), -math.sin(e)], [0, math.sin(e), math.cos(e)]])
    return about_x @ about_z


@pytest.mark.parametrize("azimuth", [0.0, 30.0, 135.0, 290.0])
@pytest.mark.parametrize("elevation", [10.0, 42.0, 80.0])
def test_the_projection_is_a_rotation(azimuth, elevation):
    view, points = Projection(azimuth, elevation), RNG.uniform(-1, 1, (20, 3))
    right, _, up = turned(azimuth, elevation) @ (points - [0, 0, HIGH / 2]).T
    np.testing.assert_allclose(view.page(points), np.stack([right, up], axis=1), atol=1e-12)
    np.testing.assert_allclose(turned(azimuth, elevation) @ view.eye, [0, -1, 0], atol=1e-12)


def test_what_the_ground_stands_before_is_hidden():
    wall = np.where(np.abs(SIDE) < 0.15, 1.0, 0.0)[:, None] + 0 * SIDE[None, :]
    ground = Ground(SIDE, SIDE, wall)
    mesh, view = relief(ground, heights(ground)), Projection(azimuth=0.0, elevation=30.0)
    behind, before, far = mesh.box(np.array([[0.0, 0.6], [0.0, -0.6], [0.0, 1.99]]))
    # From 30° the wall's shadow is HIGH/tan 30° long, in units of half the side; the far edge lies in it or not.
    reach = HIGH / math.tan(math.radians(30))
    assert mesh.hidden(np.array([behind, before, far]), view).tolist() == [True, False, reach > 1.05]


def test_the_mesh_lies_on_the_ground_and_its_points_between_corners_are_bilinear():
    ground = Ground(SIDE, SIDE, SIDE[:, None] * SIDE[None, :])
    axis = heights(ground)
    points = RNG.uniform(-2, 2, (50, 2))
    found = relief(ground, axis).box(points)
    np.testing.assert_allclose(found[:, :2], points / 2, atol=1e-12)
    np.testing.assert_allclose(found[:, 2], HIGH * (points.prod(axis=1) + 4) / 8, atol=1e-12)  # xy is bilinear itself


@pytest.mark.parametrize(("bend", "power"), [(2, 1.0), (4, 0.5), (8, 0.25)])
def test_heights_that_span_powers_of_ten_are_shown_by_a_root_and_its_axis_says_so(bend, power, drawing):
    z = 3.0 + np.abs(SIDE[None, :]) ** bend + np.abs(SIDE[:, None]) ** bend
    ground = Ground(SIDE, SIDE, z, 3.0)
    axis = heights(ground)
    assert axis.power == power
    np.testing.assert_allclose(axis.position(z), ((z - 3) / (z.max() - 3)) ** power, rtol=1e-12)
    floor = 3.0 if power == 1 else 0.0
    for tick in axis.ticks:
        value = float(tick.label.replace(",", "")) - floor
        assert tick.value == pytest.approx(max(value / (z.max() - 3), 0) ** power, abs=1e-9)
    name = {1.0: "f", 0.5: "f above its lowest value (square root)", 0.25: "f above its lowest value (fourth root)"}
    assert name[power] in [w.text for w in drawing(draw(Scene("s", ground, ()), "surface")).words]


def cells(picture):
    return [e for e in picture.all("path") if re.fullmatch(r"s\d+", e.get("class", ""))]


def test_the_cells_are_drawn_from_the_farthest_to_the_nearest_and_the_file_is_small(drawing):
    side = np.linspace(-2, 2, 241)
    z = 100 * (side[:, None] - side[None, :] ** 2) ** 2 + (1 - side[None, :]) ** 2
    ways = [falling(f"sgd(lr={lr})", lr=lr, steps=1000, start=(-1.5, 1.0)) for lr in np.linspace(1e-3, 8e-3, 8)]
    svg = draw(Scene("Rosenbrock", Ground(side, side, z, 0.0, ((1.0, 1.0),)), tuple(ways)), "surface")
    assert len(svg) < 400_000
    quads = sum(e.get("d").count("M") for e in cells(drawing(svg)))
    assert 40**2 <= quads <= 60**2
    flat = drawing(draw(Scene("flat", Ground(SIDE, SIDE, 0 * z[:41, :41]), ()), "surface"))
    # On flat ground the nearer is the lower on the page.
    starts = [float(d.split()[1].split("l")[0]) for e in cells(flat) for d in e.get("d").split("M")[1:]]
    assert np.all(np.diff(starts) > -0.2)


def test_cells_without_a_value_are_left_out_and_ways_over_them_have_gaps(drawing):
    z = SIDE[None, :] ** 2 + SIDE[:, None] ** 2
    z[15:26, 15:26] = np.nan
    ground = Ground(SIDE, SIDE, z)
    whole = sum(e.get("d").count("M") for e in cells(drawing(draw(bowl(), "surface"))))
    holed = drawing(draw(Scene("hole", ground, (gone("sgd", [[-1.5, 0.0], [0.0, 0.0], [1.5, 0.0]]),)), "surface"))
    assert sum(e.get("d").count("M") for e in cells(holed)) == whole - 12 * 12
    dots = [c for g in holed.all("g", "fill-indigo") for c in g if float(c.get("cx")) > 20 and c.get("r") == "2.1"]
    assert len(dots) == 2
    assert not drawing(draw(Scene("none", Ground(SIDE, SIDE, z * np.nan), ()), "surface")).all("path")


def test_the_ball_lies_on_the_surface(drawing):
    """Where the projection's formula, the box and the pixels of three axes' labels say."""
    way = falling(lr=0.02)
    picture = drawing(draw(bowl(way), "surface", step=4))
    (ball,) = [c for c in picture.all("circle") if c.get("r") == "5.5"]
    star = next(e for e in picture.all("polygon") if float(e.get("points").split(",")[0]) > 40)
    middle = np.mean([[float(v) for v in p.split(",")] for p in star.get("points").split()], axis=0)
    highest = (SIDE[0] ** 2 + 9 * SIDE[0] ** 2) / 2
    axis = heights(bowl().ground)
    z = HIGH * axis.position(np.array([way.f[4], 0.0]))
    (across, up), (across0, up0) = Projection().page(np.array([[*way.points[4] / 2, z[0]], [0.0, 0.0, z[1]]]))
    ends = [w for w in picture.words if w.text in ("−2", "2") and w.role == "fill-ink"]
    assert axis.high == pytest.approx(highest)
    assert len(ends) == 4
    offset = np.array([float(ball.get("cx")), float(ball.get("cy"))]) - middle
    wanted = np.array([across - across0, -(up - up0)])
    assert offset / np.hypot(*offset) == pytest.approx(wanted / np.hypot(*wanted), abs=0.02)
