from __future__ import annotations

import base64
import dataclasses
import hashlib
import math
import re
from html.parser import HTMLParser

import numpy as np
import pytest

from fallline.report.race_card import race_card
from fallline.report.race_page import race_page
from fallline.report.race_script import SCRIPT
from fallline.report.race_view import Band, Published

HOSTILE = "</script><b onclick=alert(1)>\"'&amp;<!--\u2028]]>"


class Page(HTMLParser):
    """A page read as a browser reads it: elements with their attributes, and all the text under each."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.lines: list[str] = []
        self.feed(source)
        self.close()
        self.lines = [line.strip() for line in self.lines]

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        if tag in (
            "p",
            "li",
            "h1",
            "h2",
            "tr",
            "th",
            "td",
            "pre",
            "title",
            "desc",
            "text",
            "script",
            "style",
            "summary",
        ):
            self.lines.append(f"{tag}:")

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        if self.lines:
            self.lines[-1] += data

    def under(self, tag):
        return [line.removeprefix(f"{tag}:").strip() for line in self.lines if line.startswith(f"{tag}:")]


def changed(view, number, **changes):
    rows = list(view.rows)
    rows[number] = dataclasses.replace(rows[number], **changes)
    return dataclasses.replace(view, rows=tuple(rows))


def test_the_verdict_comes_first_and_everything_follows(make_view):
    view = make_view(
        notes=("The best rate lies on the edge.",),
        published=(Published("adam", 0.062, "validation loss", "Schneider et al. 2019"),),
    )
    page = Page(race_page(view))
    assert page.under("h1") == ["digits, mlp(128, 64)"]
    verdict = page.lines.index(f"p:{view.verdict}")
    assert verdict < page.lines.index("li:The best rate lies on the edge.") < page.lines.index("h2:Standings")
    assert page.under("h2") == [
        *("Standings", "Curves", "Learning rates", "Cost of tuning", "Other measures", "Published numbers"),
        *("3 runs", "Repeat", "Versions and data"),
    ]
    assert page.tags.count("figure") == 6
    assert view.covers in page.under("p")
    assert page.under("pre") == [view.command, view.spec.strip()]
    assert "9f86d081" in page.under("td")


def test_standings_have_intervals_differences_and_ties(make_view):
    page = Page(race_page(make_view()))
    first = page.lines.index("h2:Standings")
    table = page.lines[first : page.lines.index("h2:Curves")]
    heads = [line for line in table if line.startswith(("th:adam", "th:momentum", "th:sgd", "th:not"))]
    assert [head.split("(lr=")[0] for head in heads] == [
        "th:not distinguishable from the leader",
        "th:adamadam",
        "th:momentum(beta=0.9)momentum",
        "th:sgdsgd",
    ]
    cells = [line for line in table if line.startswith("td:")]
    assert cells[:3] == ["td:0.05000.0485 to 0.0515", "td:+0.010−0.002 to +0.022", "td:0.01"]


def test_a_winner_is_alone_in_the_first_group(make_view):
    tied = make_view()
    assert tied.winner is None
    assert "winner" not in Page(race_page(tied)).under("th")[1]
    won = changed(tied, 1, group=2)
    assert won.winner is won.rows[0]
    assert sum("winner" in head for head in Page(race_page(won)).under("th")) == 1


def test_without_intervals_none_are_claimed(make_view):
    view = make_view()
    for i in range(3):
        view = changed(view, i, low=math.nan, high=math.nan, group=0, difference=None)
    source = race_page(view)
    shown = source[source.index("<h2>Standings") : source.index("<h2>Curves")]
    assert "not distinguishable" not in shown
    assert "difference to the leader" not in shown
    assert "nan" not in shown
    assert view.winner is None


def test_what_failed_says_why(make_view):
    view = changed(make_view(), 2, mean=math.inf, low=math.nan, high=math.nan, note="diverged on 2 of 10 seeds")
    page = Page(race_page(changed(view, 2, to_target=(math.inf, math.inf))))
    assert "failed" in page.under("td")
    assert any("diverged on 2 of 10 seeds" in head for head in page.under("th"))
    assert page.under("td").count("missed") == 2
    assert "inf" not in page.under("td")


def test_where_all_failed_nobody_leads_and_no_empty_chart_is_shown(make_view):
    view = make_view(by_samples={}, by_seconds={}, tuning={}, profile={})
    lost = {"mean": math.inf, "low": math.nan, "high": math.nan, "difference": None, "best": math.inf, "auc": math.inf}
    for i in range(3):
        view = changed(view, i, **lost, group=0)
    nowhere = {name: Band.bare(band.x, np.inf * band.mean) for name, band in view.sensitivity.items()}
    source = race_page(dataclasses.replace(view, sensitivity=nowhere))
    page = Page(source)
    assert not view.held
    assert page.under("h2") == ["Standings", "Other measures", "3 runs", "Repeat", "Versions and data"]
    assert "figure" not in page.tags
    assert ("class", "entrant-0") in page.attributes
    assert "leader" not in {word for name, value in page.attributes if name == "class" for word in value.split()}
    assert "inf" not in page.under("td")
    assert page.under("td").count("failed") == 9
    assert "<svg" not in race_card(view)
    assert "<svg" in race_card(make_view())


def test_what_failed_alike_is_not_called_indistinguishable(make_view):
    view = make_view(labels=("adam", "sgd", "momentum"), verdict="adam wins.")
    for i in (1, 2):
        view = changed(view, i, mean=math.inf, low=math.nan, high=math.nan, group=2)
    assert "not distinguishable" not in race_page(view)
    assert "leader" in {word for _, value in Page(race_page(view)).attributes for word in (value or "").split()}


def test_what_else_was_chosen_has_a_column_each(make_view):
    view = changed(make_view(), 0, chosen={"batch_size": 16, "b1": 0.95})
    source = race_page(changed(view, 1, chosen={"batch_size": HOSTILE}))
    page = Page(source[source.index("<h2>Standings") : source.index("<h2>Curves")])
    assert page.under("th")[:6] == [
        *("method", "validation loss", "difference to the leader", "learning rate", "batch size", "b1")
    ]
    cells = page.under("td")
    assert [cells[i + 3 : i + 5] for i in (0, 6, 12)] == [["16", "0.95"], [HOSTILE, "–"], ["–", "–"]]


def test_published_numbers_stand_beside_ours(make_view):
    given = (
        Published("adam", 0.062, "validation loss", "Schneider et al. 2019"),
        Published("sgd", 0.17, "test accuracy", "Xiao et al. 2017"),
        Published("lion", 0.5, "validation loss", "elsewhere"),
    )
    source = race_page(make_view(published=given))
    cells = Page(source[source.index("<h2>Published") : source.index("<h2>3 runs")]).under("td")
    assert cells == [
        *("validation loss", "0.062", "0.05000.0485 to 0.0515", "Schneider et al. 2019"),
        *("test accuracy", "0.17", "0.94", "Xiao et al. 2017"),
        *("validation loss", "0.5", "–", "elsewhere"),
    ]


def test_an_empty_race_has_a_page(make_view):
    empty = {"by_samples": {}, "by_seconds": {}, "sensitivity": {}, "tuning": {}, "profile": {}, "runs": {}}
    page = Page(race_page(make_view((), **empty, command=None, target=None, provenance={}, covers="")))
    assert page.under("h2") == ["Repeat"]
    assert page.under("pre") == ['data = "digits"']


def test_hostile_words_stay_words(make_view):
    plain, hostile = (
        make_view(
            labels=(word, "sgd"),
            title=word,
            verdict=word,
            measure=word,
            notes=(word,),
            covers=word,
            command=word,
            spec=word,
            runs={word: [word, 1.0], "lr": [0.1, 0.2]},
            published=(Published(word, 1.0, word, word),),
            provenance={word: word},
        )
        for word in ("word", HOSTILE)
    )
    source = race_page(changed(changed(hostile, 0, note=HOSTILE, method=HOSTILE), 1, test={HOSTILE: 1.0}))
    page = Page(source)
    assert page.tags.count("b") == Page(race_page(plain)).tags.count("b")
    assert page.tags.count("script") == 1
    assert page.under("script") == [SCRIPT.strip()]
    assert not [name for name, _ in page.attributes if name.startswith("on")]
    assert "<!--" not in source
    for tag in ("h1", "p", "li", "pre", "td", "title"):
        assert any(HOSTILE in text for text in page.under(tag)), tag
    assert "onclick" in race_card(hostile)
    assert "<b" not in race_card(hostile)


def test_it_fetches_nothing_and_lets_only_its_own_script_run(make_view):
    source = race_page(make_view())
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', source)
    (script,) = re.findall(r"<script>(.*?)</script>", source, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert policy.split("; ") == [
        "default-src 'none'",
        "style-src 'unsafe-inline'",
        f"script-src 'sha256-{digest}'",
        "img-src data: blob:",
    ]
    assert not {name for name, _ in Page(source).attributes} & {"src", "href", "srcset", "action"}
    assert "url(" not in source
    assert "http" not in source.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")


def test_every_figure_has_words_for_those_who_do_not_see_it(make_view):
    page = Page(race_page(make_view()))
    assert len(page.under("title")) == 7  # the window's, and the figures'
    assert len(page.under("desc")) == 6
    assert all(page.under("desc"))


def test_a_thousand_runs_of_twelve_methods_stay_a_small_file(make_view):
    x, random = np.linspace(0, 1e6, 5000), np.random.default_rng(0)
    labels = tuple(f"method{i}" for i in range(12))
    curve = next(iter(make_view().by_samples.values()))
    long = {name: dataclasses.replace(curve, x=x, mean=x + 1, low=x, high=x + 2) for name in labels}
    runs = {"method": list(labels) * 84, **{f"val_{i}": random.random(1008).tolist() for i in range(8)}}
    source = race_page(make_view(labels, by_samples=long, by_seconds=long, runs=runs))
    assert source.count("<tr") > 1008
    assert len(source.encode()) < 450_000


@pytest.mark.parametrize("count", [1, 3, 16])
def test_each_method_has_one_look_in_all_figures(make_view, count):
    source = race_page(make_view(tuple(f"m{i}" for i in range(count))))
    for i in range(count):
        groups = re.findall(rf'<g class="entrant entrant-{i}">', source)
        assert len(groups) >= 6
    assert f"entrant-{count}" not in source
