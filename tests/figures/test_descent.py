from __future__ import annotations

import itertools
import re

import numpy as np
import pytest

from fallline.core.errors import InvalidValue
from fallline.figures.descent import descent
from fallline.figures.ground import Ground
from fallline.figures.style import DARK, LIGHT, NAMED

X, Y = np.linspace(-4, 4, 81), np.linspace(-2, 2, 41)


def ground(f, x=X, y=Y, **known):
    return Ground(x, y, f(x[None, :], y[:, None]) + 0 * (x[None, :] + y[:, None]), **known)


def ravine(x, y):
    return (x**2 + 100 * y**2) / 2


class Map:
    """A picture read back, in the units of its axes."""

    def __init__(self, svg, drawing):
        self.picture = drawing(svg)
        size = self.picture.root
        self.width, self.height = int(size.attrib["width"]), int(size.attrib["height"])
        row = sorted({w.y for w in self.picture.words})[-2]
        across = {number(w.text): w.x for w in self.picture.words if w.y == row and w.anchor == "middle"}
        up = {number(w.text): w.y - 4 for w in self.picture.words if w.anchor == "end" and "ink" in w.role}
        self.scales = [np.polyfit(list(axis.values()), list(axis), 1) for axis in (across, up)]

    def read(self, pixels):
        return np.stack([np.polyval(scale, pixels[:, i]) for i, scale in enumerate(self.scales)], axis=1)

    def path(self, role):
        """The pieces of the line in a colour."""
        return [self.read(line) for line in self.picture.lines(role)]

    def dots(self, role):
        groups = self.picture.all("g", f"fill-{role}")
        return self.read(np.array([[float(c.get("cx")), float(c.get("cy"))] for g in groups for c in g]))

    def contours(self):
        (path,) = self.picture.all("path", "stroke-muted")
        lines = [np.array([[float(v) for v in pair.split(",")] for pair in d.split()]) for d in split(path)]
        return [self.read(line) for line in lines]

    def says(self, text):
        return any(text in w.text for w in self.picture.words)


def split(path):
    return [d for d in re.split("[MZ]", path.get("d")) if d]


def number(label):
    return float(label.replace("−", "-"))


@pytest.fixture
def read(drawing):
    return lambda *args, **kwargs: Map(descent(*args, **kwargs), drawing)


def colour(svg_map):
    """The role of the only path."""
    return next(role for role in NAMED if svg_map.picture.lines(f"stroke-{role}"))


def test_points_are_where_the_axes_say(read):
    way = np.array([[-3.5, 1.0], [-1.0, -0.5], [0.5, 0.25], [0.0, 0.0]])
    seen = read(ground(ravine), {"Adam": way})
    role = colour(seen)
    (line,) = seen.path(f"stroke-{role}")
    np.testing.assert_allclose(line, way, atol=0.002)
    np.testing.assert_allclose(seen.dots(role), way, atol=0.002)


def test_a_unit_is_as_long_on_both_axes(read):
    for high in (2.0, 4.0, 8.0):
        seen = read(ground(ravine, y=np.linspace(-high, high, 41)))
        assert abs(seen.scales[0][0]) == pytest.approx(abs(seen.scales[1][0]), rel=0.01)


def test_contours_are_where_the_function_has_their_level(read):
    levels = np.array([0.2, 0.5, 1, 2, 5, 10, 20, 50, 100, 200])
    met = set()
    for line in read(ground(ravine, np.linspace(-4, 4, 401), np.linspace(-2, 2, 401), lowest=0.0)).contours():
        values = ravine(*line.T)
        level = levels[np.argmin(np.abs(np.log(levels / np.median(values))))]
        # A tenth of a pixel is a large step where the walls are steep: compare places, not heights.
        slope = np.hypot(line[:, 0], 100 * line[:, 1])
        assert np.abs((values - level) / slope).max() < 0.012
        met.add(level)
    assert met == set(levels.tolist())


def test_the_floor_of_a_ravine_has_lines(read):
    enclosing = [line for line in read(ground(ravine)).contours() if np.ptp(line[:, 0]) < 3]
    assert len(enclosing) >= 3


