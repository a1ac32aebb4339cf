"""The playground's answers over a socket: grounds, ways whose numbers change, arithmetic, rates, the saved page."""

from __future__ import annotations

import base64
import json
import re
from typing import Any

import numpy as np
import pytest

from fallline.core.interval import Interval
from fallline.core.node import hypers
from fallline.methods import METHODS
from fallline.problems.surfaces import SURFACES
from fallline.web.slider import slider

BOWL = {"surface": "x**2 + y**2", "start": [1.0, -2.0], "steps": 20}


@pytest.fixture
def post(app):
    def posted(name: str, form: Any):
        return app.ask("POST", f"/playground/{name}", json.dumps(form).encode(), Content_Type="application/json")

    return posted


def going(name: str, *changes: Any, **fields: Any) -> dict[str, Any]:
    return {"name": name, "label": name, "chosen": "given", "history": [[0, fields], *changes]}


def floats(text: str) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), "<f4")


def points(answer: Any, k: int = 0) -> np.ndarray:
    return floats(answer.json["ways"][k]["points"]).reshape(-1, 2)


def test_everything_registered_is_offered(app):
    offered = app.get("/playground.json").json
    assert {surface["name"] for surface in offered["surfaces"]} == set(SURFACES)
    assert {method["name"] for method in offered["methods"]} == set(METHODS)
    assert "function" in next(s["headline"] for s in offered["surfaces"] if s["name"] == "himmelblau")
    for method in offered["methods"]:
        assert {number["name"] for number in method["numbers"]} <= set(hypers(METHODS[method["name"]]))


def test_every_slider_holds_the_default_and_stays_in_the_range(app):
    for method in app.get("/playground.json").json["methods"]:
        for number in method["numbers"]:
            made, interval = number["slider"], Interval.parse(number["range"])
            assert made["low"] in interval or made["low"] == interval.low
            assert made["high"] in interval
            assert number["default"] in (None, made["stop"]) or made["low"] <= number["default"] <= made["high"]


def test_a_share_near_1_is_spread_towards_it_and_0_has_a_place():
    assert slider(Interval.parse("[0, 1)"), 0.999).scale == "to_one"
    assert slider(Interval.parse("[0, inf)"), 0.0).stop == 0.0
    assert slider(Interval.parse("(0, inf)"), 0.003).low == pytest.approx(1e-7)


def test_a_formula_has_a_ground_a_window_and_a_start(post):
    scene = post("scene", {"surface": "x**4 - 3*x**2 + sin(3*x)"}).json
    assert scene["ground"]["kind"] == "curve"
    assert len(scene["window"]) == len(scene["start"]) == 1
    x, y = (floats(scene["ground"][name]) for name in "xy")
    np.testing.assert_allclose(y, x**4 - 3 * x**2 + np.sin(3 * x), rtol=1e-4, atol=1e-4)


def test_a_way_is_the_one_of_the_closed_form(post):
    way = points(post("ways", {**BOWL, "methods": [going("sgd", lr=0.1)]}))
    expected = np.outer(0.8 ** np.arange(21), [1, -2])
    np.testing.assert_allclose(way, expected, rtol=1e-5)


def test_a_number_dragged_on_the_way_holds_from_that_step_on(post):
    plain, dragged = (
        points(post("ways", {**BOWL, "methods": [going("sgd", *changes, lr=0.1)]}))
        for changes in ((), ([8, {"lr": 0.1}], [12, {"lr": 0.4}]))
    )
    np.testing.assert_array_equal(dragged[:13], plain[:13])
    np.testing.assert_allclose(dragged[13:], np.outer(0.2 ** np.arange(1, 9), plain[12]), rtol=1e-4, atol=1e-9)


def test_momentum_keeps_its_velocity_when_its_number_changes(post):
    way = points(
        post("ways", {**BOWL, "methods": [going("momentum", [1, {"lr": 0.1, "beta": 0.5}], lr=0.1, beta=0.9)]})
    )
    w, v, beta = np.array([1.0, -2.0]), np.zeros(2), 0.9
    for found in way[1:]:
        v = beta * v - 0.1 * 2 * w
        w, beta = w + v, 0.5
        np.testing.assert_allclose(found, w, rtol=1e-4, atol=1e-6)


def test_colours_are_those_among_all_methods_of_the_page(post):
    methods = [going("sgd"), going("adam")]
    together = post("ways", {**BOWL, "methods": methods}).json["ways"]
    alone = post("ways", {**BOWL, "methods": methods[1:], "labels": ["sgd", "adam"]}).json["ways"]
    assert alone[0]["role"] == together[1]["role"]


