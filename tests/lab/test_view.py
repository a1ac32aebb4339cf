"""Views: what is saved is what is seen."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from PIL import Image

import fallline as fl


@pytest.fixture(scope="module")
def flat():
    return fl.view("x**4 - 3*x**2 + x", ["sgd", "momentum"], start=[-2.0], lr=0.01, steps=20)


@pytest.fixture(scope="module")
def wide():
    return fl.view("ravine", "sgd(lr=0.01), adam(lr=0.1)", steps=20, show=["gradient"], kind="surface", title="Down")


def test_a_view_is_a_scene_and_how_to_look_at_it(flat, wide):
    assert repr(flat) == "<View of x**4 - 3*x**2 + x: sgd, momentum; 20 steps>"
    assert [way.label for way in wide.scene.ways] == ["sgd", "adam"]
    assert (wide.scene.title, wide.kind, wide.show) == ("Down", "surface", ("gradient",))


def test_a_still(flat, wide, tmp_path):
    svg = flat.save(tmp_path / "flat.svg").read_text()
    assert svg == flat.plot().svg
    assert "momentum" in "".join(ET.fromstring(svg).itertext())
    assert flat.plot(step=3).svg != svg
    with Image.open(wide.save(tmp_path / "wide.PNG")) as picture:
        assert picture.format == "PNG"


def test_an_animation(flat, tmp_path):
    with Image.open(flat.save(tmp_path / "flat.gif")) as picture:
        assert picture.format == "GIF"
        assert picture.n_frames > 10


def test_a_page_that_stands_alone(wide, tmp_path):
    page = wide.save(str(tmp_path / "wide.html")).read_text()
    assert page.startswith("<!doctype html>")
    assert "<h1>Down</h1>" in page
    assert re.findall(r'(?:src|href)="(?!#)', page) == []
    assert len(page) < 5_000_000


def test_a_notebook_shows_the_page(flat):
    shown = flat._repr_html_()
    assert shown.startswith("<iframe")
    assert "&lt;script" in shown
    assert "<script" not in shown


@pytest.mark.parametrize("name", ["view.pdf", "view", "view.html.txt"])
def test_other_endings_are_refused(flat, tmp_path, name):
    with pytest.raises(ValueError, match=r"\.html, \.svg"):
        flat.save(tmp_path / name)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("f", "choices", "message"),
    [
        ("doublewell", {"kind": "map"}, "one coordinate"),
        ("saddle", {"kind": "curve"}, "two coordinates"),
        ("saddle", {"kind": "globe"}, "no such picture"),
        ("saddle", {"kind": []}, "no such picture"),
        ("saddle", {"show": "grad"}, "Did you mean 'gradient'"),
        ("saddle", {"show": 3}, "show=3"),
    ],
)
def test_what_cannot_be_drawn_is_refused_before_anything_is_computed(monkeypatch, f, choices, message):
    monkeypatch.setattr("fallline.lab.scene.trajectory", None)
    monkeypatch.setattr("fallline.lab.tuned_rate.trajectory", None)
    with pytest.raises(ValueError, match=message):
        fl.view(f, **choices)
