from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.figures.curves import loss_curves

WIDTH, HEIGHT = 720, 400


def history(loss):
    return {"step": np.arange(1, len(loss) + 1), "loss": np.asarray(loss)}


def epochs(count, every, loss=1.0):
    number = np.arange(1, count + 1)
    return {"epoch": number, "step": number * every, "train_loss": loss / number, "val_loss": 1.1 * loss / number}


def fit(ticks, log=False):
    """Return the map from values to pixels that the labels tell of."""
    values, places = np.array(list(ticks)), np.array(list(ticks.values()))
    slope, offset = np.polyfit(np.log10(values) if log else values, places, 1)
    return lambda v: slope * (np.log10(v) if log else np.asarray(v)) + offset


def check_layout(picture):
    """Everything is on the page, and no two texts touch."""
    words = picture.words
    for word in words:
        left, top, right, bottom = word.box
        assert left >= 0, word
        assert right <= WIDTH, word
        assert top >= 0, word
        assert bottom <= HEIGHT, word
    for a, b in itertools.combinations(words, 2):
        apart = a.box[2] < b.box[0] or b.box[2] < a.box[0] or a.box[3] < b.box[1] or b.box[3] < a.box[1]
        assert apart, (a, b)
    for tag in ("polyline", "polygon"):
        for element in picture.all(tag):
            points = np.array([[float(v) for v in pair.split(",")] for pair in element.attrib["points"].split()])
            assert np.all((points >= 0) & (points <= [WIDTH, HEIGHT]))


@pytest.mark.parametrize(("loss", "log"), [(1 + 1 / np.arange(1, 31), False), (1 / np.arange(1, 31) ** 2, True)])
def test_the_labels_tell_the_truth_about_the_line(drawing, loss, log):
    picture = drawing(loss_curves(history(loss), {}))
    (line,) = picture.lines("stroke-training")
    np.testing.assert_allclose(line[:, 0], fit(picture.x_ticks())(np.arange(1, 31)), atol=0.12)
    np.testing.assert_allclose(line[:, 1], fit(picture.y_ticks(), log)(loss), atol=0.12)


@pytest.mark.parametrize(("factor", "log"), [(19, False), (21, True)])
def test_the_scale_is_logarithmic_beyond_a_factor_of_20(drawing, factor, log):
    ticks = drawing(loss_curves(history([1.0, factor]), {})).y_ticks()
    assert (list(ticks) == [1, 2, 5, 10, 20]) == log
    places = np.array(list(ticks.values()))
    assert (np.ptp(np.diff(places)) < 0.3) != log


def test_losses_at_or_below_zero_are_linear(drawing):
    ticks = drawing(loss_curves(history([0.0, 1000.0, 1.0]), {})).y_ticks()
    assert 0.0 in ticks
    assert list(ticks) == [0, 200, 400, 600, 800, 1000]


def test_validation_and_epoch_means_are_where_they_belong(drawing):
    picture = drawing(loss_curves(history(np.linspace(3, 1, 60)), epochs(6, 10, 3.0)))
    x, y = fit(picture.x_ticks()), fit(picture.y_ticks())
    (validation,) = picture.lines("stroke-validation")
    np.testing.assert_allclose(validation[:, 0], x(np.arange(10, 61, 10)), atol=0.12)
    np.testing.assert_allclose(validation[:, 1], y(3.3 / np.arange(1, 7)), atol=0.12)
    steps, means = picture.lines("stroke-training")
    assert len(steps) == 60
    np.testing.assert_allclose(means[:, 0], x(np.arange(5.5, 56, 10)), atol=0.12)
    assert [w.text for w in picture.words if w.text in ("training", "epoch mean", "validation")] == [
        "training",
        "epoch mean",
        "validation",
    ]


def test_epochs_have_their_own_row_under_the_steps(drawing):
    picture = drawing(loss_curves(history(np.ones(60)), epochs(6, 10)))
    x = fit(picture.x_ticks())
    (row,) = {w.y for w in picture.words if w.text == "epoch"}
    labels = {float(w.text): w.x for w in picture.words if w.y == row and w.text != "epoch"}
    assert list(labels) == [0, 1, 2, 3, 4, 5, 6]
    np.testing.assert_allclose(list(labels.values()), x(np.arange(0, 61, 10)), atol=0.12)


def test_an_incomplete_last_epoch_is_not_labelled(drawing):
    table = {"epoch": np.array([1, 2, 3]), "step": np.array([10, 20, 23]), "train_loss": np.ones(3)}
    picture = drawing(loss_curves(history(np.ones(23)), table))
    (row,) = {w.y for w in picture.words if w.text == "epoch"}
    assert [w.text for w in picture.words if w.y == row and w.text != "epoch"] == ["0", "1", "2"]


def test_a_single_spike_among_a_million_steps_stays_visible(drawing):
    loss = np.full(1_000_000, 1.0) + np.linspace(0, 0.5, 1_000_000)
    loss[654_321] = 9.0
    table = {"epoch": np.arange(1, 21), "step": np.arange(1, 21) * 50_000, "train_loss": np.full(20, 1.2)}
    svg = loss_curves(history(loss), table)
    picture = drawing(svg)
    top = float(fit(picture.y_ticks())(9.0))
    (band,) = picture.all("polygon", "training")
    points = np.array([[float(v) for v in pair.split(",")] for pair in band.attrib["points"].split()])
    peak = points[np.argmin(points[:, 1])]
    assert peak[1] == pytest.approx(top, abs=0.12)
    assert peak[0] == pytest.approx(float(fit(picture.x_ticks())(654_322)), abs=1.5)
    assert all(len(line) <= 500 for line in picture.lines("stroke"))
    assert len(svg) < 60_000


