"""The page of a scene in a real browser: it plays, is steered by hand and by keys, and really paints."""

from __future__ import annotations

import dataclasses
import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from fallline.figures.ground import Ground
from fallline.figures.scene import Curve, Scene, Way
from fallline.report.view_page import view_page

BLUE, VERMILION = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)
CANVAS = "#picture > div:not([hidden]) canvas"


def descent(label, lr, start, steps):
    """Plain descent on x² + 4y², or on x², written out."""
    curvature = np.array([2.0, 8.0])[: len(start)]
    points = np.array(start) * (1 - lr * curvature) ** np.arange(steps + 1)[:, None]
    gradient = curvature * points
    f = (curvature / 2 * points**2).sum(axis=1)
    gone = np.abs(points).max(axis=1) > 2
    leaves = int(np.argmax(gone)) if gone.any() else None
    memory = np.cumsum(np.concatenate([np.zeros((1, len(start))), gradient[:-1]]), axis=0)
    parts = (points, f, gradient, np.diff(points, axis=0), {"v": -lr * memory})
    return Way(label, f"{label}(lr={lr})", "given", lr, *parts, "finished", "all steps were taken", leaves)


@pytest.fixture(scope="module")
def bowl():
    x = np.linspace(-2, 2, 31)
    ways = (descent("nesterov", 0.02, (1.5, 1.0), 40), descent("adam", 0.01, (-1.5, -1.0), 24))
    return Scene("A bowl", Ground(x, x, x**2 + 4 * x[:, None] ** 2, 0.0, ((0.0, 0.0),)), ways, ("Rates were given.",))


@pytest.fixture(scope="module")
def parabola():
    x = np.linspace(-2, 2, 81)
    return Scene("A parabola", Curve(x, x**2, 0.0, ((0.0,),)), (descent("nesterov", 0.1, (1.5,), 30),))


@pytest.fixture
def opened(open_page, tmp_path):
    """Open the page of a scene from a file, by default for a reader who wants nothing to move by itself."""

    def show(scene, kind=None, **options):
        file = tmp_path / "view.html"
        file.write_text(view_page(scene, kind), encoding="utf-8")
        small = {"width": 640, "height": 700}
        page = open_page(**{"reduced_motion": "reduce", "offline": True, "viewport": small} | options)
        page.goto(file.as_uri())
        page.wait_for_selector(CANVAS)
        return page

    return show


def step(page):
    return int(page.locator("output").inner_text().split(" / ")[0].replace(",", ""))


