from __future__ import annotations

import numpy as np
import pytest

from fallline.figures.exhibit import exhibit
from fallline.record.finding import Exhibit

STEPS = np.arange(1.0, 41.0)


def across(picture, role="stroke-ink"):
    """The dashed lines of limits: (x1, y1, x2, y2) in pixels, without their samples in the legend."""
    ends = [[float(e.get(name)) for name in ("x1", "y1", "x2", "y2")] for e in picture.all("line", role)]
    return [line for line in ends if np.hypot(line[2] - line[0], line[3] - line[1]) > 30]


def test_lines_levels_and_the_place_where_it_begins_stand_at_their_values(drawing, read_label):
    shown = Exhibit(
        "The rate is above what it can bear",
        ("step", "rate"),
        {"rate": np.stack([STEPS, 1 + STEPS / 40], axis=1)},
        levels={"2/λ": 1.5},
        since=20,
    )
    picture = drawing(exhibit(shown).svg)
    labels = [w for w in picture.words if w.anchor == "end" and "ink" in w.role and w.text]
    up = np.polyfit([w.y - 4 for w in labels], [read_label(w.text) for w in labels], 1)
    places = [w for w in picture.words if w.anchor == "middle" and "ink" in w.role]
    right = np.polyfit([w.x for w in places], [read_label(w.text) for w in places], 1)
    ((line,), (level,)) = picture.lines("stroke-blue"), across(picture)
    np.testing.assert_allclose(np.polyval(right, line[:, 0]), STEPS, atol=0.15)
    np.testing.assert_allclose(np.polyval(up, line[:, 1]), 1 + STEPS / 40, atol=0.005)
    np.testing.assert_allclose(np.polyval(up, [level[1], level[3]]), 1.5, atol=0.005)
    _, begins = [x1 for x1, _, x2, _ in across(picture, "stroke-muted") if x1 == x2]  # the axis is the other one
    assert np.polyval(right, begins) == pytest.approx(20, abs=0.15)
    assert {"2/λ", "from step 20 on", "rate", "step"} <= {w.text for w in picture.words}


def test_steps_are_even_and_rates_are_on_a_scale_of_ratios(drawing, read_label):
    def ticks(x):
        picture = drawing(exhibit(Exhibit("", ("x", "y"), {"a": np.stack([x, x], axis=1)})).svg)
        return [read_label(w.text) for w in picture.words if w.anchor == "middle" and "ink" in w.role and w.text]

    assert np.ptp(np.diff(ticks(np.arange(1.0, 1001.0)))) < 1e-9
    assert np.ptp(np.diff(np.log(ticks(10.0 ** np.arange(-6, 1))))) < 1e-9


def test_dots_are_not_joined_and_what_is_not_finite_is_left_out(drawing):
    points = [[1, 2.0], [2, np.inf], [3, np.nan], [4, 1.0]]
    picture = drawing(exhibit(Exhibit("Rows", ("row", "loss"), {"rows": points}, kind="dots")).svg)
    assert not picture.lines("stroke-blue")
    assert len(picture.all("circle")) == 2 + 1  # and a sample in the legend
    joined = drawing(exhibit(Exhibit("Rows", ("row", "loss"), {"rows": [*points, [5, 1.0]]})).svg)
    assert [len(line) for line in joined.lines("stroke-blue")] == [2]


def test_bars_are_as_long_as_their_numbers_and_limits_go_across_them(drawing):
    lengths = {"0.w": 0.25, "1.w": 0.5, "2.w": 1.0, "3.w": 0.0, "4.w": np.nan}
    shown = Exhibit("Dead", ("layer", "share"), lengths, kind="bars", levels={"half": 0.5})
    picture = drawing(exhibit(shown).svg)
    bars = [(float(e.get("x")), float(e.get("width"))) for e in picture.all("rect", "fill-blue")]
    np.testing.assert_allclose([wide / bars[2][1] for _, wide in bars], [0.25, 0.5, 1.0], atol=0.002)
    ((level,),) = [across(picture)]
    assert level[0] == level[2] == pytest.approx(bars[1][0] + bars[1][1], abs=0.1)
    words = [w.text for w in picture.words]
    assert {"0.w", "half", "share", "0.25", "nan"} <= set(words)
    assert words.index("0.w") < words.index("1.w") < words.index("2.w")


def test_bars_far_apart_are_on_a_scale_of_ratios_and_a_zero_among_them_has_none(drawing):
    lengths = {"0.w": 1e-6, "1.w": 1e-3, "2.w": 1.0, "3.w": 0.0}
    picture = drawing(exhibit(Exhibit("Gradient", ("array", "size"), lengths, kind="bars")).svg)
    ends = [float(e.get("x")) + float(e.get("width")) for e in picture.all("rect", "fill-blue")]
    assert len(ends) == 3
    assert ends[2] - ends[1] == pytest.approx(ends[1] - ends[0], abs=0.2)


@pytest.mark.parametrize("kind", ["lines", "dots"])
def test_nothing_to_show_is_an_empty_picture(drawing, kind):
    picture = drawing(exhibit(Exhibit("Nothing", ("x", "y"), {}, kind=kind)).svg)
    assert picture.words[-1].text
    assert not picture.lines("stroke-blue")
    assert "a: nothing to show." in exhibit(Exhibit("", ("x", "y"), {"a": np.zeros((0, 2))}, kind=kind)).svg
    assert exhibit(Exhibit("", ("x", "y"), {}, kind="bars")).svg.endswith("</svg>")


def test_texts_do_not_cover_one_another_and_stay_within(drawing):
    bars = {f"a layer of a rather long name, number {i}": 10.0**i for i in range(8)}
    rows = {f"series {i}": [[1, i], [2, 2 * i]] for i in range(6)}
    for shown in (
        Exhibit("T", ("layer", "size"), bars, kind="bars", levels={"one limit": 1.0, "another limit": 50.0}),
        Exhibit("T", ("step", "loss of the batch"), rows, levels={"a limit": 3.0, "b limit": 4.0}, since=1.5),
    ):
        picture = drawing(exhibit(shown).svg)
        width, height = (float(picture.root.get(name)) for name in ("width", "height"))
        words = [w for w in picture.words if w.text]
        for i, one in enumerate(words):
            left, top, right, bottom = one.box
            assert min(left, top, width - right, height - bottom) >= 0, one
            for other in words[i + 1 :]:
                a, b, c, d = other.box
                assert right <= a or c <= left or bottom <= b or d <= top, (one, other)
