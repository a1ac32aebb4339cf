from __future__ import annotations

import base64
import hashlib
import html
import json
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from fallline.core.errors import InvalidValue
from fallline.figures.ground import Ground
from fallline.figures.scene import Curve, Scene, Way
from fallline.report.view_page import view_page

EVIL = "</script><script>alert(1)</script><!-- & \u2028 \x00"


def spiral(label, steps, **changes):
    """A way around the middle of the window that never stands still."""
    t = np.arange(steps + 1)
    points = np.stack([np.cos(t / 7.3), np.sin(t / 5.1)], axis=1) * (1 + 0.4 * np.sin(t / 97.0))[:, None]
    parts = {"method": f"{label}(lr=0.1)", "chosen": "tuned", "lr": 0.1, "points": points, "f": (points**2).sum(axis=1)}
    parts |= {"gradient": 2 * points, "update": np.diff(points, axis=0), "slots": {"v": points, "h": points**2}}
    return Way(label, **(parts | {"outcome": "finished", "ending": "all steps were taken"} | changes))


def ground(n=41):
    x = np.linspace(-2, 2, n)
    return Ground(x, x, np.cos(5 * x) + np.sin(7 * x[:, None]) + x**2)


class Reader(HTMLParser):
    """What a browser sees: elements, the text of scripts, the words of the rest."""

    def __init__(self, page):
        super().__init__()
        self.scripts, self.words, self.found, self.inside = [], [], [], None
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))
        self.inside = tag
        if tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag):
        self.inside = None

    def handle_data(self, data):
        if self.inside == "script":
            self.scripts[-1] += data
        else:
            self.words.append(data)


def test_eight_ways_of_a_thousand_steps_are_a_small_file():
    ways = tuple(spiral(f"method{i}", 1000) for i in range(8))
    page = view_page(Scene("Large", ground(201), ways))
    assert len(page.encode()) < 2e6


def test_hostile_words_end_nothing_and_start_nothing():
    way = spiral(EVIL, 5, method=EVIL, ending=EVIL)
    x = np.linspace(-2, 2, 9)
    seen = Reader(view_page(Scene(EVIL, Ground(x, x, x**2 + x[:, None], names=(EVIL, "y")), (way,), (EVIL,))))
    assert len(seen.scripts) == 2
    data = json.loads(seen.scripts[0])
    assert (data["title"], data["notes"], data["ways"][0]["label"], data["axes"][0]["name"]) == (
        EVIL,
        [EVIL],
        EVIL,
        EVIL,
    )
    assert "alert" not in seen.scripts[1]
    assert sum("alert(1)" in words for words in seen.words) >= 4  # they are there to be read


def test_the_policy_lets_this_script_run_and_no_other():
    page = view_page(Scene("A scene", ground(), (spiral("sgd", 5),)))
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])
    digest = base64.b64encode(hashlib.sha256(Reader(page).scripts[1].encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy
    assert "default-src 'none'" in policy


def test_nothing_is_fetched():
    seen = Reader(view_page(Scene("A scene", ground(), (spiral("sgd", 5),))))
    assert not [(tag, attributes) for tag, attributes in seen.found if {"src", "href", "srcset"} & set(attributes)]


@pytest.mark.parametrize(("kind", "first"), [(None, "map"), ("map", "map"), ("surface", "surface")])
def test_a_map_and_a_surface_are_two_pictures_of_one_page(kind, first):
    page = view_page(Scene("A scene", ground(), ()), kind)
    assert f'data-kind="{first}"' in page
    assert re.findall(r'name="kind" value="(\w+)"', page) == ["map", "surface"]


def test_a_curve_is_the_only_picture_of_its_page():
    x = np.linspace(0, 1, 9)
    page = view_page(Scene("A line", Curve(x, x), ()))
    assert 'data-kind="curve"' in page
    assert 'name="kind"' not in page


@pytest.mark.parametrize("kind", ["curve", "mao"])
def test_a_kind_that_does_not_fit_is_refused(kind):
    with pytest.raises(InvalidValue, match=kind):
        view_page(Scene("A scene", ground(), ()), kind)


def test_how_every_way_ended_is_there_without_scripts():
    seen = Reader(view_page(Scene("A scene", ground(), (spiral("sgd", 5, ending="it fell off the edge"),))))
    assert "sgd(lr=0.1)" in seen.words
    assert any("it fell off the edge" in words for words in seen.words)