def test_levels_of_a_saddle_are_even_and_pass_through_it(read):
    seen = read(ground(lambda x, y: x**2 - y**2, X / 4, X / 4, saddles=((0.0, 0.0),)))
    assert any(np.hypot(*line.T).min() < 0.01 for line in seen.contours())
    values = sorted({round(float(np.median(x**2 - y**2)), 2) for x, y in (line.T for line in seen.contours())})
    assert len(values) > 5
    np.testing.assert_allclose(np.diff(values), np.diff(values)[0], atol=0.03)
    assert seen.says("saddle point")


def test_a_plain_lying_on_a_level_has_no_line(read):
    seen = read(ground(lambda x, y: -np.exp(-20 * (x**2 + y**2)) + 1e-12 * np.sin(9 * x)))
    assert all(np.hypot(*line.T).max() < 1 for line in seen.contours())


@pytest.mark.parametrize("value", [3.0, 0.0, -1e300])
def test_a_constant_function_has_no_contours(read, value):
    seen = read(ground(lambda x, y: value), {"SGD": [[0.0, 0.0], [1.0, 1.0]]})
    assert not seen.picture.all("path", "stroke-muted")
    assert seen.says("the same value everywhere")
    assert len(seen.path(f"stroke-{colour(seen)}")) == 1


def test_ground_without_values_is_shown_as_such(read):
    def f(x, y):
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(y > 1, np.inf, np.sqrt(x + 2) + y**2)

    seen = read(ground(f))
    assert seen.says("not finite")
    for line in seen.contours():
        assert line[:, 0].min() >= -2.01
        assert line[:, 1].max() <= 1.01
    (lost,) = [p for p in seen.picture.all("path", "fill-muted") if p.get("fill-opacity") == "0.35"]
    rings = [seen.read(np.array([[float(v) for v in p.split(",")] for p in d.split()])) for d in split(lost)]
    assert np.concatenate(rings).min(axis=0) == pytest.approx([-4, -2], abs=0.02)
    assert read(ground(lambda x, y: np.nan)).says("no value is finite")


def test_huge_heights_are_drawn(read):
    assert len(read(ground(lambda x, y: 1e300 * (x**2 + y**2))).contours()) > 3
    assert len(read(ground(lambda x, y: 1e-300 * (x**2 + y**2))).contours()) > 3


def test_a_path_that_leaves_is_cut_at_the_edge_and_goes_on_where_it_returns(read):
    way = [[0.0, 0.0], [0.0, 6.0], [2.0, 6.0], [2.0, 0.0], [1e200, 1e200]]
    seen = read(ground(ravine), {"SGD": way})
    out, back = seen.path(f"stroke-{colour(seen)}")
    np.testing.assert_allclose(out, [[0, 0], [0, 2]], atol=0.01)
    np.testing.assert_allclose(back, [[2, 2], [2, 0], [4, 2]], atol=0.01)
    assert len(seen.dots(colour(seen))) == 2
    assert seen.says("start")
    assert not seen.says("end")


def test_points_that_are_not_finite_are_gaps(read):
    way = [[-1.0, 0.0], [0.0, 0.0], [np.nan, 0.0], [1.0, 0.0], [2.0, 0.0], [np.inf, 0.0]]
    pieces = read(ground(ravine), {"SGD": way}).path("stroke-indigo")
    assert [piece.round(1).tolist() for piece in pieces] == [[[-1, 0], [0, 0]], [[1, 0], [2, 0]]]


def test_a_path_of_one_point_is_a_ring_and_a_disk(read):
    seen = read(ground(ravine), {"SGD": [[1.0, 1.0]]})
    marks = [c for c in seen.picture.all("circle") if float(c.get("r")) >= 4]
    places = seen.read(np.array([[float(c.get("cx")), float(c.get("cy"))] for c in marks if float(c.get("cx")) > 20]))
    np.testing.assert_allclose(places, [[1, 1], [1, 1]], atol=0.01)
    assert read(ground(ravine), {"SGD": np.zeros((0, 2))}).says("SGD")


def test_marks_are_where_they_belong(read):
    seen = read(ground(ravine, minima=((0.0, 0.0), (9.0, 9.0)), local_minima=((2.0, -1.0),), saddles=((1.0, 1.0),)))
    stars = [p for p in seen.picture.all("polygon") if "ink" in p.get("class")]
    points = [np.array([[float(v) for v in pair.split(",")] for pair in p.get("points").split()]) for p in stars]
    centres = seen.read(np.array([p.mean(axis=0) for p in points if p[:, 0].min() > 20]))
    on_map = [c.round(2).tolist() for c in centres if abs(c[1]) <= 2]
    assert sorted(on_map) == [[0.0, 0.0], [2.0, -1.0]]
    for label in ("minimum", "local minimum", "saddle point"):
        assert seen.says(label)


