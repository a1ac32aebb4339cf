"""Texts that a stranger chooses are shown as they are written: none of them becomes an element or an attribute."""

from __future__ import annotations

import dataclasses
import json
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from benchmarks.fuzz.folders import good_record
from benchmarks.fuzz.mutate import MARKUP

from fallline.core.outcome import Outcome
from fallline.core.race_spec import RaceSpec
from fallline.core.spec import Spec
from fallline.record import arrays
from fallline.record.folder import digest
from fallline.record.load import load
from fallline.record.race_folder import RaceFolder
from fallline.report.run_page import run_page

KEPT = {"format", "spec", "outcome", "digests", "seed", "epochs", "problem", "missing", "kind", "split"}
"""What of run.json cannot be any text: without them it is no run."""


class Elements(HTMLParser):
    """Every element of a page, with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    handle_startendtag = handle_starttag


def check(page: str, scripts: int = 0) -> None:
    """Check that a page has no element, attribute or script of a stranger's."""
    elements = Elements(page).found
    assert len(elements) > 3
    assert sum(tag == "script" for tag, _ in elements) == scripts
    for tag, attributes in elements:
        assert tag not in ("pwn", "iframe", "object", "embed", "base", "form", "link", "img"), tag
        assert not [name for name in attributes if name == "pwn" or name.startswith("on")], attributes


def strange(value: Any) -> Any:
    """Return plain data with hostile texts in the place of all texts, and as names, wherever any text may stand."""
    if isinstance(value, str):
        return MARKUP
    if isinstance(value, list):
        return [strange(each) for each in value]
    if isinstance(value, dict):
        return {name: each if name in KEPT else strange(each) for name, each in value.items()}
    return value


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run in which all that may be a text is a hostile one."""
    folder = good_record().save(tmp_path / "run")
    about = json.loads((folder / "run.json").read_text())
    del about["sha256"]
    about = strange(about) | {"digests": about["digests"], "test": {MARKUP: 0.5}}
    about["provenance"] |= {MARKUP: MARKUP, "seconds": 1.0, "nested": {MARKUP: [MARKUP]}}
    about["spec"] = {"method": MARKUP, "problem": {"data": MARKUP, "model": MARKUP, MARKUP: MARKUP}, "watch": "loss"}
    for name in ("history", "epochs", "tables"):
        held = dict(arrays.unpack((folder / f"{name}.safetensors").read_bytes())[0])
        data = arrays.pack(held | {MARKUP: next(iter(held.values())), f"val_{MARKUP}": next(iter(held.values()))})
        (folder / f"{name}.safetensors").write_bytes(data)
        about["digests"][f"{name}.safetensors"] = digest(data)
    (folder / "run.json").write_text(json.dumps(about))
    findings = json.loads((folder / "findings.json").read_text())
    del findings["sha256"]
    kind = findings["findings"][0]["exhibit"]["kind"]
    findings = strange(findings)
    finding = findings["findings"][0]
    finding["exhibit"] |= {"kind": kind, "series": {MARKUP: [[1, 2], [2, 3]]}, "levels": {MARKUP: 2.0}}
    finding["remedy"] = about["spec"] | {"batch_size": 8}
    findings["open"] = {MARKUP: MARKUP}
    (folder / "findings.json").write_text(json.dumps(findings))
    return folder


def test_the_report_of_a_run(run: Path) -> None:
    record = load(run)
    assert record.diagnosis is not None
    page = run_page(record)
    check(page)
    assert page.count("&lt;pwn") > 20, "the hostile texts are shown"


def test_what_a_notebook_shows(run: Path) -> None:
    record = load(run)
    for shown in (record._repr_html_(), record.diagnosis._repr_html_(), record.plot()._repr_svg_()):
        check(shown)


def test_the_page_and_the_list_of_runs(run: Path) -> None:
    from fallline.web.archive import archive
    from fallline.web.wire import to_json

    listed = to_json(archive(run.parent))
    assert "pwn" in listed
    assert not set("<>&") & set(listed)


def test_the_page_of_a_race(tmp_path: Path) -> None:
    from fallline.lab.finished import shown_again

    epochs = good_record().epochs
    changes = {
        "why": MARKUP,
        "provenance": {MARKUP: MARKUP, "seconds": 1.0},
        "test": {MARKUP: 0.5},
        "epochs": {**epochs, f"val_{MARKUP}": epochs["val_loss"]},
    }
    spec = RaceSpec(("adam", "sgd"), lr=(0.001,), seeds=2, final_seeds=0, run=Spec("", {"data": MARKUP}, epochs=3))
    named = {"adam": "adam(lr=0.001)", "sgd": "sgd(lr=0.001)"}
    made = {
        f"{name} | {method} | {seed}": dataclasses.replace(good_record(seed, method), **changes)
        for name, method in named.items()
        for seed in (0, 1)
    }
    with RaceFolder.create(tmp_path / "race", spec, {"started": MARKUP, "epochs": 3, MARKUP: MARKUP}) as folder:
        folder.add(made)
        folder.finish(Outcome.FINISHED, MARKUP, {"doubts": [MARKUP], "table": [{"method": MARKUP}]}, seconds=3.0)
    page = shown_again(tmp_path / "race")._repr_html_()
    check(page, scripts=page.count("<script>"))
    assert "&lt;pwn" in page, "the hostile texts are shown"
