from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fallline.figures.bands import Band, bands
from fallline.figures.emblems import emblems

NAMES = ("samples", "loss")
X = np.linspace(0, 1000, 21)


def band(mean, x=X, share=0.1):
    mean = np.asarray(mean, float)
    with np.errstate(invalid="ignore", over="ignore"):
        return Band(x, mean, mean - share * abs(mean), mean + share * abs(mean))


class Read:
    """A chart read back in the units of its axes, by the labels of its ticks."""

    def __init__(self, picture, number, log_x=False):
        self.picture = picture
        ink = [w for w in picture.words if "ink" in w.role and w.size == 12]
        up = {w.y - 4: number(w.text) for w in ink if w.anchor == "end" and w.x < 150}
        across = {w.x: number(w.text) for w in ink if w.anchor == "middle"}
        values = np.array(list(up.values()))
        self.log = len(values) > 2 and np.ptp(np.diff(np.sort(values))) > 1e-6 * np.ptp(values)
        self.up = np.polyfit(list(up), np.log10(values) if self.log else values, 1)
        places = np.array(list(across.values()))
        self.across, self.log_x = np.polyfit(list(across), np.log10(places) if log_x else places, 1), log_x

    def points(self, pixels):
        x, y = np.polyval(self.across, pixels[:, 0]), np.polyval(self.up, pixels[:, 1])
        return np.stack([10**x if self.log_x else x, 10**y if self.log else y], axis=1)

    def line(self, role):
        """The longest line of a colour: others are leads and gaps."""
        return self.points(max(self.picture.lines(f"stroke-{role}"), key=len))


@pytest.fixture
def read(drawing, read_label):
    def look(curves, names=NAMES, **options):
        return Read(drawing(bands(curves, names, "A race", **options)), read_label, options.get("scale") == "ratios")

    return look


@pytest.mark.parametrize(("mean", "log"), [(1 + np.exp(-X / 200), False), (2 * np.exp(-X / 100) + 1e-3, True)])
def test_curves_and_intervals_are_where_the_axes_say(read, mean, log):
    seen = read({"adam": band(mean), "sgd": band(1.2 * mean)})
    assert seen.log == log
    for role, values in (("blue", mean), ("vermilion", 1.2 * mean)):
        np.testing.assert_allclose(seen.line(role), np.stack([X, values], axis=1), rtol=0.02, atol=1.5)
        np.testing.assert_allclose(seen.line(role)[:, 1], values, rtol=0.02)
        (shade,) = (e for e in seen.picture.all("polygon", f"fill-{role}"))
        pixels = np.array([[float(v) for v in pair.split(",")] for pair in shade.attrib["points"].split()])
        edge = seen.points(pixels)[:, 1]
        np.testing.assert_allclose(edge[1:20], 1.1 * values[1:20], rtol=0.03)
        np.testing.assert_allclose(edge[::-1][1:20], 0.9 * values[1:20], rtol=0.03)


def test_rates_are_spaced_by_ratios_and_the_chosen_one_is_ringed(read):
    rates = np.geomspace(1e-4, 1, 9)
    mean = 0.1 + 0.02 * (np.log10(rates) + 2) ** 2
    seen = read({"adam": band(mean, rates)}, ("learning rate", "loss"), scale="ratios", chosen={"adam": rates[4]})
    np.testing.assert_allclose(seen.line("blue"), np.stack([rates, mean], axis=1), rtol=0.03)
    (ring,) = (c for c in seen.picture.all("circle") if c.get("r") == "7.5")
    place = seen.points(np.array([[float(ring.get("cx")), float(ring.get("cy"))]]))[0]
    np.testing.assert_allclose(place, [rates[4], mean[4]], rtol=0.03)


@pytest.mark.parametrize(("better", "bad"), [("lowest", min), ("highest", max)])
def test_a_curve_that_is_not_finite_goes_to_the_bad_edge_and_ends_in_a_cross(drawing, better, bad):
    mean = np.where(X > 500, np.inf if better == "lowest" else -np.inf, 1 + X / 1000)
    picture = drawing(bands({"adam": band(1 + X / 1000), "sgd": band(mean)}, NAMES, "A race", better=better))
    arms = [e for e in picture.all("line", "stroke-vermilion") if e.get("x1") != "0"]
    assert len(arms) == 2
    (first,) = [line for line in picture.lines("stroke-vermilion") if len(line) > 3]
    leads = [line for line in picture.lines("stroke-vermilion") if len(line) == 2]
    np.testing.assert_allclose(leads[0][0], first[-1])
    heights = [float(e.get("y1")) for e in picture.all("line", "stroke-grid")]
    assert bad(leads[0][1][1], *heights) == leads[0][1][1]
    words = [w.text for w in picture.words]
    assert "× diverged" in words
    assert ("sgd ↑" if better == "lowest" else "sgd ↓") in words
    assert "is not finite elsewhere" in (picture.all("desc")[0].text or "")


