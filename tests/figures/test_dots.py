from __future__ import annotations

import math

import numpy as np
import pytest

from fallline.figures.dots import Dot, dots

ROWS = [
    Dot("adam", 0.10, 0.08, 0.12, 1),
    Dot("momentum(beta=0.9)", 0.11, 0.09, 0.13, 1),
    Dot("sgd", 0.20, 0.19, 0.21, 2),
]


def scale(picture, number, log=False):
    labels = [w for w in picture.words if w.anchor == "middle"]
    values = np.array([number(w.text) for w in labels])
    return np.polyfit([w.x for w in labels], np.log10(values) if log else values, 1)


def bars(picture):
    """The ends of the intervals, in pixels: the bars with small round corners."""
    found = [e for e in picture.all("rect") if e.get("rx") == "3"]
    return np.array([[float(e.get("x")), float(e.get("x")) + float(e.get("width"))] for e in found])


def test_intervals_end_where_the_axis_says(drawing, read_label):
    picture = drawing(dots(ROWS, "loss", "Standings"))
    read = np.polyval(scale(picture, read_label), bars(picture))
    np.testing.assert_allclose(read, [[row.low, row.high] for row in ROWS], atol=5e-4)
    (dot,) = picture.all("circle")
    assert np.polyval(scale(picture, read_label), float(dot.get("cx"))) == pytest.approx(0.10, abs=5e-4)


def test_means_of_many_decades_are_all_where_they_belong(drawing, read_label):
    rows = [Dot(f"m{i}", 10.0**-i, 0.9 * 10.0**-i, 1.1 * 10.0**-i, 0) for i in range(6, -1, -1)]
    picture = drawing(dots(rows, "loss", "Standings"))
    read = 10 ** np.polyval(scale(picture, read_label, log=True), bars(picture))
    np.testing.assert_allclose(read, [[row.low, row.high] for row in rows], rtol=0.05)


def test_only_groups_of_several_are_called_not_distinguishable(drawing):
    picture = drawing(dots(ROWS, "loss", "Standings"))
    assert [w.text for w in picture.words].count("not distinguishable") == 1
    (shade,) = picture.all("rect", "fill-grid")
    inside = [
        w.text
        for w in picture.words
        if float(shade.get("y")) < w.y < float(shade.get("y")) + float(shade.get("height"))
    ]
    assert set(inside) == {"adam", "momentum(beta=0.9)", "not distinguishable"}
    without = drawing(dots([row._replace(group=0) for row in ROWS], "loss", "Standings"))
    assert not without.all("rect", "fill-grid")


@pytest.mark.parametrize(("better", "lost"), [("lowest", math.inf), ("highest", -math.inf), ("highest", math.nan)])
def test_what_failed_has_no_dot_and_says_so(drawing, better, lost):
    rows = [*ROWS, Dot("lion", lost, math.nan, math.nan, 3)]
    picture = drawing(dots(rows, "measure", "Standings", better=better))
    assert [w.text for w in picture.words].count("failed") == 1
    assert len(bars(picture)) == 3
    assert "lion: failed." in picture.all("desc")[0].text


def test_means_without_intervals_are_dots_alone(drawing):
    picture = drawing(dots([row._replace(low=math.nan, high=math.nan) for row in ROWS], "loss", "Standings"))
    assert len(bars(picture)) == 0
    assert "adam: 0.1, no interval." in picture.all("desc")[0].text


def test_all_texts_are_on_the_page(drawing):
    rows = [Dot("adamw(lr=cosine, weight_decay=0.01)", 0.1, -math.inf, math.inf, 1), *ROWS]
    for shown in (rows, rows[:1], [], [Dot("a", math.inf, math.nan, math.nan, 0)]):
        picture = drawing(dots(shown, "validation loss", "Standings"))
        for word in picture.words:
            assert word.box[0] >= 0
            assert word.box[2] <= 800
