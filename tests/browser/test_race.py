"""The Race page in a real browser: tick, start, watch the standings, stop, go on, open the report."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect
from tests.web.conftest import TOKEN, App, app, make_run  # noqa: F401, fixtures


@pytest.fixture
def visit(app: App, open_page):  # noqa: F811
    def visited(complaint: str | None = None, **options):
        page = open_page(complaint, **options)
        page.goto(f"http://127.0.0.1:{app.port}/race?token={TOKEN}")
        expect(page.get_by_label("Column to predict")).not_to_have_value("")
        return page

    return visited


def fill(page, epochs):
    page.get_by_label("Data", exact=True).select_option("iris")
    expect(page.get_by_label("Column to predict")).to_have_value("species")
    page.get_by_label("with its sizes").fill("mlp(8)")
    for box in page.get_by_role("checkbox", checked=True).all()[::-1]:
        box.uncheck()
    for name in ("sgd", "momentum"):
        page.get_by_label(name, exact=True).check()
    page.get_by_label("Learning rates").fill("0.003, 0.01")
    page.get_by_label("Seeds to choose by").fill("3")
    page.get_by_label("Epochs of a run").fill(str(epochs))
    page.get_by_label("Rows a step").fill("full")


def test_a_race_is_stopped_and_gone_on_with_to_its_verdict(visit, photograph):
    page = visit()
    fill(page, 200)
    page.get_by_role("button", name="Start the race").click()
    standings = page.get_by_role("table", name="Standings")
    expect(standings.get_by_role("row")).to_have_count(3)
    page.get_by_role("button", name="Stop").click()
    page.get_by_role("button", name="Go on").click()
    expect(standings.get_by_role("columnheader", name="group")).to_be_visible()
    expect(page.get_by_role("status")).to_contain_text("momentum wins")
    photograph(page, "race")
    with page.expect_popup() as report:
        page.get_by_role("link", name="Report").click()
    expect(report.value.locator("main")).to_contain_text("momentum wins")


def test_it_is_for_phones_and_for_everybody(visit, accessible):
    page = visit("400", color_scheme="dark", viewport={"width": 360, "height": 740})
    fill(page, 1)
    page.get_by_label("sgd", exact=True).uncheck()
    page.get_by_label("momentum", exact=True).uncheck()
    page.get_by_role("button", name="Start the race").press("Enter")
    expect(page.locator("#field-methods-wrong")).to_have_text("choose at least one method.")
    page.get_by_label("and with other numbers").fill("sgd, momentum(beta=2)")
    page.get_by_role("button", name="Start the race").press("Enter")
    expect(page.get_by_label("and with other numbers")).to_be_focused()
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth") == 360