def test_a_blow_up_does_not_flatten_the_rest(read):
    fine = 0.1 + 2 * np.exp(-X / 200)
    blown = np.where(X > 600, 1e12, fine)
    seen = read({"adam": band(fine), "sgd": band(blown)})
    assert np.polyval(seen.up, seen.picture.lines("stroke-blue")[0][:, 1]).size
    np.testing.assert_allclose(seen.line("blue")[:, 1], fine, rtol=0.02)
    assert "sgd ↑" in [w.text for w in seen.picture.words]
    poor = read({"adam": band(fine), "sgd": band(np.full(21, 2.0))})
    np.testing.assert_allclose(poor.line("vermilion")[:, 1], 2.0, rtol=0.02)


def test_the_leader_stands_out_and_comes_last_to_lie_on_top(drawing):
    labels = [f"m{i}" for i in range(12)]
    curves = {name: band(1 + i / 10 + X / 1000) for i, name in reversed(list(enumerate(labels)))}
    picture = drawing(bands(curves, NAMES, "A race", seen=emblems(labels)))
    drawn = [e for e in picture.all("polyline") if len(e.attrib["points"].split()) > 3]
    assert [float(e.get("stroke-width")) for e in drawn] == [1.8] * 11 + [3.2]
    assert "blue" in drawn[-1].get("class")


def test_many_entrants_are_drawn_each_in_its_own_way():
    seen = emblems(f"m{i}" for i in range(32))
    assert len(set(seen.values())) == 32
    assert len({look[:2] for look in seen.values()}) == 32
    assert len({look.role for look in list(seen.values())[:8]}) == 8
    assert len({look.shape for look in list(seen.values())[:8]}) == 8


def test_a_thousand_epochs_stay_few_points(drawing):
    x = np.arange(20_000.0)
    svg = bands({f"m{i}": band(1 + np.exp(-x / 1e3) + i, x) for i in range(12)}, NAMES, "A race")
    assert all(len(line) <= 202 for line in drawing(svg).lines("stroke"))
    assert len(svg) < 150_000


def check_layout(picture):
    width, height = int(picture.root.attrib["width"]), int(picture.root.attrib["height"])
    for word in picture.words:
        left, top, right, bottom = word.box
        assert 0 <= left <= right <= width, word
        assert 0 <= top <= bottom <= height, word
    for a, b in itertools.combinations(picture.words, 2):
        apart = a.box[2] < b.box[0] or b.box[2] < a.box[0] or a.box[3] < b.box[1] or b.box[3] < a.box[1]
        assert apart, (a, b)
    for shape in [*picture.all("polyline"), *picture.all("polygon")]:
        points = np.array([[float(v) for v in pair.split(",")] for pair in shape.attrib["points"].split()])
        assert np.all((points >= -10) & (points <= [width, height]))


AWKWARD = {
    "one point": band([0.5], np.array([3.0])),
    "nothing": band([], np.zeros(0)),
    "all diverged": band(np.full(21, np.inf)),
    "no interval": Band.bare(X, 1 / (1 + X)),
    "endless interval": Band(X, 1 / (1 + X), np.full(21, -np.inf), np.full(21, np.inf)),
    "negative": band(-1e7 * X - 3),
    "constant": band(np.full(21, 0.6931)),
    "six decades": band(10 ** (-6 * X / 1000)),
    "as wide as float64": band(np.where(X > 500, 1.7e308, 5e-324)),
}


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_curves_are_drawn_without_overlap(drawing, name):
    curves = {"adam": AWKWARD[name], **{f"momentum(beta=0.{i})": band(1 / (1 + X)) for i in range(11)}}
    for shown in ({"adam": AWKWARD[name]}, curves):
        check_layout(drawing(bands(shown, NAMES, "digits <b>&amp; " + "mlp(128, 64) " * 20)))


numbers = hnp.arrays(np.float64, 6, elements=st.floats(width=64))


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(numbers, numbers, numbers), max_size=4), st.sampled_from(["lowest", "highest"]))
def test_any_numbers_can_be_drawn(drawing, parts, better):
    curves = {f"m{i}": Band(np.arange(6.0), *part) for i, part in enumerate(parts)}
    check_layout(drawing(bands(curves, NAMES, "A race", better=better)))
