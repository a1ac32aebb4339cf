"""The page of a race in a real browser: its script runs under its policy, sorts, and saves pictures."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image
from tests.report.browser import Browser, installed

from fallline.report.race_page import race_page

pytestmark = pytest.mark.skipif(installed() is None, reason="no chromium here")

RUNS = {
    "method": ["adam", "b10", "b9", "</script>", "adam", "sgd"],
    "loss": [0.5, float("nan"), 1e-7, 20.0, float("inf"), -3.0],
    "seed": [3, 1, 2, 10, None, 0],
}
COLUMN = "[...document.querySelectorAll('.tall tbody tr')].map(row => row.cells[{}].textContent.trim())"
SORTS = "[...document.querySelectorAll('.tall th')].map(head => head.ariaSort)"


@pytest.fixture(scope="module")
def browser():
    opened = Browser(installed())
    yield opened
    opened.close()


@pytest.fixture
def page(browser, make_view, tmp_path):
    def show(**changes):
        file = tmp_path / "race.html"
        file.write_text(race_page(make_view(**changes)), encoding="utf-8")
        browser.open(file)
        return browser

    return show


def click(page, column):
    page.run(f"document.querySelectorAll('.tall th button')[{column}].click()")
    return page.run(COLUMN.format(column)), page.run(SORTS)


def test_numbers_sort_as_numbers_with_what_is_not_finite_last(page):
    shown = page(runs=RUNS)
    rising, sorts = click(shown, 1)
    assert rising == ["-3", "1e-07", "0.5", "20", "nan", "inf"]
    assert sorts == [None, "ascending", None]
    falling, sorts = click(shown, 1)
    assert falling == ["20", "0.5", "1e-07", "-3", "nan", "inf"]
    assert sorts == [None, "descending", None]
    assert click(shown, 2)[0] == ["0", "1", "2", "3", "10", ""]


def test_words_sort_as_words_and_rows_stay_whole(page):
    shown = page(runs=RUNS)
    assert click(shown, 0)[0][-5:] == ["adam", "adam", "b9", "b10", "sgd"]
    assert shown.run(COLUMN.format(2)) == ["10", "3", "", "2", "1", "0"]


def test_a_heading_is_reached_and_pressed_from_the_keyboard(page):
    shown = page(runs=RUNS)
    shown.run("document.querySelector('.tall').focus()")
    shown.press("Tab", 9)
    shown.press("Tab", 9)
    assert shown.run("document.activeElement.textContent") == "loss"
    shown.press("Enter", 13)
    assert shown.run(SORTS) == [None, "ascending", None]


def test_the_policy_lets_the_pages_own_script_run_and_no_other(page):
    shown = page(title="</script><script>document.title='taken'</script>")
    assert shown.complaints() == []
    assert shown.run("document.title").startswith("</script>")
    assert shown.run("document.querySelectorAll('.png').length") == 6
    shown.run(
        "{const s = document.createElement('script'); s.textContent = 'window.taken = 1'; document.body.append(s)}"
    )
    assert shown.run("window.taken ?? null") is None


def test_a_figure_is_saved_as_png_in_light_colours(page, tmp_path):
    shown = page()
    shown.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    shown.call("Page.setDownloadBehavior", behavior="allow", downloadPath=str(tmp_path))
    shown.run("document.querySelector('figure[data-name=curves-by-samples] .png').click()")
    while not any(e["params"]["state"] == "completed" for e in shown.events if e["method"] == "Page.downloadProgress"):
        shown.run("new Promise(done => setTimeout(done, 20))")
    shown.call("Emulation.setEmulatedMedia", features=[])
    picture = Image.open(io.BytesIO((tmp_path / "curves-by-samples.png").read_bytes())).convert("RGB")
    assert picture.width == 1600
    pixels = np.asarray(picture)
    assert tuple(pixels[0, 0]) == (255, 255, 255)
    assert (np.abs(pixels - np.array([0x00, 0x72, 0xB2])).sum(axis=2) < 12).sum() > 500  # the leader's blue


@pytest.mark.parametrize("width", [360, 1200])
def test_only_boxes_of_their_own_scroll_sideways(page, width):
    shown = page(runs=RUNS)
    shown.call("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 500)
    assert shown.run("document.documentElement.scrollWidth") <= width
    reachable = "[...document.querySelectorAll('main *')].filter(e => e.scrollWidth > e.clientWidth + 1 && "
    reachable += "/auto|scroll/.test(getComputedStyle(e).overflowX)).every(e => e.tabIndex === 0)"
    assert shown.run(reachable)


def test_it_is_dark_where_the_reader_prefers_that(page):
    shown = page()
    paper = "getComputedStyle(document.querySelector('svg rect')).fill"
    for scheme, colour in (("light", "rgb(255, 255, 255)"), ("dark", "rgb(21, 24, 28)")):
        shown.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        assert shown.run(paper) == colour
        assert shown.run("getComputedStyle(document.body).backgroundColor") == colour
    shown.call("Emulation.setEmulatedMedia", features=[])


def test_to_point_at_a_method_pales_the_others_in_every_figure(page):
    shown = page()
    shown.run("document.querySelector('figure[data-name=tuning]').scrollIntoView()")
    box = "document.querySelector('figure[data-name=tuning] .entrant-1 text').getBoundingClientRect()"
    x, y = shown.run(f"[{box}.x + 4, {box}.y + 5]")
    shown.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    opacity = (
        "Math.max(...[...document.querySelectorAll('.entrant-{}.entrant')].map(e => +getComputedStyle(e).opacity))"
    )
    while shown.run(opacity.format(0)) > 0.5:
        shown.run("new Promise(done => setTimeout(done, 20))")
    assert shown.run(opacity.format(1)) == 1
