"""The playground in a real browser: drop the ball, drag a number on the way, type a formula, take it along."""

from __future__ import annotations

import base64
import re

import numpy as np
import pytest
from playwright.sync_api import expect
from tests.web.conftest import TOKEN, App, app  # noqa: F401, a fixture

START = re.compile("^start [xy]$")


@pytest.fixture
def visit(app: App, open_page):  # noqa: F811
    def visited(complaint: str | None = None, fragment: str = "", **options):
        page = open_page(complaint, **{"reduced_motion": "reduce"} | options)
        page.goto(f"http://127.0.0.1:{app.port}/playground?token={TOKEN}{fragment}")
        return settled(page)

    return visited


def settled(page):
    """Wait until every method has its row in the table, and nothing is being asked for."""
    expect(page.get_by_role("main")).to_have_attribute("aria-busy", "false")
    expect(page.locator(".readout tbody tr")).to_have_count(page.locator("article.method").count())
    expect(page.get_by_role("main")).to_have_attribute("aria-busy", "false")
    return page


def answered(page, what, act):
    """Act, and return the last answer to a request of a kind that this sends."""
    answers = []

    def heard(response):
        if response.url.endswith(f"/playground/{what}"):
            answers.append(response)

    page.on("response", heard)
    with page.expect_response(lambda response: response.url.endswith(f"/playground/{what}")):
        act()
    page.wait_for_timeout(50)
    settled(page)
    page.remove_listener("response", heard)
    return answers[-1].json()


def points(way):
    return np.frombuffer(base64.b64decode(way["points"]), "<f4").reshape(way["steps"] + 1, -1)


def card(page, label):
    return page.get_by_role("article", name=label, exact=True)


def drag(page, slider, by):
    """Drag the thumb of a slider by a share of its length, in a few moves as a hand does."""
    slider.scroll_into_view_if_needed()
    box, place = slider.bounding_box(), float(slider.input_value()) / 1000
    x, y = box["x"] + 8 + place * (box["width"] - 16), box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + by * box["width"], y, steps=5)
    page.mouse.up()


def start(page):
    return [float(field.input_value()) for field in page.get_by_label(START).all()]


def test_the_ball_is_dropped_by_a_click_and_from_the_keyboard(visit):
    page = visit()
    canvas = page.locator(".view canvas")
    box = canvas.bounding_box()
    ways = answered(page, "ways", lambda: canvas.click(position={"x": box["width"] * 0.3, "y": box["height"] * 0.3}))
    x, y = start(page)
    assert x < 0 < y
    for way in ways["ways"]:
        np.testing.assert_allclose(points(way)[0], [x, y], rtol=1e-5)

    page.get_by_role("button", name="To the start").click()
    canvas.focus()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    answered(page, "ways", lambda: page.keyboard.press("Enter"))
    assert start(page)[0] != x


def test_a_number_dragged_on_the_way_changes_what_comes_after(visit):
    page = visit()
    slider = card(page, "momentum").get_by_label("lr", exact=True).first
    page.get_by_role("slider", name="Step").fill("25")
    before = answered(page, "ways", lambda: drag(page, slider, -0.1))["ways"][0]
    after = answered(page, "ways", lambda: drag(page, slider, 0.1))["ways"][0]
    assert before["label"] == "momentum"
    np.testing.assert_array_equal(points(after)[:26], points(before)[:26])
    assert not np.allclose(points(after)[26:30], points(before)[26:30])
    expect(page.locator(".controls .count")).to_have_text("25 / 300")
    expect(card(page, "momentum").get_by_text("fixed")).to_be_visible()

    page.get_by_label("Changes hold from the start").check()
    whole = answered(page, "ways", lambda: drag(page, slider, 0.05))["ways"][0]
    assert not np.allclose(points(whole)[1:5], points(after)[1:5])


def test_the_step_is_written_out_with_its_numbers(visit):
    page = visit()
    page.get_by_role("slider", name="Step").fill("3")
    arithmetic = page.get_by_role("region", name="Arithmetic of a step")
    arithmetic.get_by_label("Method").select_option("adam")
    expect(arithmetic.get_by_role("row", name=re.compile("^update"))).to_contain_text(
        "−lr · m′ / (c1 · (√(v′ / c2) + eps))"
    )
    expect(arithmetic.get_by_role("row", name=re.compile("^c1"))).to_contain_text("1 − 0.9⁴")


def test_a_bad_formula_is_answered_in_place_and_a_good_one_is_shown(visit):
    page = visit("400")
    formula, land = page.get_by_label("Surface or formula"), page.locator(".view > svg desc")
    land_before = land.text_content()
    formula.fill("x**2 + yy")
    expect(page.get_by_text("unknown name 'yy'")).to_be_visible()
    expect(formula).to_have_attribute("aria-invalid", "true")
    assert land.text_content() == land_before
    formula.fill("x**4 - 3*x**2 + sin(3*x)")
    expect(page.get_by_text("unknown name")).to_be_hidden()
    expect(page.get_by_label(START)).to_have_count(1)
    settled(page)

    rate = card(page, "sgd").get_by_role("textbox")
    rate.fill("-1")
    rate.press("Enter")
    expect(card(page, "sgd").get_by_text("lr must be in (0, inf)")).to_be_visible()
    rate.fill("30")
    rate.press("Enter")
    expect(card(page, "sgd").get_by_text("must be in")).to_be_hidden()
    expect(page.get_by_text("sgd leaves the window at step 1.")).to_be_visible()


def test_a_link_restores_what_is_shown_and_a_saved_page_plays_without_the_server(visit, open_page, tmp_path):
    page = visit()
    answered(page, "ways", page.get_by_role("button", name="Ravine").click)
    page.get_by_role("button", name="To the start").click()
    page.get_by_role("button", name="Remove adagrad").click()
    rate = card(page, "adam").get_by_role("textbox").first
    rate.fill("0.123")
    answered(page, "ways", lambda: rate.press("Enter"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Link copied")).to_be_visible()
    address = page.evaluate("navigator.clipboard.readText()").partition("#")[2]

    other = visit(fragment=f"#{address}")
    expect(card(other, "adam").get_by_role("textbox").first).to_have_value("0.123")
    expect(card(other, "adagrad")).to_have_count(0)
    expect(other.get_by_role("button", name="Ravine")).to_have_attribute("aria-pressed", "true")

    with other.expect_download() as download:
        other.get_by_role("button", name="Save as a page").click()
    path = tmp_path / "descent.html"
    download.value.save_as(path)
    assert path.stat().st_size < 2_000_000
    alone = open_page()
    alone.context.set_offline(True)
    alone.goto(path.as_uri())
    expect(alone.locator(".controls .count")).to_contain_text("/ 300")
    expect(alone.get_by_role("row", name="adam rate 0.123")).to_be_visible()


def test_it_has_room_on_a_telephone_and_is_accessible(visit, accessible, photograph):
    page = visit()
    page.get_by_role("slider", name="Step").fill("60")
    settled(page)
    accessible(page)
    photograph(page, "playground")
    page.set_viewport_size({"width": 360, "height": 740})
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")  # pictures follow
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    page.get_by_role("radio", name="Surface").check(force=True)
    accessible(page)
