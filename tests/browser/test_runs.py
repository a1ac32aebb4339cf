"""The Runs page in a real browser: filter, sort, lay over, open, delete; by keyboard, on a phone, in the dark."""

from __future__ import annotations

import re

import numpy as np
import pytest
from playwright.sync_api import expect
from tests.web.conftest import TOKEN, App, app, make_run  # noqa: F401, fixtures

from fallline.core.outcome import Outcome
from fallline.core.race_spec import RaceSpec
from fallline.core.spec import Spec
from fallline.record.delete import delete as delete_run
from fallline.record.diagnosis import Diagnosis
from fallline.record.finding import Exhibit, Finding
from fallline.record.race_folder import RaceFolder

HOSTILE = "<img src=x onerror=alert(1)>"
FALLS = {"sgd(lr=0.1)": 0.9, "adam(lr=0.01)": 0.8}
"""By what a method's loss is multiplied each epoch."""


def losses(fall: float, seed: int) -> np.ndarray:
    """Return a run's losses: of three seeds, 0 to 2, the mean is that of seed 1."""
    return 2.3 * fall ** np.arange(12) * (0.9 + 0.1 * seed)


@pytest.fixture(scope="module")
def folder(app, make_run):  # noqa: F811
    """Fill the app's folder once: seven runs of three methods, one of which diverged, and a race."""
    for method, fall in FALLS.items():
        for seed in range(3):
            run = make_run(method, seed, val=losses(fall, seed), test={"accuracy": 0.9 - 0.1 * seed})
            run.save(app.runs / f"{method.partition('(')[0]}-{seed + 1}")
    early = {"problem": "digits", "seconds": 0.2, "started": "2029-01-01T00:00:00+00:00"}
    wild = {"outcome": Outcome.DIVERGED, "why": HOSTILE, "val": (3.0, 9e9), "test": {}, "provenance": early}
    make_run("rprop(lr=9)", **wild).save(app.runs / "wild-10")
    with RaceFolder.create(app.runs / "race-1", RaceSpec(("adam", "sgd"), run=Spec("", {"data": "digits"}))) as race:
        race.finish(Outcome.FINISHED, "adam wins.", {"table": [{"method": "adam"}, {"method": "sgd"}]}, seconds=90.0)
        race.write_report('<!doctype html><title>The race</title><h1>Race</h1><script>document.title += "!"</script>')
    return app


@pytest.fixture
def visit(folder: App, open_page):
    def visited(complaint: str | None = None, **options):
        page = open_page(complaint, **options)
        page.goto(f"http://127.0.0.1:{folder.port}/runs?token={TOKEN}")
        assert page.url.endswith("/runs")
        return page

    return visited


def names(page):
    return page.locator("tbody tr").evaluate_all("rows => rows.map(row => row.dataset.name)")


def test_runs_are_found_by_words_and_by_kind(visit):
    page = visit()
    assert set(names(page)) == {"sgd-1", "sgd-2", "sgd-3", "adam-1", "adam-2", "adam-3", "wild-10", "race-1"}
    page.get_by_label("Search the runs").fill("ADAM 0.8")
    assert names(page) == ["adam-2"]
    expect(page.locator("main")).to_contain_text("1 of 8 runs and races")
    page.get_by_label("Search the runs").fill("")
    page.get_by_label("However ended").select_option("diverged")
    assert names(page) == ["wild-10"]
    page.get_by_label("However ended").select_option("")
    page.get_by_label("All methods").select_option("sgd")
    assert set(names(page)) == {"sgd-1", "sgd-2", "sgd-3", "race-1"}
    page.get_by_label("Runs and races").select_option("runs")
    assert set(names(page)) == {"sgd-1", "sgd-2", "sgd-3"}
    page.get_by_label("All data").select_option("digits")
    page.get_by_label("Search the runs").fill("nothing like it")
    expect(page.locator("main")).to_contain_text("None fits")


def test_columns_sort_by_keyboard(visit):
    page = visit()
    page.get_by_role("button", name="Name").focus()
    page.keyboard.press("Enter")
    assert names(page) == ["adam-1", "adam-2", "adam-3", "race-1", "sgd-1", "sgd-2", "sgd-3", "wild-10"]
    expect(page.locator("th[aria-sort=ascending]")).to_have_text(re.compile("Name"))
    page.keyboard.press("Enter")  # the button is a new one, and has the focus again
    assert names(page)[0] == "wild-10"
    page.get_by_role("button", name="Test").click()
    assert set(names(page)[-2:]) == {"sgd-1", "adam-1"}