def test_the_step_that_leaves_the_window_is_told(post):
    methods = [going("sgd", lr=1.2), going("adam")]
    gone, stays = post("ways", {**BOWL, "window": [[-3, 3], [-3, 3]], "methods": methods}).json["ways"]
    assert (gone["leaves"], stays["leaves"]) == (2, None)  # |−2 · 1.4²| > 3


def test_the_arithmetic_is_that_of_the_way(post):
    form = {**BOWL, "methods": [going("momentum", [3, {"lr": 0.05}], lr=0.1)]}
    way = points(post("ways", form))
    for step in (0, 3, 7):
        written = post("arithmetic", {**form, "step": step}).json["coordinates"]
        for k, lines in enumerate(written):
            by = {line["name"]: line for line in lines}
            assert by["v′"]["formula"] == "beta · v − lr · g"
            assert by["W′"]["value"] == pytest.approx(way[step + 1, k], rel=1e-5)


def test_a_tuned_rate_gets_lower_than_the_default(post):
    form = {"surface": "himmelblau", "steps": 40, "methods": [going("sgd")]}
    lr = post("rate", form).json["lr"]
    tuned, own = (
        floats(post("ways", {**form, "methods": [going("sgd", **fields)]}).json["ways"][0]["f"])[-1]
        for fields in ({"lr": lr}, {})
    )
    assert tuned < own


def test_the_saved_page_stands_alone(post):
    page = post("page", {**BOWL, "methods": [going("adam", lr=0.1)], "kind": "map"}).json["page"]
    assert page.startswith("<!doctype html>")
    assert re.findall(r"""(?:src|href)=["']?(?!data:|#)(\w+:)?//""", page) == []
    assert len(page) < 2_000_000


@pytest.mark.parametrize(
    ("form", "field", "words"),
    [
        ({"surface": "x**2 + zz"}, "surface", "unknown name 'zz'"),
        ({"surface": "rosenbruck"}, "surface", "rosenbrock"),
        ({"surface": "9**9**9*x"}, "surface", "too large|infinite|power"),
        ({"surface": "x**1000"}, "surface", "power"),
        ({"surface": "(" * 300 + "x" + ")" * 300}, "surface", "."),
        ({"surface": "-" * 400 + "x"}, "surface", "."),
        ({"surface": "3 + 4"}, "surface", "x"),
        ({"surface": "__import__('os').system('x')"}, "surface", "."),
        ({"surface": ""}, "surface", "write a formula"),
        ({"surface": 7}, "surface", "write a formula"),
        ({"surface": "x**2", "start": [9.0], "window": [[-1, 1]]}, "start", "outside"),
        ({"surface": "x**2", "start": ["nan"]}, "start", "list of numbers"),
        ({"surface": "x**2", "start": {"x": 1}}, "start", "start"),
        ({"surface": "x**2", "window": [[2, 1]]}, "window", "low"),
        ({"surface": "x**2", "window": [1]}, "window", "window"),
        ({"surface": "log(x)", "start": [-1.0]}, "start", "no value"),
        ({**BOWL, "steps": 10**9}, "steps", "5,000"),
        ({**BOWL, "steps": True}, "steps", "steps"),
        ({**BOWL, "methods": [going("adm")]}, "methods.0", "Did you mean"),
        ({**BOWL, "methods": [going("sgd"), going("adam", b2=1.5)]}, "methods.1.b2", r"\[0, 1\)"),
        ({**BOWL, "methods": [going("adam", lr="much")]}, "methods.0.lr", "number"),
        ({**BOWL, "methods": [going("adam", lr=[1, 2])]}, "methods.0.lr", "number"),
        ({**BOWL, "methods": [going("sgd", rate=1)]}, "methods.0.rate", "no 'rate'"),
        ({**BOWL, "methods": [going("sgd", [0, {}])]}, None, "history"),
        ({**BOWL, "methods": [going("sgd", ["soon", {}])]}, "methods.0", "step"),
        ({**BOWL, "methods": [{"name": "sgd", "label": "<b>", "history": [[0, {}]]}]}, "methods.0", "label"),
        ({**BOWL, "methods": [going("momentum", [5, {"form": "average"}])]}, None, "more than their numbers"),
        ({**BOWL, "methods": [going("sgd")] * 17}, "methods", "16"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(post, form, field, words):
    answer = post("ways", form)
    assert answer.status == 400, answer.body
    assert re.search(words, answer.error), answer.error
    assert answer.json.get("field") == field


def test_what_is_no_object_or_no_step_is_refused(app, post):
    assert app.ask("POST", "/playground/ways", b"[1, 2").status == 400
    assert post("arithmetic", {**BOWL, "methods": [going("sgd")], "step": -1}).status == 400
    assert post("rate", {**BOWL, "methods": []}).status == 400
    assert app.ask("POST", "/playground/ways", b"{}", X_Fallline_Token=None).status == 403
