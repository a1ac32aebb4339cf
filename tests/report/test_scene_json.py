from __future__ import annotations

import base64
import json
import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy.interpolate import RegularGridInterpolator

from fallline.figures.ground import Ground
from fallline.figures.scene import Curve, Scene, Way
from fallline.figures.style import LIGHT
from fallline.figures.view import curve, heads, projection, relief
from fallline.figures.view.heights import heights
from fallline.report.bundle import SCRIPTS
from fallline.report.scene_json import CELLS, scene_json, ways_json

NUMBERS = st.floats(allow_nan=True, allow_infinity=True, width=64)


def read(text):
    return np.frombuffer(base64.b64decode(text), "<f4")


def way(points, label="sgd", **changes):
    points = np.asarray(points, float)
    f, flat = points.sum(axis=1), np.zeros_like(points)
    parts = {"method": f"{label}(lr=0.1)", "chosen": "tuned", "lr": 0.1, "points": points, "f": f, "gradient": flat}
    parts |= {"update": np.diff(points, axis=0), "slots": {}, "outcome": "finished", "ending": "it ended"}
    return Way(label, **(parts | changes))


def plane(n=5, **changes):
    x = np.linspace(-1, 1, n)
    return Ground(x, x, x + x[:, None], **changes)


@settings(max_examples=40, deadline=None)
@given(hnp.arrays(np.float64, st.tuples(st.integers(1, 6), st.just(2)), elements=NUMBERS))
def test_points_come_back_as_float32_has_them(points):
    with np.errstate(all="ignore"):
        found = ways_json((way(points, f=points[:, 0], update=points[:-1]),))
        expected = points.astype(np.float32).ravel()
    np.testing.assert_array_equal(read(json.loads(json.dumps(found, allow_nan=False))[0]["points"]), expected)


def test_a_scene_says_all_that_a_page_shows():
    ways = (way([[0, 0], [0.5, 0.5], [3, 0]], leaves=2), way([[0, 0]], "Adam", chosen=None, lr=None))
    found = scene_json(Scene("A plane", plane(), ways, ("Of note.",)))
    assert (found["title"], found["notes"], found["steps"], found["ratio"]) == ("A plane", ["Of note."], 2, 1.0)
    assert [axis["name"] for axis in found["axes"]] == ["x", "y"]
    first, second = found["ways"]
    assert (first["label"], first["steps"], first["leaves"], first["failed"]) == ("sgd", 2, 2, False)
    assert (second["lr"], second["chosen"], second["steps"]) == (None, None, 0)
    assert len(read(first["gradient"])) == 6


def test_ten_ways_are_told_apart_by_colour_or_dashes():
    found = ways_json(tuple(way([[0.0, 0.0]], f"method{i}") for i in range(10)))
    assert len({(each["role"], *each["dashes"]) for each in found}) == 10
    assert all(each["role"] in LIGHT for each in found)


def test_the_surface_is_even_where_the_ground_is_not():
    x, y = np.geomspace(1, 9, 90) - 5, np.linspace(-2, 1, 17)
    ground = Ground(x, y, 3 * x - y[:, None])
    found = scene_json(Scene("", ground, ()))["ground"]
    assert (found["rows"], found["columns"]) == (17, CELLS)
    u, v = np.linspace(-4, 4, CELLS), np.linspace(-2, 1, 17)
    exact = RegularGridInterpolator((y, x), heights(ground).position(ground.z))(
        np.stack(np.meshgrid(v, u, indexing="ij"), axis=-1)
    )
    np.testing.assert_allclose(read(found["heights"]).reshape(17, CELLS), exact, atol=1e-6)


def test_a_hole_in_the_ground_stays_a_hole():
    z = np.ones((5, 5))
    z[2, 2], z[0, 0] = np.nan, np.inf
    x = np.linspace(-1, 1, 5)
    places = read(scene_json(Scene("", Ground(x, x, z + x**2), ()))["ground"]["heights"]).reshape(5, 5)
    assert np.isnan(places[2, 2])
    assert np.isnan(places[0, 0])
    assert np.isfinite(places).sum() == 23


def test_the_land_fills_its_room_and_carries_no_axes():
    land = scene_json(Scene("", plane(), ()))["ground"]["land"]
    assert land.startswith("<svg")
    assert "<text" not in land


def test_a_curve_has_its_minima_at_their_heights():
    x = np.linspace(-2, 2, 401)
    curve = Curve(x, x**2 * (x - 1) ** 2, 0.0, ((0.0,), (1.0,)), ((5.0,),))
    found = scene_json(Scene("", curve, (way([[0.5], [0.4]]),)))
    assert [sign["kind"] for sign in found["ground"]["signs"]] == ["minimum", "minimum"]  # one is beyond the window
    np.testing.assert_allclose([sign["point"] for sign in found["ground"]["signs"]], [[0, 0], [1, 0]], atol=1e-9)
    assert found["axes"][1]["low"] <= 0 < 36 <= found["axes"][1]["high"]


def test_what_a_method_remembers_is_a_direction_of_travel():
    gradient = np.array([[4.0, 1.0], [2.0, -1.0], [1.0, 0.5], [0.5, -0.2], [0.2, 0.1]])
    mean = np.zeros((5, 2))
    for k in range(4):
        mean[k + 1] = 0.9 * mean[k] + 0.1 * gradient[k]
    squares = np.concatenate([np.zeros((1, 2)), np.cumsum(gradient[:-1] ** 2, axis=0)])
    found = ways_json((way(gradient, gradient=gradient, slots={"h": squares, "m": mean}),))[0]["memory"]
    assert (found["direction"]["name"], found["squares"]["name"]) == ("m", "h")
    np.testing.assert_allclose(read(found["direction"]["values"]).reshape(5, 2), -mean, rtol=1e-6)
    np.testing.assert_allclose(read(found["squares"]["values"]).reshape(5, 2), squares, rtol=1e-6)


def test_a_curve_with_a_hole_is_still_json():
    x = np.linspace(-1, 1, 21)
    found = scene_json(Scene("", Curve(x, np.where(abs(x) < 0.25, np.nan, 1e300 * x), None, ((0.0,),)), ()))
    assert json.dumps(found, allow_nan=False)
    assert found["ground"]["signs"] == []
    assert np.isnan(read(found["ground"]["y"])).sum() == 5


def test_the_page_draws_by_the_numbers_of_the_stills():
    def number(module, name):
        found = re.search(rf"\b{name}(?: =|:) (\[[^]]*\]|[\d.]+)", (SCRIPTS / f"{module}.js").read_text("utf-8"))
        return json.loads(found[1])

    assert number("mesh", "HIGH") == projection.HIGH
    assert (number("mesh", "CLEAR"), number("mesh", "LIGHT")) == (relief._CLEAR, relief._LIGHT.tolist())
    usual = projection.Projection()
    assert (number("surface", "azimuth"), number("surface", "elevation")) == (usual.azimuth, usual.elevation)
    for name in ("LONGEST", "POWER", "WIDEST", "NARROWEST"):
        assert number("trail", name) == getattr(heads, f"_{name}")
    assert number("curve", "APART") == curve._APART


@pytest.mark.parametrize("ground", [plane(), Curve(np.linspace(0, 1, 5), np.linspace(0, 1, 5))])
def test_a_scene_without_ways_is_a_scene(ground):
    assert scene_json(Scene("Empty", ground, ()))["ways"] == []
