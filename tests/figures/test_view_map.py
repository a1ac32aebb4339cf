"""Maps and curves of scenes, read back from their SVG."""

from __future__ import annotations

import dataclasses
import itertools
import math

import numpy as np
import pytest
from tests.figures.scenes import bowl, falling, gone, line

from fallline.core.errors import InvalidValue
from fallline.figures.style import DARK
from fallline.figures.view import draw

BALL = 5.5


class Seen:
    """A picture with two even axes, in the units of these."""

    def __init__(self, svg, drawing, read_label):
        self.svg, self.picture = svg, drawing(svg)
        axis = [w for w in self.picture.words if w.role == "fill-ink" and not w.text.startswith("step")]
        up = {read_label(w.text): w.y - 4 for w in axis if w.anchor == "end"}
        across = {read_label(w.text): w.x for w in axis if w.anchor == "middle"}
        self.scales = [np.polyfit(list(found.values()), list(found), 1) for found in (across, up)]

    def at(self, x, y):
        return tuple(float(np.polyval(scale, v)) for scale, v in zip(self.scales, (x, y), strict=True))

    def balls(self):
        found = [c for c in self.picture.all("circle") if c.get("r") == str(BALL)]
        return [self.at(float(c.get("cx")), float(c.get("cy"))) for c in found]

    def dots(self, role):
        return [
            self.at(float(c.get("cx")), float(c.get("cy")))
            for g in self.picture.all("g", f"fill-{role}")
            for c in g
            if c.get("r") == "2.1"
        ]

    def says(self):
        return [w.text for w in self.picture.words]


@pytest.fixture
def look(drawing, read_label):
    return lambda *args, **kwargs: Seen(draw(*args, **kwargs), drawing, read_label)


@pytest.mark.parametrize("step", [0, 1, 7, 20])
def test_the_ball_is_where_the_way_is_at_the_step_and_the_dots_go_as_far(look, step):
    way = falling(lr=0.02)
    seen = look(bowl(way), step=step)
    np.testing.assert_allclose(seen.balls(), way.points[step : step + 1], atol=0.01)
    np.testing.assert_allclose(seen.dots("indigo"), way.points[: step + 1], atol=0.01)
    assert f"step {step} of 20" in seen.says()


def test_a_way_that_has_ended_stays_at_its_end(look):
    short, long = falling("sgd", steps=3), falling("adam", lr=0.05, steps=9)
    np.testing.assert_allclose(look(bowl(short, long)).balls(), [short.points[-1], long.points[-1]], atol=0.01)


def test_on_a_curve_the_dots_lie_on_it_with_a_tangent_at_the_start_and_at_the_ball(look):
    way = falling(start=(-1.5,), lr=0.3, steps=5)
    seen = look(line(way), step=3)
    np.testing.assert_allclose(seen.balls(), [(way.points[3, 0], way.f[3])], atol=0.01)
    for role, k in (("stroke-ink", 0), ("stroke-indigo", 3)):
        ends = [np.array([seen.at(*p) for p in piece]) for piece in seen.picture.lines(role) if len(piece) == 2]
        tangent = min(ends, key=lambda e: np.hypot(*(e.mean(axis=0) - (way.points[k, 0], way.f[k]))))
        (run, rise) = tangent[1] - tangent[0]
        assert rise / run == pytest.approx(way.gradient[k, 0], abs=0.02)
        on_line = way.f[k] + way.gradient[k, 0] * (tangent[:, 0] - way.points[k, 0])
        np.testing.assert_allclose(tangent[:, 1], on_line, atol=0.02)


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({"chosen": "tuned", "lr": 0.02}, "momentum, rate 0.02 (tuned)"),
        ({"chosen": "given", "lr": 0.02}, "momentum, rate 0.02 (given)"),
        ({"chosen": "own", "lr": 0.02}, "momentum, rate 0.02 (its own)"),
        ({"chosen": None, "lr": None}, "momentum"),
    ],
)
def test_the_legend_says_the_rate_and_how_it_came_about(look, known, words):
    assert words in look(bowl(gone("momentum", [[1.0, 1.0], [0.5, 0.5]], **known))).says()


def arrows(seen, width):
    """The shafts of the arrows that are drawn at balls, by their stroke's width."""
    lines = [e for e in seen.picture.all("line") if e.get("stroke-width") == width and float(e.get("x1")) > 20]
    return [np.array([[float(e.get(f"{a}{i}")) for a in "xy"] for i in (1, 2)]) for e in lines]