NAMES = ["SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "AdaDelta", "Adam", "NAdam"]
NAMES += ["AMSGrad", "LBFGS", "Prodigy", "Adafactor"]


@pytest.mark.parametrize("count", [0, 1, 8, 12])
@pytest.mark.parametrize("high", [2.0, 8.0, 40.0])
def test_no_texts_touch_and_all_are_on_the_page(read, count, high):
    ways = {name: [[0.1 * i, 0.1], [1.0, 1.0]] for i, name in enumerate(NAMES[:count])}
    land = ground(ravine, y=np.linspace(-high, high, 41), minima=((0.0, 0.0),), saddles=((1.0, 1.0),))
    seen = read(land, ways, title="A title that is longer than any picture has room for " * 4)
    for word in seen.picture.words:
        left, top, right, bottom = word.box
        assert left >= 0, word
        assert right <= seen.width, word
        assert top >= 0, word
        assert bottom <= seen.height, word
    for a, b in itertools.combinations(seen.picture.words, 2):
        apart = a.box[2] < b.box[0] or b.box[2] < a.box[0] or a.box[3] < b.box[1] or b.box[3] < a.box[1]
        assert apart, (a, b)


def lines_in_legend(svg, drawing):
    """The look of each name: the attributes of the line beside it."""
    groups = [g for g in drawing(svg).all("g") if g.get("transform")]
    lines = [next(e for e in g if e.tag.endswith("line")) for g in groups[: len(NAMES)]]
    return {name: (e.get("stroke"), e.get("stroke-dasharray")) for name, e in zip(NAMES, lines, strict=True)}


def test_a_name_has_one_colour_in_every_figure_and_no_two_look_alike(drawing):
    ways = {name: [[0.0, 0.0], [1.0, 1.0]] for name in NAMES}
    looks = lines_in_legend(descent(ground(ravine), ways), drawing)
    assert len(set(looks.values())) == len(NAMES)
    assert len({looks[name][0] for name in NAMES[:8]}) == 8
    for name in NAMES:
        alone = drawing(descent(ground(ravine), {name: ways[name]}))
        assert looks[name][0] in {line.get("stroke") for line in alone.all("polyline")}


# G. M. Machado, M. M. Oliveira and L. A. F. Fernandes, 2009: what the colour-blind see, in linear RGB, full severity.
EYES = {
    "usual": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(colour, eye):
    """CIE L*a*b* of an sRGB colour, as an eye sees it."""
    srgb = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    to_xyz = [[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]]
    xyz = to_xyz @ np.clip(np.asarray(eye) @ linear, 0, 1) / [0.9505, 1, 1.089]
    f = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * f[1] - 16, 500 * (f[0] - f[1]), 200 * (f[1] - f[2])])


@pytest.mark.parametrize("eye", EYES)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_colour_blind_tell_the_names_apart(palette, eye):
    """A difference of 2.3 is just seen."""
    seen = [lab(palette[role], EYES[eye]) for role in ("paper", *NAMED)]
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > 5 * 2.3


def test_dark_pages_have_their_own_colours(drawing):
    svg = descent(ground(ravine), {"Adam": [[0.0, 0.0], [1.0, 1.0]]})
    style = svg[svg.index("<style>") : svg.index("</style>")]
    used = {c for e in drawing(svg).root.iter() for c in e.get("class", "").split() if "-" in c} - {"fallline-figure"}
    for name in used:
        assert f".{name}{{" in style


@pytest.mark.parametrize(
    ("x", "y", "z"),
    [
        ([0.0], [0.0, 1.0], np.zeros((2, 1))),
        ([1.0, 0.0], [0.0, 1.0], np.zeros((2, 2))),
        ([0.0, np.nan], [0.0, 1.0], np.zeros((2, 2))),
        ([0.0, 1.0, 2.0], [0.0, 1.0], np.zeros((3, 2))),
    ],
)
def test_a_grid_that_is_none_is_refused(x, y, z):
    with pytest.raises(InvalidValue):
        Ground(x, y, z)
