from __future__ import annotations

import tomllib
from html.parser import HTMLParser

import numpy as np
import pytest

from fallline.core.outcome import Outcome
from fallline.core.spec import Spec
from fallline.report.run_page import run_page

HOSTILE = "</script><b onclick=alert(1)>\"'&amp;<!--"
VOID = {"meta", "br"}


class Page(HTMLParser):
    """A page read as a browser reads it: the tags, their attributes, and the text under each."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.texts: list[tuple[str, str]] = []
        self.feed(source)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append((self.open[-1] if self.open else "", data))

    def under(self, tag):
        return [text for name, text in self.texts if name == tag]


def test_it_says_what_was_run_and_how_it_ended(make_record):
    page = Page(run_page(make_record()))
    assert page.under("h1") == ["digits"]
    assert "mlp(128, 64), trained with adam(lr=0.001)" in page.under("p")
    assert page.under("strong") == ["finished"]
    assert ": all 150 steps were taken" in page.under("p")
    assert "3 epochs, 150 steps, 1 min 23 s" in page.under("p")
    assert page.under("dt") == ["accuracy", "loss"]
    assert page.under("dd") == ["0.9741", "0.0812"]
    assert page.tags.count("svg") == 1


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        (Outcome.DIVERGED, "the loss grew without bound: the learning rate is likely too large"),
        (Outcome.INTERRUPTED, "a signal, an error or a callback stopped the run; it can be resumed"),
    ],
)
def test_a_run_that_broke_off_says_what_that_means(make_record, outcome, words):
    assert any(text.startswith(words) for text in Page(run_page(make_record(outcome=outcome))).under("p"))


def test_it_repeats_the_run_in_toml_and_in_a_command(make_record):
    record = make_record()
    blocks = Page(run_page(record)).under("pre")
    assert blocks[0].startswith("fallline train digits \\\n")
    assert Spec.from_dict(tomllib.loads(blocks[1])) == record.spec


def test_a_problem_of_ones_own_has_no_command(make_record):
    blocks = Page(run_page(make_record(spec=Spec("sgd")))).under("pre")
    assert [Spec.from_toml(block) for block in blocks] == [Spec("sgd")]


def test_the_epochs_are_a_table(make_record):
    page = Page(run_page(make_record()))
    assert page.under("th")[:7] == [
        *("epoch", "step", "samples", "seconds"),
        *("training loss", "validation loss", "validation accuracy"),
    ]
    assert page.under("td")[:7] == ["1", "50", "1,600", "0.5 s", "2", "3", "0.5"]


def test_a_long_table_is_folded_and_a_very_long_one_is_spaced(make_record):
    assert ("open", None) in Page(run_page(make_record(3))).attributes
    assert ("open", None) not in Page(run_page(make_record(13))).attributes
    page = Page(run_page(make_record(1001)))
    assert any(text.startswith("1,001 epochs, one in 11 shown") for text in page.under("summary"))
    cells = page.under("td")
    assert cells[: 7 * 91 : 7] == [f"{n:,}" for n in range(11, 1002, 11)]


def test_an_empty_record_has_a_page(make_record):
    page = Page(run_page(make_record(history={}, epochs={}, test={}, provenance={}, spec=Spec("sgd"), why="")))
    assert "no loss was recorded" in page.under("text")
    assert page.under("h1") == ["problem"]


def test_hostile_words_stay_words(make_record):
    record = make_record(
        spec=Spec(f"sgd{HOSTILE}", {"data": HOSTILE, "model": HOSTILE, "target": HOSTILE, "split": [1, HOSTILE]}),
        why=HOSTILE,
        test={HOSTILE: 0.5},
        epochs={"epoch": np.array([1]), "step": np.array([150]), f"val_{HOSTILE}": np.array([1.0])},
        provenance={HOSTILE: HOSTILE, "list": [HOSTILE], "seconds": HOSTILE, "problem": HOSTILE},
    )
    source = run_page(record)
    page = Page(source)
    assert not {"script", "b", "img"} & set(page.tags)
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert f": {HOSTILE}" in page.under("p")
    assert HOSTILE in page.under("dt")
    assert f"validation {HOSTILE}" in page.under("th")
    assert HOSTILE in page.under("td")
    assert source.count("<!--") == 0


def test_it_fetches_nothing_and_forbids_it(make_record):
    page = Page(run_page(make_record()))
    assert ("content", "default-src 'none'; style-src 'unsafe-inline'") in page.attributes
    assert not {name for name, _ in page.attributes} & {"src", "href", "srcset", "action"}
    assert not {"script", "link", "iframe", "object"} & set(page.tags)
    assert "url(" not in run_page(make_record())


def test_it_is_made_for_telephones_and_both_schemes(make_record):
    source = run_page(make_record())
    assert ("content", "width=device-width,initial-scale=1") in Page(source).attributes
    assert "color-scheme:light dark" in source
    assert source.count("prefers-color-scheme:dark") == 2


def test_it_stays_small_however_long_the_run(make_record):
    count = 20_000
    epochs = {f"val_metric_{i}": np.random.default_rng(i).random(count) for i in range(6)}
    epochs = {
        "epoch": np.arange(1, count + 1),
        "step": np.arange(1, count + 1) * 50,
        "train_loss": np.ones(count),
    } | epochs
    history = {"step": np.arange(1, count * 50 + 1), "loss": np.random.default_rng(9).random(count * 50)}
    record = make_record(history=history, epochs=epochs, provenance={"command": ["train"] + ["x" * 1000] * 1000})
    assert len(run_page(record).encode()) < 100_000
