"""The page of a race in a real browser: its script runs under its policy, sorts, and saves pictures."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image
from tests.report.conftest import make_view  # noqa: F401, a fixture

from fallline.report.race_page import race_page

RUNS = {
    "method": ["adam", "b10", "b9", "</script>", "adam", "sgd"],
    "loss": [0.5, float("nan"), 1e-7, 20.0, float("inf"), -3.0],
    "seed": [3, 1, 2, 10, None, 0],
}


@pytest.fixture
def show(make_view, open_page, tmp_path):  # noqa: F811
    def shown(complaint=None, context=(), **changes):
        file = tmp_path / "race.html"
        file.write_text(race_page(make_view(**changes)), encoding="utf-8")
        page = open_page(complaint, **dict(context))
        page.goto(file.as_uri())
        return page

    return shown


def column(page, number):
    cells = page.locator(".tall tbody tr").evaluate_all(f"rows => rows.map(row => row.cells[{number}].textContent)")
    return [cell.strip() for cell in cells]


def sorts(page):
    return page.locator(".tall th").evaluate_all("heads => heads.map(head => head.ariaSort)")


def sort(page, number):
    page.locator(".tall th button").nth(number).click()
    return column(page, number)


def test_numbers_sort_as_numbers_with_what_is_not_finite_last(show):
    page = show(runs=RUNS)
    assert sort(page, 1) == ["-3", "1e-07", "0.5", "20", "nan", "inf"]
    assert sorts(page) == [None, "ascending", None]
    assert sort(page, 1) == ["20", "0.5", "1e-07", "-3", "nan", "inf"]
    assert sorts(page) == [None, "descending", None]
    assert sort(page, 2) == ["0", "1", "2", "3", "10", ""]


def test_words_sort_as_words_and_rows_stay_whole(show):
    page = show(runs=RUNS)
    assert sort(page, 0)[-5:] == ["adam", "adam", "b9", "b10", "sgd"]
    assert column(page, 2) == ["10", "3", "", "2", "1", "0"]


def test_a_heading_is_reached_and_pressed_from_the_keyboard(show):
    page = show(runs=RUNS)
    page.locator(".tall").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "loss"
    page.keyboard.press("Enter")
    assert sorts(page) == [None, "ascending", None]


def test_the_policy_lets_the_pages_own_script_run_and_no_other(show):
    page = show("Content Security Policy", title="</script><script>document.title='taken'</script>")
    assert page.title().startswith("</script>")
    assert page.locator(".png").count() == 6
    page.evaluate("document.body.append(Object.assign(document.createElement('script'), {text: 'window.taken = 1'}))")
    assert page.evaluate("window.taken ?? null") is None


def test_a_figure_is_saved_as_png_in_light_colours(show, tmp_path):
    page = show(context={"color_scheme": "dark"})
    with page.expect_download() as download:
        page.locator("figure[data-name=curves-by-samples] .png").click()
    assert download.value.suggested_filename == "curves-by-samples.png"
    picture = Image.open(download.value.path()).convert("RGB")
    assert picture.width == 1600
    pixels = np.asarray(picture)
    assert tuple(pixels[0, 0]) == (255, 255, 255)
    assert (np.abs(pixels - np.array([0x00, 0x72, 0xB2])).sum(axis=2) < 12).sum() > 500  # the leader's blue


@pytest.mark.parametrize("width", [360, 1200])
def test_only_boxes_of_their_own_scroll_sideways(show, width):
    page = show(runs=RUNS, context={"viewport": {"width": width, "height": 800}})
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    reachable = "[...document.querySelectorAll('main *')].filter(e => e.scrollWidth > e.clientWidth + 1 && "
    reachable += "/auto|scroll/.test(getComputedStyle(e).overflowX)).every(e => e.tabIndex === 0)"
    assert page.evaluate(reachable)


def test_it_is_dark_where_the_reader_prefers_that(show):
    page = show()
    paper = "getComputedStyle(document.querySelector('svg rect')).fill"
    for scheme, colour in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(21, 24, 28)")):
        page.emulate_media(color_scheme=scheme)
        assert page.evaluate(paper) == colour
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == colour


def test_to_point_at_a_method_pales_the_others_in_every_figure(show):
    page = show()
    page.locator("figure[data-name=tuning] .entrant-1 text").first.hover()
    opacity = (
        "Math.max(...[...document.querySelectorAll('.entrant-{}.entrant')].map(e => +getComputedStyle(e).opacity))"
    )
    while page.evaluate(opacity.format(0)) > 0.5:  # the policy forbids what wait_for_function does
        page.wait_for_timeout(20)
    assert page.evaluate(opacity.format(1)) == 1


def test_it_is_accessible(show, accessible):
    accessible(show(runs=RUNS))
