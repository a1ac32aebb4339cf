"""The Train page in a real browser: fill in, start, watch, change the rate, stop, resume; bad input at its field."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect
from tests.web.conftest import TOKEN, App, app, make_run  # noqa: F401, fixtures

import fallline as fl

HOSTILE = "<img src=x onerror=\"document.title='bad'\">"


@pytest.fixture
def visit(app: App, open_page):  # noqa: F811
    def visited(complaint: str | None = None, job: str = "", **options):
        page = open_page(complaint, **options)
        page.goto(f"http://127.0.0.1:{app.port}/train?token={TOKEN}#{job}")
        expect(page.get_by_label("Column to predict")).not_to_have_value("")
        return page

    return visited


def fill(page, epochs, rate="0.1"):
    page.get_by_label("Data", exact=True).select_option("wine")
    expect(page.get_by_label("Column to predict")).to_have_value("cultivar")
    page.get_by_label("with its sizes").fill("mlp(8)")
    page.get_by_label("Method", exact=True).select_option("sgd")
    page.get_by_label("Learning rate", exact=True).fill(rate)
    page.get_by_label("Epochs").fill(str(epochs))


def posted(page, path, act):
    """Act, and return the status in the answer to the request that this sends."""
    with page.expect_response(lambda answer: answer.request.method == "POST" and path in answer.url) as answer:
        act()
    return answer.value.json()


def said(page):
    return page.get_by_role("status")


def test_a_training_is_watched_changed_stopped_and_resumed(visit, app, photograph):  # noqa: F811
    page = visit()
    fill(page, 1_000_000)
    job = posted(page, "/train", page.get_by_role("button", name="Start").click)
    expect(page.get_by_role("heading", level=2)).to_have_text(job["name"])
    curves = page.get_by_label("Loss curves").locator("svg")
    expect(curves.locator("polyline").first).to_be_attached()
    expect(page.get_by_label("Gradient size by layer").locator("svg desc")).to_contain_text("1.w: ")
    before = curves.locator("desc").text_content()
    expect(curves.locator("desc")).not_to_have_text(before)  # it goes on

    page.get_by_label("Learning rate from now on").fill("0.05")
    page.keyboard.press("Enter")
    expect(said(page)).to_contain_text("at the rate 0.05 from step")
    expect(page.get_by_text("now 0.05")).to_be_visible()
    photograph(page, "train")

    second = visit(job=job["id"])  # another page sees the same, all of it
    expect(second.get_by_label("Loss curves").locator("svg desc")).to_contain_text("at step 1 to")
    posted(second, "/stop", second.get_by_role("button", name="Stop").click)
    for each in (page, second):
        expect(said(each)).to_contain_text("interrupted: stopped on the page")
    assert fl.load(app.runs / job["name"]).outcome == "interrupted"

    page.get_by_label("Learning rate from now on").fill("0.02")
    again = posted(page, "/train/resume", page.get_by_role("button", name="Resume", exact=True).click)
    assert again["name"] == job["name"]
    expect(page.get_by_text("now 0.02")).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    expect(page.get_by_role("link", name="Report")).to_be_visible()
    rates = {round(float(rate), 6) for rate in fl.load(app.runs / job["name"]).history["lr"]}
    assert rates == {0.1, 0.05, 0.02}


def test_a_run_ends_with_its_test_and_its_report(visit, accessible):
    page = visit(color_scheme="dark", viewport={"width": 360, "height": 740})
    fill(page, 2)
    page.get_by_label("Epochs").press("Enter")
    expect(said(page)).to_have_text("finished: 8 of 8 steps taken")
    expect(page.get_by_text("On the test part")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 360
    accessible(page)
    with page.expect_popup() as report:
        page.get_by_role("link", name="Report").click()
    expect(report.value.get_by_role("heading", level=1)).to_contain_text("wine")


def test_what_is_wrong_stands_at_its_field(visit, accessible):
    page = visit("400")
    fill(page, 2, rate="-1")
    page.get_by_role("button", name="Start").click()
    rate = page.get_by_label("Learning rate", exact=True)
    expect(rate).to_be_focused()
    expect(rate).to_have_attribute("aria-invalid", "")
    expect(page.locator("#field-fields-lr-wrong")).to_contain_text("lr must be in (0, inf)")
    accessible(page)
    rate.fill("0.1")
    expect(page.locator("#field-fields-lr-wrong")).to_be_hidden()
    page.get_by_label("Method", exact=True).select_option("momentum")
    page.get_by_text("Its other numbers").click()
    page.get_by_label("beta").fill("2")
    page.get_by_role("button", name="Start").click()
    expect(page.get_by_label("beta")).to_be_focused()
    page.get_by_label("Model", exact=True).select_option("cnn")
    page.get_by_label("beta").fill("0.9")
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#field-model-wrong")).to_contain_text("needs images")


def test_files_bad_and_good(visit):
    page = visit("400")
    bring = page.get_by_label("Bring a file")
    bring.set_input_files({"name": "virus.exe", "mimeType": "text/plain", "buffer": b"MZ"})
    expect(page.locator("#field-file-wrong")).to_contain_text("is of no kind that can be read")
    bring.set_input_files({"name": "broken.csv", "mimeType": "text/csv", "buffer": b'a,b\n1,2\n3,"4\n'})
    expect(page.locator("#field-data-wrong")).to_contain_text("broken.csv")
    quoted = HOSTILE.replace('"', '""')
    rows = "\n".join(f"{i},{i % 5}" for i in range(40))
    bring.set_input_files(
        {"name": "sales.csv", "mimeType": "text/csv", "buffer": f'"{quoted}",sold\n{rows}\n'.encode()}
    )
    expect(page.get_by_label("Data", exact=True)).to_have_value(re.compile(r"sales(-\d+)?\.csv"))
    expect(page.get_by_text("40 rows, 2 columns")).to_be_visible()
    target = page.get_by_label("Column to predict")
    assert target.locator("option").all_text_contents() == ["choose one", HOSTILE, "sold"]
    page.get_by_text("Columns, and what is missing").click()
    expect(page.locator("details table")).to_contain_text(HOSTILE)
    page.get_by_role("button", name="Start").click()
    expect(page.locator("#field-target-wrong")).to_contain_text("which column is to be predicted?")
    target.select_option(HOSTILE)
    expect(page.locator("#field-target-help")).to_have_text("regression")
    assert page.title() == "Train · Fallline"
