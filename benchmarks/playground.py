"""The playground of the app in Chromium: a slider is dragged by a mouse while eight methods take 1,000 steps each.

A frame counts when the picture in it differs from that of the frame before.
"""

from __future__ import annotations

import base64
import itertools
import json
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from benchmarks.measure import Row

METHODS = ("sgd", "momentum", "nesterov", "adagrad", "rmsprop", "adam", "nadam", "adamw")
STEPS, SECONDS, ASKED = 1000, 3.0, 20
QUIET = ("--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update")

WATCH = """() => {
  const canvas = document.querySelector(".view canvas"), ctx = canvas.getContext("2d");
  window.changed = []; let before = 0;
  const look = () => {
    const pixels = new Uint32Array(ctx.getImageData(0, 0, canvas.width, canvas.height).data.buffer);
    let seen = 0;
    for (let i = 0; i < pixels.length; i++) seen = (31 * seen + pixels[i]) | 0;
    if (seen !== before) window.changed.push(performance.now());
    before = seen;
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
}"""


ANSWERED = """performance.getEntriesByType("resource")
  .filter(({name}) => name.endsWith("/playground/ways")).map(({responseEnd}) => responseEnd)"""


def rows() -> list[Row]:
    """Measure."""
    from playwright.sync_api import sync_playwright

    program = shutil.which("chromium") or shutil.which("chromium-browser")
    command = [sys.executable, "-m", "fallline", "ui", "RUNS", "--port", "0", "--no-open"]
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        command[4] = folder
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
            assert server.stdout is not None
            found = re.search(r"http://\S+", server.stdout.readline())
            assert found is not None
            try:
                browser = playwright.chromium.launch(executable_path=program, args=list(QUIET))
                page = browser.new_context(viewport={"width": 1100, "height": 1000}).new_page()
                cold, warm = _first_paint(page, found[0]), _first_paint(page, found[0])
                paused, playing = _dragged(page, found[0], False), _dragged(page, found[0], True)
                browser.close()
            finally:
                server.terminate()
    return [
        _frames("a drag while paused, changes from the start", *paused),
        _frames("a drag while it plays, changes from that step on", *playing),
        Row("the first page of a new server until all six ways are drawn", f"{cold:.2f} s", "", None),
        Row("the same page again", f"{warm:.2f} s", "", None),
    ]


def _frames(what: str, changed: list[float], seconds: float) -> Row:
    """Say how often the picture changed in a second."""
    rate = len(changed) / seconds
    gaps = [b - a for a, b in itertools.pairwise(changed)]
    note = f"between two, the median {statistics.median(gaps):.0f} ms" if gaps else ""
    return Row(what, f"{rate:.0f} frames/s", f"≥ {ASKED}", rate >= ASKED, note)


def _first_paint(page, link: str) -> float:
    page.goto("about:blank")
    began = time.perf_counter()
    page.goto(link)
    _drawn(page, 6)
    return time.perf_counter() - began


def _drawn(page, count: int) -> None:
    page.locator(".readout tbody tr").nth(count - 1).wait_for()


def _dragged(page, link: str, playing: bool) -> tuple[list[float], float]:
    """Return when the picture changed while Adam's rate was dragged to and fro, and for how many seconds it was.

    While it plays the picture changes anyway: there, it is when a new way had come.
    """
    methods = [{"name": n, "label": n, "auto": False, "chosen": "own", "history": [[0, {}]]} for n in METHODS]
    state = {"surface": "himmelblau", "window": None, "start": None, "steps": STEPS, "methods": methods}
    text = base64.urlsafe_b64encode(json.dumps(state).encode()).decode().rstrip("=")
    page.goto("about:blank")
    page.goto(f"{link}#1.{text}")
    _drawn(page, len(METHODS))
    page.wait_for_timeout(500)
    page.get_by_role("button", name="To the start" if playing else "To the end").click()
    slider = page.get_by_role("article", name="adam", exact=True).get_by_role("slider").first
    slider.scroll_into_view_if_needed()
    box = slider.bounding_box()
    y, where = box["y"] + box["height"] / 2, lambda share: box["x"] + box["width"] * share
    page.mouse.move(where(0.4), y)
    if playing:
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("Space")
    page.evaluate(WATCH)
    page.mouse.down()
    began, share = time.perf_counter(), 0.7
    seen = page.evaluate("performance.clearResourceTimings(), performance.now()")
    while time.perf_counter() - began < SECONDS:
        page.mouse.move(where(share), y, steps=30)
        share = 1.1 - share
    taken = page.evaluate("performance.now()") - seen
    changed = page.evaluate(ANSWERED if playing else "changed")
    page.mouse.up()
    return [at for at in changed if at >= seen], taken / 1000