def painted(page, colour):
    """Return how many pixels of the picture have a colour, give or take."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    pixels = np.asarray(Image.open(io.BytesIO(page.locator(CANVAS).screenshot())).convert("RGB")).astype(int)
    return int((np.abs(pixels - np.array(colour)).sum(axis=2) < 24).sum())


def cells(page, label):
    words = page.locator(f"#readout tr[data-label='{label}'] td").all_inner_texts()
    return [float(word.replace("−", "-")) for word in words]


def test_it_plays_by_itself_and_ends_at_the_last_step(opened, bowl):
    page = opened(bowl, reduced_motion="no-preference")
    expect(page.locator("output")).to_have_text(re.compile("^[2-9] "))
    page.get_by_label("speed").select_option("16")
    page.get_by_role("button", name="Play").wait_for()
    assert step(page) == 40
    page.get_by_label("speed").select_option("0.25")
    page.get_by_role("button", name="Play").click()
    page.get_by_role("button", name="Pause").wait_for()
    assert step(page) < 40


def test_it_stands_still_where_the_reader_prefers_that(opened, bowl):
    page = opened(bowl)
    page.wait_for_timeout(400)
    assert step(page) == 0
    assert page.get_by_role("button", name="Play").count() == 1


def test_buttons_slider_and_keys_move_by_steps(opened, bowl):
    page = opened(bowl)
    page.get_by_role("button", name="One step forward").click()
    page.get_by_role("button", name="One step forward").click()
    page.get_by_role("button", name="One step back").click()
    assert step(page) == 1
    page.get_by_role("slider", name="Step").fill("17")
    assert step(page) == 17
    for key, then in (("ArrowRight", 18), ("ArrowLeft", 17), ("End", 40), ("ArrowRight", 40), ("Home", 0)):
        page.keyboard.press(key)
        assert step(page) == then
    page.locator("h1").click()
    for key, then in (("End", 40), ("ArrowLeft", 39), ("Home", 0), ("ArrowRight", 1)):
        page.keyboard.press(key)
        assert step(page) == then
    page.keyboard.press("Space")
    page.get_by_role("button", name="Pause").wait_for()
    page.keyboard.press("Space")
    page.get_by_role("button", name="Play").wait_for()


def test_the_table_says_where_each_way_is(opened, bowl):
    page = opened(bowl)
    page.get_by_role("slider").fill("30")
    x, y = 1.5 * 0.96**30, 1.0 * 0.84**30
    assert cells(page, "nesterov") == pytest.approx([x**2 + 4 * y**2, np.hypot(2 * x, 8 * y), x, y], abs=1e-4)
    x, y = -1.5 * 0.98**24, -1.0 * 0.92**24  # it has ended, and stays there
    assert cells(page, "adam") == pytest.approx([x**2 + 4 * y**2, np.hypot(2 * x, 8 * y), x, y], abs=1e-3)
    assert page.get_by_text("finished at step 24").is_visible()
    page.get_by_role("slider").fill("23")
    assert not page.get_by_text("finished at step 24").is_visible()
    assert page.locator("#readout small").first.inner_text() == "rate 0.02, given"


@pytest.mark.parametrize("kind", ["map", "surface"])
def test_ways_are_painted_as_far_as_the_step_and_can_be_hidden(opened, bowl, kind):
    page = opened(bowl, kind)
    before = painted(page, BLUE)
    page.keyboard.press("End")
    after = painted(page, BLUE)
    assert after > before + 100
    legend = page.get_by_role("button", name="nesterov")
    legend.focus()
    page.keyboard.press("Enter")
    assert legend.get_attribute("aria-pressed") == "false"
    assert painted(page, BLUE) < 0.1 * after
    legend.click()
    assert painted(page, BLUE) == after


def test_a_curve_has_balls_and_tangents(opened, parabola):
    page = opened(parabola)
    steep = painted(page, BLUE)
    assert steep > 100  # a ball, and a tangent of 120 pixels
    page.keyboard.press("End")
    assert painted(page, BLUE) > steep


def test_arrows_appear_when_asked_for(opened, bowl):
    page = opened(bowl)
    page.get_by_role("slider").fill("3")
    seen = [painted(page, BLUE)]
    for name in ("gradient", "step", "memory"):
        page.get_by_role("checkbox", name=name).check()
        seen.append(painted(page, BLUE))
        page.get_by_role("checkbox", name=name).uncheck()
        assert painted(page, BLUE) == seen[0]
    assert len(set(seen)) == 4
    page.get_by_role("checkbox", name="step").check()
    assert page.locator("#arrows").is_visible()


def test_a_surface_turns_by_dragging_and_by_keys(opened, bowl):
    page = opened(bowl, "surface")
    seen = [page.locator(CANVAS).screenshot()]
    box = page.locator(CANVAS).bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x + 60, y + 20, steps=3)
    page.mouse.up()
    seen.append(page.locator(CANVAS).screenshot())
    page.mouse.move(x, y)
    assert page.locator(CANVAS).screenshot() == seen[-1]
    page.locator(CANVAS).focus()
    page.keyboard.press("ArrowLeft")
    seen.append(page.locator(CANVAS).screenshot())
    assert len(set(seen)) == 3
    assert step(page) == 0  # the arrow turned the picture, not the time


def test_map_and_surface_change_places_at_the_same_step_without_moving_the_rest(opened, bowl):
    page = opened(bowl)
    page.get_by_role("slider").fill("9")
    top = "document.querySelector('#controls').offsetTop"
    before = page.evaluate(top)
    page.get_by_label("surface").check(force=True)
    page.locator("canvas.turned").wait_for()
    assert "step 9" in page.locator(CANVAS).get_attribute("aria-label")
    assert page.evaluate(top) == before


def test_nothing_moves_while_it_plays(opened, bowl):
    page = opened(bowl, viewport={"width": 360, "height": 800})
    places = (
        "[...document.querySelectorAll('h1, #controls *, th, td')].map(e => JSON.stringify(e.getBoundingClientRect()))"
    )
    page.get_by_role("button", name="Play").focus()
    before = page.evaluate(places)
    for _ in range(8):
        for _ in range(5):
            page.keyboard.press("ArrowRight")
        assert page.evaluate(places) == before


@pytest.mark.parametrize("width", [360, 1000])
def test_only_boxes_of_their_own_scroll_sideways(opened, bowl, width):
    page = opened(bowl, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator(CANVAS).bounding_box()["width"] > 0.4 * width
    page.set_viewport_size({"width": 720, "height": 800})
    painted(page, BLUE)
    assert 450 < page.locator(CANVAS).bounding_box()["width"] <= 720


def test_light_and_dark_change_while_it_is_open(opened, bowl):
    page = opened(bowl, color_scheme="light")
    page.keyboard.press("End")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(255, 255, 255)"
    assert painted(page, (0x4A, 0x90, 0xD9)) == 0
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(paper) == "rgb(21, 24, 28)"
    assert painted(page, (0x4A, 0x90, 0xD9)) > 100


def test_the_picture_is_saved_as_png(opened, bowl, tmp_path):
    page = opened(bowl, accept_downloads=True)
    page.keyboard.press("End")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="PNG").click()
    assert waiting.value.suggested_filename == "step-40.png"
    waiting.value.save_as(tmp_path / "saved.png")
    pixels = np.asarray(Image.open(tmp_path / "saved.png").convert("RGB")).astype(int)
    assert (np.abs(pixels - np.array(BLUE)).sum(axis=2) < 24).sum() > 100
    assert len(np.unique(pixels.reshape(-1, 3), axis=0)) > 20  # the land lies under the ways


def test_hostile_words_stay_words(opened, bowl):
    evil = "</script><img src=x onerror=alert(1)>\u2028"
    way = dataclasses.replace(bowl.ways[0], label=evil, method=evil, ending=evil)
    page = opened(dataclasses.replace(bowl, title=evil, ways=(way,), notes=(evil,)))
    assert page.locator("img").count() == 0
    assert page.locator("#readout b").inner_text().startswith("</script><img")
    page.keyboard.press("End")
    assert painted(page, (255, 255, 255)) > 0


def test_a_way_that_blows_up_is_cut_off_and_said_so(opened, bowl):
    way = descent("nesterov", 0.6, (0.5, 0.5), 100)  # -3.8 times as far each step: f leaves what float32 holds
    page = opened(dataclasses.replace(bowl, ways=(way,)))
    page.keyboard.press("End")
    assert painted(page, BLUE) > 50
    assert page.get_by_text("left at step 2").is_visible()
    assert "∞" in page.locator("#readout td").first.inner_text()


def test_nothing_is_wrong_for_those_who_do_not_see_it(opened, bowl, accessible):
    page = opened(bowl)
    page.get_by_label("surface").check(force=True)
    page.get_by_role("checkbox", name="step").check()
    accessible(page)


def test_without_scripts_it_shows_the_last_step(opened, bowl, open_page, tmp_path):
    file = tmp_path / "view.html"
    file.write_text(view_page(bowl), encoding="utf-8")
    page = open_page(java_script_enabled=False)
    page.goto(file.as_uri())
    assert page.locator("noscript svg").is_visible()
    assert "step 40 of 40" in page.locator("noscript").inner_html()
    assert not page.locator(".player").is_visible()
