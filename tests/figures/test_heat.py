"""Heat maps, landscapes, sections and histograms: what the pictures say is what the numbers are."""

import itertools
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

from fallline.figures.heat import MOST, WIDTH, heat
from fallline.figures.histograms import Histogram, histograms
from fallline.figures.landscape import landscape
from fallline.figures.section import section
from fallline.figures.sequential import colour, shade, shade_colour


def cells(picture, wide=14):
    """The coloured cells, (x, y, width, fill): not the paper, nor the bar's pieces."""
    found = []
    for e in picture.all("rect"):
        if e.get("fill", "").startswith("#") and "fill-" not in e.get("class", "") and e.get("width") != str(wide):
            found.append((float(e.get("x")), float(e.get("y")), float(e.get("width")), e.get("fill")))
    return found


def lightness(hexadecimal):
    """CIE L* of a colour."""
    rgb = np.array([int(hexadecimal[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    y = linear @ [0.2126, 0.7152, 0.0722]
    return 116 * np.cbrt(y) - 16 if y > 0.008856 else 903.3 * y


def check_layout(picture):
    """No two texts touch, and all are on the page."""
    wide, tall = (float(picture.root.get(name)) for name in ("width", "height"))
    turned = {e.text for g in picture.all("g") if "rotate" in g.get("transform", "") for e in g}
    words = [w for w in picture.words if w.text not in turned]
    for word in words:
        left, top, right, bottom = word.box
        assert left >= 0, word
        assert top >= 0, word
        assert right <= wide, word
        assert bottom <= tall, word
    for a, b in itertools.combinations(words, 2):
        apart = a.box[2] < b.box[0] or b.box[2] < a.box[0] or a.box[3] < b.box[1] or b.box[3] < a.box[1]
        assert apart, (a, b)


def test_the_palette_gets_lighter_in_even_steps():
    steps = np.diff([lightness(shade_colour(i)) for i in range(40)])
    assert steps.min() > 0
    assert steps.max() < 2 * steps.mean()
    assert colour(-1) == colour(0) != colour(1) == colour(2)
    assert shade(np.array([-0.5, 1.5, np.inf])).tolist() == [0, 39, -1]


def test_the_cells_are_the_numbers(drawing):
    values = np.array([[1.0, 10.0, 100.0], [100.0, 10.0, 1.0]])
    picture = drawing(heat(["0.w", "1.w"], [1, 2, 3], values, "gradient norm", "Gradients"))
    check_layout(picture)
    found = cells(picture)
    assert len(found) == 6
    light = np.array([lightness(fill) for *_, fill in found]).reshape(2, 3)
    assert np.all(np.diff(light[0]) > 0)
    assert np.array_equal(light[1], light[0, ::-1])
    assert light[0, 1] - light[0, 0] == pytest.approx(light[0, 2] - light[0, 1], rel=0.15)
    assert [w.text for w in picture.words if w.text in ("0.w", "1.w")] == ["0.w", "1.w"]
    assert "1.w: 100 at step 1, 1 at step 3." in picture.root[1].text


def test_neighbours_of_one_shade_are_one_cell_and_many_steps_are_thinned(drawing):
    step = np.arange(1, 5001)
    flat = drawing(heat(["a"], step, np.ones((1, 5000)), "norm"))
    assert len(cells(flat)) == 1
    busy = np.exp(np.random.default_rng(0).normal(size=(3, 5000)))
    found = cells(drawing(heat(["a", "b", "c"], step, busy, "norm")))
    assert len(found) <= 3 * MOST
    assert max(x + wide for x, _, wide, _ in found) <= WIDTH


def test_zero_and_what_is_not_finite_have_colours_of_their_own(drawing):
    values = np.array([[1.0, 0.0, np.nan, 50.0]])
    picture = drawing(heat(["0.w"], [1, 2, 3, 4], values, "gradient norm"))
    assert len(cells(picture)) == 2
    texts = [w.text for w in picture.words]
    assert "exactly 0" in texts
    assert "not finite" in texts
    check_layout(picture)


@pytest.mark.parametrize("values", [[[1.0]], [[0.0, 0.0]], [[np.nan, np.inf]], [[1e-300, 1e300]], [[-1.0, 1.0]]])
def test_odd_numbers_are_drawn_all_the_same(drawing, values):
    check_layout(drawing(heat(["0.w"], np.arange(len(values[0])), values, "norm", "A title")))


def test_many_rows_have_room(drawing):
    picture = drawing(heat([f"{i}.w" for i in range(120)], [1, 2], np.ones((120, 2)), "norm"))
    check_layout(picture)
    assert len({y for _, y, *_ in cells(picture)}) == 120


def test_a_landscape_shows_the_way_where_it_is(drawing):
    x = np.linspace(-2, 2, 21)
    way = np.array([[-1.5, 1.0], [-0.5, 0.5], [0.0, 0.0]])
    picture = drawing(landscape(x, x, 1 + x[None, :] ** 2 + x[:, None] ** 2, way, title="The loss", within=0.25))
    check_layout(picture)
    (line,) = picture.lines("stroke-ink")
    ticks = [(float(w.text.replace("−", "-")), w.x) for w in picture.words if w.anchor == "middle" and "ink" in w.role]
    slope, offset = np.polyfit(*np.array(ticks).T, 1)
    assert line[:, 0] == pytest.approx(slope * way[:, 0] + offset, abs=0.2)
    assert "the way of the run, 25.0% of its squared distance in the plane" in [w.text for w in picture.words]
    areas = [e for e in picture.all("path") if e.get("fill", "").startswith("#")]
    light = [lightness(e.get("fill")) for e in areas]
    assert len(areas) == 17
    assert light == sorted(light)


@pytest.mark.parametrize(
    ("heights", "said"),
    [
        (np.ones((3, 3)), "the loss is the same everywhere"),
        (np.full((3, 3), np.nan), "no loss is finite"),
        (np.array([[1.0, np.inf, 1e300], [2.0, 3.0, 1e-300], [1.0, 1.0, 1.0]]), "not finite"),
        (np.array([[-1e200, 0.0, 1.0], [2.0, 3.0, 4.0], [1.0, 1.0, 1.0]]), "loss"),
    ],
)
def test_odd_landscapes_are_drawn(drawing, heights, said):
    picture = drawing(landscape([-1, 0, 1], [-1, 0, 1], heights))
    assert said in [w.text for w in picture.words]
    check_layout(picture)


def test_the_bar_says_what_the_colours_mean(drawing, read_label):
    x = np.linspace(-2, 2, 41)
    picture = drawing(landscape(x, x, 10 ** (x[None, :] + 0 * x[:, None])))
    pieces = {float(e.get("y")): e.get("fill") for e in picture.all("rect") if e.get("width") == "14"}
    labels = [w for w in picture.words if w.anchor == "start" and w.text[0].isdigit()]
    named = {read_label(w.text): max(y for y in pieces if y <= w.y - 4) for w in labels}
    order = [lightness(pieces[named[value]]) for value in sorted(named)]
    assert len(order) >= 3
    assert order == sorted(order)


def test_a_section_marks_both_models(drawing):
    t = np.array([-0.25, 0.0, 0.5, 1.0, 1.25])
    losses = np.array([1.0, 0.5, np.nan, 0.4, 1.0])
    picture = drawing(section(t, {"training": losses, "validation": losses + 1}, ("runs-one", "runs-two"), "A line"))
    check_layout(picture)
    assert len(picture.lines("stroke-training")) == 2
    across = {w.text: w.x for w in picture.words if w.anchor == "middle"}
    places = sorted({float(e.get("cx")) for e in picture.all("circle", "fill-training")})
    assert places == pytest.approx([across["runs-one"], across["runs-two"]], abs=0.2)
    assert "0.5 at the first model and 0.4 at the second" in picture.root[1].text


def test_ridges_are_as_high_as_the_shares(drawing):
    counts = np.array([[0, 6, 2, 0], [2, 2, 2, 2]])
    picture = drawing(histograms({"0.w": Histogram(np.linspace(-1, 1, 5), counts)}, [0, 1000], "weight", "Weights"))
    check_layout(picture)
    heights = []
    for e in picture.all("polygon", "fill-training"):
        y = np.array([float(pair.split(",")[1]) for pair in e.get("points").split()])
        heights.append(y.max() - y[1:-1:2])
    assert np.allclose(heights[0] / heights[0].max(), [0, 1, 1 / 3, 0], atol=0.01)
    assert heights[1].max() / heights[0].max() == pytest.approx(1 / 3, abs=0.01)
    assert {"0", "1,000", "weight", "0.w"} <= {w.text for w in picture.words}


def test_many_panels_keep_apart(drawing):
    one = Histogram(np.linspace(-1e-7, 1e-7, 62), np.ones((3, 61)))
    picture = drawing(histograms({f"{i}.w: 0.1% to 0.2%": one for i in range(7)}, [0, 10, 123456], "update", "T"))
    check_layout(picture)


@pytest.mark.parametrize("name", ["<script>alert(1)</script>", "x" * 300])
def test_names_stay_text(name):
    step = Histogram(np.array([0.0, 1.0]), np.array([[3]]))
    for svg in (heat([name], [1], [[1.0]], name), histograms({name: step}, [0], name, name)):
        root = ElementTree.fromstring(svg)
        assert not list(root.iter("{http://www.w3.org/2000/svg}script"))