def test_chosen_runs_are_laid_over_each_other(visit, photograph):
    page = visit()
    for name in names(page):
        if name not in ("race-1", "wild-10"):
            page.get_by_label(f"Lay {name} over others").check()
    described = page.locator("figure svg desc")
    last, mean = losses(FALLS["sgd(lr=0.1)"], 2), losses(FALLS["adam(lr=0.01)"], 1)
    expect(described).to_contain_text(f"sgd-3: validation loss goes from {last[0]:.4g} to {last[-1]:.4g}")
    page.get_by_label("by method").check()
    expect(described).to_contain_text(f"adam: validation loss goes from {mean[0]:.4g} to {mean[-1]:.4g}")
    assert page.locator("figure svg polygon").count() == 2
    page.locator("main > p").evaluate("words => words.textContent = words.textContent.replace(/ in .*/, ' in runs')")
    photograph(page, "runs")
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_label("Chosen runs")).to_be_hidden()
    assert page.locator("tbody input:checked").count() == 0


def test_a_race_is_not_laid_over_runs(visit):
    assert visit().locator("tr[data-name=race-1] input").count() == 0


def test_reports_open_even_again(visit):
    page = visit()
    page.get_by_role("link", name="sgd-1").click()
    expect(page.locator("h1")).to_have_text("digits")
    page.reload()
    expect(page.locator("h1")).to_have_text("digits")
    page.go_back()
    page.get_by_role("link", name="race-1").click()
    expect(page).to_have_title("The race!")
    assert page.evaluate("origin") == "null"


def test_words_from_a_file_are_words(visit):
    page = visit()
    expect(page.locator("tr[data-name=wild-10]")).to_contain_text(HOSTILE)
    assert page.locator("main img").count() == 0


def test_findings_lead_to_their_evidence(visit, folder, make_run):  # noqa: F811
    exhibit = Exhibit("The loss bounces", ("step", "loss"), {"loss": [(1, 2.0), (2, 3.0)]})
    found = Finding("lr_too_large", f"It bounces {HOSTILE}.", 2, {}, 0.9, None, "Lower the rate.", exhibit)
    path = Diagnosis((found,), record=make_run()).save(folder.runs / "bounces-1")
    page = visit()
    page.get_by_label("Search the runs").fill("it bounces")
    assert names(page) == ["bounces-1"]
    shown = page.locator("tr[data-name=bounces-1]").get_by_label("Findings")
    expect(shown).to_have_text(f"lr_too_large It bounces {HOSTILE}.")
    with page.context.expect_page() as opened:
        shown.get_by_role("link", name="lr_too_large").click()
    report = opened.value
    expect(report.locator("article#lr_too_large svg")).to_be_in_viewport()
    expect(report.locator("article#lr_too_large")).to_contain_text("confidence 0.90, from step 2")
    delete_run(path)


def test_deleting_asks_first(visit, folder, make_run):  # noqa: F811
    make_run(why="to be deleted").save(folder.runs / "old-1")
    page = visit()
    delete = page.get_by_role("button", name="Delete old-1")
    delete.click()
    expect(page.get_by_role("dialog")).to_contain_text("Delete old-1?")
    expect(page.get_by_role("button", name="Keep")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    assert (folder.runs / "old-1").is_dir()
    delete.click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.locator("tr[data-name=old-1]")).to_have_count(0)
    assert not (folder.runs / "old-1").exists()


def test_what_the_server_refuses_is_said(visit, folder, make_run):  # noqa: F811
    make_run().save(folder.runs / "old-2")
    page = visit("404")
    (folder.runs / "old-2" / "run.json").unlink()
    page.get_by_role("button", name="Delete old-2").click()
    page.get_by_role("button", name="Delete", exact=True).click()
    expect(page.get_by_role("alert")).to_contain_text("there is no run 'old-2'")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_role("alert")).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible_on_a_phone_and_on_a_screen(visit, accessible, scheme):
    for width in (360, 1000):
        page = visit(viewport={"width": width, "height": 800}, color_scheme=scheme)
        page.get_by_label("Lay sgd-1 over others").check()
        expect(page.locator("figure svg")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        accessible(page)


def test_the_skip_link_comes_first(visit):
    page = visit()
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the page")).to_be_focused()
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"


def test_nothing_is_shown_without_the_link(open_page, folder):
    page = open_page("403")
    page.goto(f"http://127.0.0.1:{folder.port}/runs")
    expect(page.locator("main")).to_contain_text("opens by the link")