def test_arrows_point_where_they_say_and_are_compared_by_the_fourth_root(look):
    way = falling(lr=0.02)
    for name, width, vectors in (("gradient", "1.6", -way.gradient), ("step", "2.8", way.update)):
        longest = np.linalg.norm(vectors, axis=1).max()
        for step in (0, 10):
            seen = look(bowl(way), step=step, show=name)
            (shaft,) = [a for a in arrows(seen, width) if np.hypot(*np.ptp(a, axis=0)) > 3 and a[0, 1] > 120]
            across, down = (shaft[1] - shaft[0]) / np.hypot(*(shaft[1] - shaft[0]))
            assert (across, -down) == pytest.approx(vectors[step] / np.linalg.norm(vectors[step]), abs=0.02)
            head = 4.5 + 2 * float(width)
            wanted = 60 * (np.linalg.norm(vectors[step]) / longest) ** 0.25
            assert np.hypot(*(shaft[1] - shaft[0])) + head == pytest.approx(wanted, abs=0.3)
            assert any("16 times as large" in words for words in seen.says())
    assert not arrows(look(bowl(way), show="step"), "2.8")[1:]  # at the end no step is to come: only the legend's


def test_what_is_remembered_is_told_by_the_numbers(look):
    way = falling(lr=0.02)
    squares = np.concatenate([np.zeros((1, 2)), np.cumsum(way.gradient[:-1] ** 2, axis=0)])
    held = gone("adagrad", way.points, slots={"h": squares})
    seen = look(bowl(held), step=10, show="memory")
    assert "memory of squares: as wide as 1/√h" in seen.says()
    rings = [
        np.array([[float(v) for v in pair.split(",")] for pair in e.get("points").split()])
        for e in seen.picture.all("polygon", "stroke-")
        if len(e.get("points").split()) > 20
    ]
    wide, high = np.ptp(max(rings, key=lambda ring: ring[:, 1].mean()), axis=0)
    assert wide / high == pytest.approx(math.sqrt(squares[10, 1] / squares[10, 0]), rel=0.02)
    velocity = np.concatenate([np.zeros((1, 2)), way.update])
    assert "memory of slopes (v)" in look(bowl(gone("m", way.points, slots={"v": velocity})), show="memory").says()


def test_of_squares_that_are_nothing_yet_nothing_is_shown(look):
    way = falling(lr=0.02)
    squares = np.concatenate([np.zeros((1, 2)), np.cumsum(way.gradient[:-1] ** 2, axis=0)])
    scene = bowl(gone("adagrad", way.points, slots={"h": squares}))
    pictures = (look(scene, step=step, show="memory").picture for step in (0, 1))
    areas = [[e.get("fill-opacity") for e in picture.all("polygon")].count("0.12") for picture in pictures]
    assert areas == [1, 2]  # the legend's, and the ball's


def test_arrows_end_at_the_edges_of_the_room(look):
    seen = look(bowl(falling(start=(-1.9, 1.9), lr=0.02)), step=0, show="gradient")
    (room,) = seen.picture.all("svg")[1:]
    x, y, width, height = (float(room.get(name)) for name in ("x", "y", "width", "height"))
    assert room.get("viewBox").split() == [room.get(name) for name in ("x", "y", "width", "height")]
    assert seen.at(x, y) == pytest.approx((-2, 2), abs=0.02)
    assert seen.at(x + width, y + height) == pytest.approx((2, -2), abs=0.02)
    assert len([e for e in room.iter() if e.tag.endswith("line")]) == 2  # the shaft, and paper under it


def test_arrows_on_a_curve_lie_side_by_side(look):
    way = falling(start=(-1.5,), lr=0.1, steps=9)
    held = gone("m", way.points, slots={"v": np.concatenate([np.zeros((1, 1)), way.update])})
    seen = look(line(held), step=4, show=("gradient", "step", "memory"))
    (room,) = seen.picture.all("svg")[1:]
    assert len({e.get("y1") for e in room.iter() if e.tag.endswith("line")}) == 3


def test_what_lies_beyond_the_window_does_not_shorten_the_arrows_within(look):
    points = [[0.0, 0.1], [0.0, 0.9], [0.0, 1e6]]
    inside, way = gone("sgd", points[:2]), dataclasses.replace(gone("sgd", points), leaves=2)
    (own,), (other,) = (
        [e.get("y2") for e in look(bowl(w), step=0, show="gradient").picture.all("svg")[1].iter() if e.get("y2")][:1]
        for w in (inside, way)
    )
    assert own == other


def test_a_way_that_leaves_is_cut_with_a_mark_and_has_no_ball_outside(look):
    way = gone("sgd", [[0.0, 0.0], [1.0, 1.0], [1.0, 3.0], [1e200, np.inf]])
    assert len(look(bowl(way), step=1).balls()) == 1
    seen = look(bowl(way), step=2)
    assert not seen.balls()
    (mark,) = seen.picture.all("polygon", "fill-indigo")
    x, y = (float(v) for v in mark.get("transform").split(")")[0].removeprefix("translate(").split())
    assert seen.at(x, y) == pytest.approx((1.0, 2.0), abs=0.01)


