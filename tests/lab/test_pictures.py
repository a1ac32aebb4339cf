"""The pictures show what is true: their data against closed forms, NumPy and finite differences."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest

import fallline as fl
from fallline.core.errors import InvalidValue
from fallline.lab.picture import MovingPicture
from fallline.lab.pictures import PICTURES
from fallline.lab.pictures.batches import point_ends
from fallline.lab.pictures.ravine import crossings, zigzag
from fallline.lab.pictures.saddle import left_after
from fallline.lab.pictures.vanishing import faded
from fallline.methods import METHODS
from fallline.solvers import SOLVERS

KEPT = Path(__file__).parents[2] / "docs" / "pictures"


@pytest.fixture(scope="module")
def small():
    """Every picture at its defaults, or made of fewer numbers where those would take long."""
    fewer = {
        "batches": "batches(rows=2000, updates=[40, 400, 6000])",
        "chainrule": "chainrule(widths=[1, 4])",
        "vanishing": "vanishing(hidden=4, width=16, seeds=3, steps=30)",
        "saddle": "saddle(methods='sgd, adagrad, adam', steps=60)",
    }
    return {name: PICTURES.build(fewer.get(name, name)) for name in PICTURES}


@pytest.mark.parametrize("name", PICTURES)
def test_a_picture_is_drawn_and_told(small, name):
    picture = small[name]
    root = ElementTree.fromstring(picture.figure())
    assert root.get("class") == "fallline-figure"
    assert len(root.findtext("{http://www.w3.org/2000/svg}desc")) > 100
    assert all(sentence.endswith((".", ":")) and "nan" not in sentence for sentence in picture.words())
    assert getattr(fl.pictures, type(picture).__name__) is type(picture)


def test_eight_pictures_stand_in_the_documents():
    assert len(PICTURES) == 8
    text = (KEPT.parent / "pictures.md").read_text()
    assert set(re.findall(r"\(pictures/(\w+)\.svg\)", text)) == set(PICTURES)
    for name in PICTURES:
        kept = KEPT / f"{name}.svg"
        assert kept.stat().st_size < 150_000
        assert ElementTree.fromstring(kept.read_text()).get("class") == "fallline-figure"


@pytest.mark.parametrize("name", ["family", "ravine", "tangents", "twowells"])
def test_the_kept_pictures_are_those_that_are_drawn(small, name):
    """What they say of themselves, but for the last digits of numbers."""
    pattern = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
    kept, drawn = ((KEPT / f"{name}.svg").read_text(), small[name].figure())
    words = [re.search(r"<title>.*?</desc>", svg, re.DOTALL)[0] for svg in (kept, drawn)]
    assert pattern.sub("#", words[0]) == pattern.sub("#", words[1]), f"write docs/pictures/{name}.svg anew: make docs"
    numbers = [np.array(pattern.findall(text), float) for text in words]
    np.testing.assert_allclose(*numbers, rtol=1e-2, atol=1e-3)


def test_the_slope_is_the_derivative_and_the_rates_do_what_is_said(small):
    small_rate, right, large = (way for way in small["tangents"].scene.ways)
    h = 1e-6
    for way in (small_rate, right, large):
        w = way.points[:, 0]
        np.testing.assert_allclose(way.f, (w - 2) ** 2 / 2, atol=1e-6)
        slope = ((w + h - 2) ** 2 - (w - h - 2) ** 2) / (4 * h)
        np.testing.assert_allclose(way.gradient[:, 0], slope, atol=1e-5)
        np.testing.assert_allclose(np.diff(w), -way.lr * slope[:-1], atol=1e-5)
    assert small_rate.gradient[0, 0] == -2
    assert "the slope is 0: the loss is level there" in fl.pictures.Tangents(start=2.0).words()[0]
    assert np.all(np.diff(large.f) > 0)
    assert np.all(np.diff(small_rate.f) < 0)
    assert small_rate.f[-1] > 0.25 * small_rate.f[0]
    assert right.f[-1] < 1e-6
    assert [panel.title.partition(": ")[2][:9] for panel in small["tangents"].panels()] == [
        "too small",
        "right",
        "too large",
    ]


def test_plain_descent_ends_in_the_local_minimum_and_momentum_in_the_global_one(small):
    picture = small["twowells"]
    plain, momentum = picture.scene.ways
    assert plain.points[-1, 0] == pytest.approx(-1, abs=1e-3)
    assert momentum.points[-1, 0] == pytest.approx(2, abs=1e-2)
    assert (plain.lr, plain.points[0]) == (momentum.lr, momentum.points[0])
    assert (picture.well(plain), picture.well(momentum)) == ("the local minimum", "the global minimum")
    assert "thrown out" in fl.pictures.TwoWells(lr=1.0).words()[0]
    slow = fl.pictures.TwoWells(beta=0.3)
    assert slow.well(slow.scene.ways[1]) == "the local minimum"


def test_rates_for_each_coordinate_leave_the_saddle_first(small):
    left = {way.label: left_after(way) for way in small["saddle"].scene.ways}
    assert max(left["adagrad"], left["adam"]) < left["sgd"]
    plain = small["saddle"].scene.ways[0]
    x, y = plain.points[0]
    k = np.arange(len(plain.f))
    expected = np.stack([x * (1 - 2 * plain.lr) ** k, y * (1 + 2 * plain.lr) ** k], axis=1)
    np.testing.assert_allclose(plain.points, expected, rtol=1e-3, atol=1e-5)


def test_momentum_damps_the_zigzag_and_nesterov_more(small):
    plain, momentum, nesterov = small["ravine"].scene.ways
    assert crossings(plain) == plain.steps > 3 * crossings(momentum)
    assert zigzag(plain) > zigzag(momentum) > zigzag(nesterov)
    assert momentum.f[-1] < plain.f[-1]
    k = np.arange(len(plain.f))
    np.testing.assert_allclose(plain.points[:, 1], (1 - 50 * plain.lr) ** k, atol=1e-4)
    assert momentum.lr == nesterov.lr


def test_batches_go_by_the_rows_and_end_on_floors(small):
    picture = small["batches"]
    full, some, single = picture.ways.values()
    a, b = picture.surface.a, picture.surface.b
    best = np.linalg.solve(a.T @ a, a.T @ b)
    for way, size in ((full, 2000), (some, 32), (single, 1)):
        losses = ((way.weights[::50] @ a.T - b) ** 2).mean(axis=1)
        np.testing.assert_allclose(way.gap[::50], losses - ((a @ best - b) ** 2).mean(), atol=1e-6)
        assert way.samples[0] == size
        assert len(way.weights) == len(way.samples) + 1 == len(way.seconds) + 1
    w = np.array(full.weights[0])
    for reached in full.weights[1:]:
        w = w - 0.05 * 2 * a.T @ (a @ w - b) / len(a)
        np.testing.assert_allclose(reached, w, atol=1e-5)
    assert some.left < single.left / 8


def test_updates_that_crowd_share_a_point():
    assert point_ends(np.repeat([0.0, 0.2, 0.5], [30, 50, 20])).tolist() == [30, 80, 100]
    assert np.array_equal(point_ends(np.arange(1.0, 9.0)), np.arange(1, 9))
    seconds = np.concatenate([np.linspace(0.01, 0.1, 20), np.linspace(0.1001, 0.1002, 1000), [0.2, 0.4]])
    ends = point_ends(seconds)
    assert ends[-1] == len(seconds)
    assert np.sum((seconds[ends - 1] > 0.1) & (seconds[ends - 1] < 0.101)) <= 1


def test_the_family_is_what_the_classes_declare(small):
    parents = small["family"].parents()
    classes = {cls.__name__: cls for cls in [*METHODS.values(), *SOLVERS.values()]}
    assert set(parents) == set(classes)
    drawn = small["family"].figure()
    for name, cls in classes.items():
        assert parents[name] == tuple(parent.__name__ for parent in cls.PARENTS)
        said = " and ".join(parents[name]) or "none"
        assert f"{name} descends from {said}." in drawn


def test_sigmoids_starve_the_first_layer_and_relu_does_not(small):
    sigmoid, relu = small["vanishing"].sizes["sigmoid"], small["vanishing"].sizes["relu"]
    assert sigmoid.before.shape == relu.after.shape == (3, 5)
    assert faded(sigmoid.before) > 100 > 10 > faded(relu.before)
    assert faded(sigmoid.after) > 30 > faded(relu.after)


def test_nudging_costs_two_evaluations_a_weight(small):
    for cost, width in zip(small["chainrule"].costs, (1, 4), strict=True):
        assert cost.weights == 64 * width + width + width * 10 + 10
        assert cost.evaluations == 2 * cost.weights
        assert cost.error < 0.2
        assert cost.nudging > cost.backward


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("tangents(lr=[])", "name one rate"),
        ("tangents(lr=[0.1, -1])", r"lr must be in \(0, 1e\+06\]"),
        ("ravine(steps=0)", "steps must be from 1 to 10,000"),
        ("saddle(steps=1000000000)", "steps must be from 1 to 10,000"),
        ("batches(batch=1)", "batch must be from 2 to"),
        ("batches(rows=100000000000)", "rows must be from 2 to 10,000,000"),
        ("batches(updates=[1e15, 5, 5])", "updates must be in"),
        ("batches(updates=[5, 5])", "three whole numbers"),
        ("vanishing(seeds=1)", "seeds must be from 3 to"),
        ("chainrule(widths=[1.5])", "whole numbers of neurons"),
        ("twowells(start=9)", r"start must be in \[-2, 3.2\]"),
        ("sadle", "Did you mean 'saddle'"),
    ],
)
def test_what_cannot_be_drawn_is_refused(text, words):
    with pytest.raises(InvalidValue, match=words):
        PICTURES.build(text)


def test_files_of_every_ending(small, tmp_path):
    family, ravine = small["family"], small["ravine"]
    with pytest.raises(InvalidValue, match=r"f\.gif.*Nothing moves in it"):
        family.save(tmp_path / "f.gif")
    with pytest.raises(InvalidValue, match=r"written as .svg, .png, .html"):
        ravine.save(tmp_path / "r.pdf")
    assert ravine.save(tmp_path / "r.html").read_text().startswith("<!")
    assert family.save(tmp_path / "f.PNG").read_bytes().startswith(b"\x89PNG")
    assert isinstance(ravine, MovingPicture)
    assert not isinstance(family, MovingPicture)