def test_losses_that_are_not_finite_leave_shaded_gaps(drawing):
    loss = np.array([5.0, 4.0, np.nan, np.inf, 3.0, 2.0, 1.0, -np.inf])
    picture = drawing(loss_curves(history(loss), {}))
    x = fit(picture.x_ticks())
    assert [len(line) for line in picture.lines("stroke-training")] == [2, 3]
    shades = [e for e in picture.all("rect", "fill-muted") if float(e.get("height", 0)) > 100]
    spans = [(float(e.attrib["x"]), float(e.attrib["x"]) + float(e.attrib["width"])) for e in shades]
    np.testing.assert_allclose(spans, [[x(2.5), x(4.5)], [x(7.5), x(8)]], atol=0.12)
    assert "not finite" in [w.text for w in picture.words]


def test_a_point_alone_is_a_dot(drawing):
    picture = drawing(loss_curves(history([0.7]), {}))
    assert not picture.lines("stroke-training")
    (dot,) = [e for e in picture.all("circle") if float(e.attrib["cx"]) != 10]
    assert float(dot.attrib["cy"]) == pytest.approx(float(fit(picture.y_ticks())(0.7)), abs=0.12)


@pytest.mark.parametrize(
    ("losses", "words"), [([], "no loss was recorded"), ([math.nan, math.inf], "no loss was finite")]
)
def test_nothing_to_draw_is_said(drawing, losses, words):
    picture = drawing(loss_curves(history(losses) if losses else {}, {}))
    assert words in [w.text for w in picture.words]
    check_layout(picture)


AWKWARD = {
    "constant": (np.full(100, 0.6931), epochs(5, 20)),
    "zero": (np.zeros(10), {}),
    "three": ([3.0, 2.0, 1.5], {}),
    "full batch": (1 / np.arange(1, 31), epochs(30, 1)),
    "noise in the last digits": (0.6931471 + np.random.default_rng(0).normal(0, 1e-9, 100), {}),
    "20 decades": (np.logspace(8, -12, 3000), epochs(30, 100)),
    "diverging": (np.append(np.logspace(0, 300, 400), [np.inf] * 20), epochs(4, 100)),
    "as wide as float64": (np.array([-1.7e308, 1.7e308, 5e-324]), {}),
    "a million": (np.random.default_rng(0).gamma(2, 1, 1_000_000), epochs(2000, 500)),
    "a million, then none": (np.append(np.ones(700_000), np.full(300_000, np.nan)), epochs(20, 50_000)),
    "negative": (np.linspace(-3e7, 4e7, 50), {}),
}


@pytest.mark.parametrize("name", AWKWARD)
@pytest.mark.parametrize("title", [None, "digits <b>&amp;</b>: " + "mlp(128, 64) " * 20])
def test_awkward_losses_are_drawn_without_overlap(drawing, name, title):
    losses, table = AWKWARD[name]
    svg = loss_curves(history(losses), table, title)
    check_layout(drawing(svg))
    assert len(svg) < 80_000


@settings(deadline=None)
@given(st.lists(st.floats(width=64), max_size=30), st.integers(0, 4))
def test_any_losses_can_be_drawn(drawing, losses, count):
    table = {}
    if losses and count:
        ends = np.unique(np.linspace(0, len(losses), count + 1).astype(int)[1:])
        ends = ends[ends > 0]
        some = np.array(losses)[ends - 1]
        table = {"epoch": np.arange(1, len(ends) + 1), "step": ends, "train_loss": some, "val_loss": some}
    check_layout(drawing(loss_curves(history(losses), table)))


def test_title_and_description_are_there_for_readers_who_do_not_see(drawing):
    picture = drawing(loss_curves(history([2.0, 0.5]), epochs(1, 2), "a <b> & \x00 c"))
    assert picture.root.get("role") == "img"
    assert picture.all("title")[0].text == "a <b> & � c"
    described = "The training loss goes from 2 at step 1 to 0.5 at step 2. The validation loss goes from 1.1"
    assert (picture.all("desc")[0].text or "").startswith(described)


def test_light_and_dark_have_okabe_and_itos_colours():
    svg = loss_curves(history([2.0, 0.5]), epochs(1, 2))
    dark = svg[svg.index("<style>") : svg.index("</style>")]
    assert "prefers-color-scheme:dark" in dark
    for line, light_colour, dark_colour in (("training", "#0072b2", "#56b4e9"), ("validation", "#d55e00", "#e69f00")):
        assert light_colour in svg.replace(dark, "")
        assert f".stroke-{line}{{stroke:{dark_colour}}}" in dark


def contrast(a, b):
    """The contrast ratio of two colours, as the Web Content Accessibility Guidelines define it."""

    def luminance(colour):
        parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    high, low = sorted([luminance(a), luminance(b)], reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["LIGHT", "DARK"])
def test_text_and_lines_stand_out_from_the_paper(scheme):
    from fallline.figures import style

    colours = getattr(style, scheme)
    assert contrast(colours["ink"], colours["paper"]) >= 7
    assert contrast(colours["muted"], colours["paper"]) >= 4.5
    assert contrast(colours["training"], colours["paper"]) >= 3
    assert contrast(colours["validation"], colours["paper"]) >= 3
