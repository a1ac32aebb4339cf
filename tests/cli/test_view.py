"""`fallline view`: the same numbers as in Python, and a file."""

from __future__ import annotations

import json
from typing import get_args, get_type_hints

import pytest

import fallline as fl
from fallline.cli.view import view
from fallline.figures.view.draw import KINDS
from fallline.figures.view.internals import SHOWN


def test_the_options_know_what_can_be_drawn():
    options = get_type_hints(view, include_extras=True)
    assert options["show"].__metadata__[0].metavar.split(",") == list(SHOWN)
    assert get_args(get_args(get_args(options["kind"])[0])[0]) == tuple(KINDS)


def test_a_row_a_method_and_where_the_file_is(fallline, workplace):
    ran = fallline("view", "ravine", "--methods", "sgd, adam(lr=0.1)", "--steps", 30)
    header, *rows, given, tuned, last = ran.out.splitlines()
    assert ran.status == 0
    assert header.split()[:3] == ["method", "learning", "rate"]
    assert [row.split()[0] for row in rows] == ["sgd", "adam"]
    assert "(tuned)" in rows[0]
    assert "0.1 (given)" in rows[1]
    assert "tuned" in given + tuned
    assert last == "view: ravine.html"
    assert "<h1>Ravine</h1>" in (workplace / "ravine.html").read_text()


def test_no_file_is_written_over(fallline, workplace):
    words = ("view", "doublewell", "--methods", "sgd", "--lr", "0.1", "--steps", 5)
    assert fallline(*words).out.splitlines()[-1] == "view: doublewell.html"
    before = (workplace / "doublewell.html").read_bytes()
    assert fallline(*words, "--start", "2.5").out.splitlines()[-1] == "view: doublewell-2.html"
    assert (workplace / "doublewell.html").read_bytes() == before
    ran = fallline(*words, "--out", "doublewell.html")
    assert ran.status == 2
    assert "already exists" in ran.err


def test_in_numbers(fallline, workplace):
    words = ("--start", "-1,2", "--window=-3:3,-4:4", "--lr", "own", "--methods", "sgd, prodigy, lbfgs")
    ran = fallline(
        "view", "--steps", 9, *words, "--out", "way.svg", "--show", "gradient, step", "--json", "x**2 + y**2"
    )
    told = json.loads(ran.out)
    seen = fl.view("x**2 + y**2", "sgd, prodigy, lbfgs", start=(-1, 2), window=((-3, 3), (-4, 4)), lr="own", steps=9)
    assert told["path"] == "way.svg"
    assert [way["end"] for way in told["ways"]] == [way.points[-1].tolist() for way in seen.scene.ways]
    assert [way["chosen"] for way in told["ways"]] == ["own", "own", None]
    assert told["notes"] == list(seen.scene.notes)
    assert (workplace / "way.svg").exists()


def test_a_formula_that_begins_with_a_minus(fallline, workplace):
    ran = fallline("view", "--methods", "sgd", "--lr", "0.1", "--steps", 3, "--start", "0.5", "--", "-x**2")
    assert ran.out.splitlines()[-1] == "view: formula.html"
    assert "after --" in fallline("view", "-x**2").err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["rosenbrok"], "Did you mean 'rosenbrock'?"),
        (["x^2"], "**"),
        (["saddle", "--out", "saddle.pdf"], ".html, .svg"),
        (["saddle", "--out", "nowhere/saddle.svg"], "there is no folder"),
        (["saddle", "--start", "a,b"], "--start a,b: write numbers"),
        (["saddle", "--start", "9,9"], "outside of the window"),
        (["saddle", "--window", "1,2"], "low:high"),
        (["saddle", "--lr", "fast"], "--lr fast"),
        (["saddle", "--show", "grad"], "Did you mean 'gradient'?"),
        (["saddle", "--kind", "mapp"], "Did you mean 'map'?"),
        (["saddle", "--kind", "curve"], "two coordinates"),
        (["saddle", "--methods", "sgdd"], "Did you mean 'sgd'?"),
        (["saddle", "--steps", "-3"], "--steps"),
    ],
)
def test_what_cannot_be_is_told_in_a_line(fallline, workplace, words, message):
    ran = fallline("view", *words)
    assert ran.status == 2
    assert message in ran.err
    assert len(ran.err.splitlines()) == 1
    assert list(workplace.iterdir()) == []
