"""A real browser for the pages and the app: Debian's Chromium, driven by Playwright."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

ROOT = Path(__file__).parents[2]
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
PHOTOGRAPHS = ROOT / "docs" / "app"
NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")
REQUIRED = os.environ.get("FALLLINE_BROWSER") == "required"
"""Whether a test that cannot run for want of a browser fails instead of being skipped."""

PATIENCE = 20_000
"""Milliseconds that anything may take: a busy machine compiles slowly."""

expect.set_options(timeout=PATIENCE)

LOCAL = re.compile(r"(file|data|blob|about):|http://(127\.0\.0\.1|localhost):\d+/")


def missing(what: str) -> None:
    """Skip the test, or fail it where browsers are required."""
    message = f"{what}: `make browser` installs what these tests need"
    if REQUIRED:
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    program = next((path for path in map(shutil.which, NAMES) if path), None)
    if program is None:
        missing("no Chromium here")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=program, args=[*QUIET, "--disable-sync"])
        yield opened
        opened.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open pages that are watched: none may complain on its console, or ask for anything beyond this machine.

    `open_page(complaint="400", **context)` expects complaints that match, of an answer that a test provokes, say.
    """
    contexts, complaints, strangers = [], [], []

    def opened(complaint: str | None = None, **options: Any) -> Page:
        options = {"viewport": {"width": 1100, "height": 900}, "reduced_motion": "no-preference"} | options
        context = browser.new_context(**options)
        contexts.append(context)

        def complain(words: str) -> None:
            if complaint is None or not re.search(complaint, words):
                complaints.append(words)

        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.on("console", lambda message: message.type in ("error", "warning") and complain(message.text))
        page.on("pageerror", lambda error: complain(str(error)))
        context.on("request", lambda request: LOCAL.match(request.url) or strangers.append(request.url))
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert strangers == []


@pytest.fixture
def page(open_page: Callable[..., Page]) -> Page:
    """One watched page, 1100 by 900 pixels."""
    return open_page()


@pytest.fixture
def accessible() -> Callable[[Page], None]:
    """Assert that axe-core finds nothing wrong with a page: contrast, names, roles, order."""
    if not AXE.is_file():
        missing("no axe-core here")

    def check(page: Page) -> None:
        page.evaluate(AXE.read_text())
        found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]
        assert [(v["id"], v["help"], [n["html"][:200] for n in v["nodes"]]) for v in found] == []

    return check


@pytest.fixture
def photograph(tmp_path: Path) -> Callable[[Page, str], Path]:
    """Save what a page looks like; into the documentation where FALLLINE_PHOTOGRAPHS is set."""
    folder = PHOTOGRAPHS if os.environ.get("FALLLINE_PHOTOGRAPHS") else tmp_path

    def taken(page: Page, name: str) -> Path:
        folder.mkdir(exist_ok=True)
        path = folder / f"{name}.png"
        page.screenshot(path=path, full_page=True, animations="disabled")
        return path

    return taken