@pytest.mark.parametrize("kind", ["map", "surface", "curve"])
def test_ways_that_overflow_are_drawn_as_far_as_they_go(kind, drawing):
    coordinates = 1 if kind == "curve" else 2
    points = np.repeat([[0.5], [-1.0], [1e200], [-np.inf], [np.nan], [np.nan]], coordinates, axis=1)
    way = gone(
        "sgd", points, slots={"v": np.nan_to_num(points, posinf=1e308, neginf=-1e308) - 0.5, "h": np.abs(points)}
    )
    scene = line(way) if kind == "curve" else bowl(way)
    for step in range(6):
        balls = drawing(draw(scene, kind, step, ("gradient", "step", "memory"))).all("circle")
        assert sum(c.get("r") == str(BALL) for c in balls) == (step < 2)


LONG = ("The rates were tuned: of 24 from 0.0001 to 10 each method has the one that ended lowest.", "x" * 300)
NAMES = ["sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adadelta", "adam", "nadam"]


@pytest.mark.parametrize("kind", ["map", "surface"])
@pytest.mark.parametrize("count", [1, 3, 8])
def test_no_texts_touch_and_all_are_on_the_page(kind, count, drawing):
    ways = [falling(name, lr=0.01 * (i + 1)) for i, name in enumerate(NAMES[:count])]
    picture = drawing(draw(bowl(*ways, notes=LONG, title="A title that is longer than any " * 9), kind))
    width, height = (int(picture.root.get(side)) for side in ("width", "height"))
    for word in picture.words:
        left, top, right, bottom = word.box
        assert min(left, top, width - right, height - bottom) >= 0, word
    for a, b in itertools.combinations(picture.words, 2):
        apart = a.box[2] < b.box[0] or b.box[2] < a.box[0] or a.box[3] < b.box[1] or b.box[3] < a.box[1]
        assert apart, (a, b)


@pytest.mark.parametrize("kind", ["map", "surface", "curve"])
def test_hostile_words_stay_words(kind, drawing):
    evil = '</text><script>alert(1)</script>"&\x00'
    make = line if kind == "curve" else bowl
    scene = make(falling(evil, start=(1.0,) if kind == "curve" else (1.0, 1.0)), title=evil)
    picture = drawing(draw(scene, kind))
    assert not picture.all("script")
    assert any("<script>" in word.text for word in picture.words)


@pytest.mark.parametrize("kind", ["map", "surface"])
def test_every_colour_has_one_for_dark_pages(kind, drawing):
    svg = draw(bowl(falling()), kind, show=("gradient", "step"))
    rules = svg[svg.index("<style>") : svg.rindex("</style>")]
    used = {c for e in drawing(svg).root.iter() for c in e.get("class", "").split()} - {"fallline-figure"}
    assert used
    assert all(f".{name}{{" in rules for name in used)
    assert len(used) > 3
    assert DARK["paper"] in rules


@pytest.mark.parametrize(
    ("scene", "asked", "message"),
    [
        (bowl(falling()), {"kind": "curve"}, "'map' or 'surface'"),
        (line(falling(start=(1.0,))), {"kind": "map"}, "'curve'"),
        (bowl(), {"kind": "mpa"}, "Did you mean 'map'"),
        (bowl(), {"show": ("gradeint",)}, "Did you mean 'gradient'"),
        (bowl(falling()), {"step": 21}, "has 20 steps"),
        (bowl(falling()), {"step": -1}, "has 20 steps"),
    ],
)
def test_what_cannot_be_drawn_is_refused(scene, asked, message):
    with pytest.raises(InvalidValue, match=message):
        draw(scene, **asked)


def test_one_method_has_one_colour_and_its_settings_are_told_apart(drawing):
    def roles(*labels):
        picture = drawing(draw(bowl(*(falling(label, lr=0.01 * (i + 1)) for i, label in enumerate(labels)))))
        lines = [e for g in picture.all("g") if g.get("transform") for e in g if e.tag.endswith("line")]
        return [e.get("class") for e in lines[: len(labels)]]

    assert roles("sgd(lr=0.1)") == roles("sgd") == roles("SGD")
    assert len(set(roles("sgd(lr=0.1)", "sgd(lr=0.2)", "sgd(lr=0.3)"))) == 3
    assert roles("sgd(lr=0.1)", "sgd(lr=0.2)", "momentum")[2] == roles("momentum")[0]
