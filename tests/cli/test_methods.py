"""`fallline methods`: everything it says is the classes' own."""

from __future__ import annotations

import dataclasses
import json
import re

import pytest

from fallline.methods import METHODS
from fallline.solvers import SOLVERS


def test_every_method_has_its_line(fallline):
    header, *rows, _, last = fallline("methods").out.splitlines()
    assert header.split()[0] == "method"
    assert [row.split()[0] for row in rows] == [*METHODS, *SOLVERS]
    for row, method in zip(rows, [*METHODS.values(), *SOLVERS.values()], strict=True):
        assert method.HEADLINE in row
        assert ", ".join(parent.name() for parent in method.PARENTS) in row
    assert "optax.NAME" in last


@pytest.mark.parametrize("columns", [80, 100, 120])
def test_on_a_terminal_no_word_is_broken_and_no_line_too_long(fallline, monkeypatch, columns):
    monkeypatch.setattr("sys.stdout.isatty", lambda: True, raising=False)
    monkeypatch.setenv("COLUMNS", str(columns))
    out = re.sub(r"\x1b\[\d*m", "", fallline("methods").out)
    assert max(map(len, out.splitlines())) <= columns
    told = " ".join(out.split())
    for method in [*METHODS.values(), *SOLVERS.values()]:
        assert f"{method.name()} " in told
        assert set(method.HEADLINE.split()) <= set(told.split()), method


@pytest.mark.parametrize(
    ("method", "short"),
    [
        ("adam", "Kingma and Ba 2014"),
        ("amsgrad", "Reddi et al. 2018"),
        ("lion", "Chen et al. 2023"),
        ("momentum", "Polyak 1964"),
        ("sgd", "Robbins and Monro 1951"),
        ("lbfgs", "Liu and Nocedal 1989"),
    ],
)
def test_sources_are_short_in_the_list(fallline, method, short):
    rows = {row.split()[0]: row for row in fallline("methods").out.splitlines() if row}
    assert rows[method].endswith(f"  {short}")


def test_every_source_has_authors_and_a_year(fallline):
    for row in fallline("methods").out.splitlines()[1:-2]:
        assert re.search(r"  [A-Z][^ ]+( and [^ ]+| et al\.)? (1[89]|20)\d\d$", row), row


def test_sources_are_whole_in_json(fallline):
    family = {row["name"]: row for row in json.loads(fallline("methods", "--json").out)["methods"]}
    assert family["adabelief"]["source"].partition("2020, ")[2].startswith("arXiv:2010.07468")


def test_a_solver_is_listed_and_explained(fallline):
    told = json.loads(fallline("methods", "--json").out)
    assert [row["name"] for row in told["solvers"]] == list(SOLVERS)
    assert told["elsewhere"] == ["optax.NAME"]
    assert fallline("methods", "L_BFGS").out.startswith("lbfgs(memory=10)\n")
    memory = json.loads(fallline("methods", "lbfgs", "--json").out)["fields"][0]
    assert (memory["name"], memory["default"]) == ("memory", 10)
    assert "Did you mean 'lbfgs'?" in fallline("methods", "lbfg").err


def test_json_holds_the_family_tree(fallline):
    family = {row["name"]: row for row in json.loads(fallline("methods", "--json").out)["methods"]}
    assert family["momentum"]["parents"] == ["sgd"]
    assert family["sgd"]["parents"] == []
    assert "Polyak" in family["momentum"]["source"]


def test_the_call_builds_the_defaults(fallline):
    for row in json.loads(fallline("methods", "--json").out)["methods"]:
        built = METHODS.build(row["call"])
        assert built == METHODS[row["name"]]()


def test_one_method_is_explained(fallline):
    said = fallline("methods", "Momentum").out
    assert said.startswith("momentum(lr=0.01, beta=0.9, form=velocity, dampening=0.0)\n")
    assert "v ← beta · v" in said
    assert "Polyak" in said
    for field in dataclasses.fields(METHODS["momentum"]):
        assert field.metadata["meta"].help in said


def test_one_method_as_json(fallline):
    told = json.loads(fallline("methods", "momentum", "--json").out)
    fields = {field["name"]: field for field in told["fields"]}
    assert fields["beta"] == {
        "name": "beta",
        "help": fields["beta"]["help"],
        "default": 0.9,
        "range": "[0, 1)",
        "units": "",
        "is_rate": False,
    }
    assert fields["lr"]["is_rate"]
    assert fields["form"]["choices"] == ["velocity", "average", "buffer"]


def test_one_method_in_the_words_of_a_library(fallline):
    lines = fallline("methods", "adam", "--as", "keras").out.splitlines()
    assert lines[0] == "keras.optimizers.Adam(learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-07)"
    assert lines[1] == "Adam(lr=0.001, b1=0.9, b2=0.999, eps=1e-07, eps_form='hat', eps_root=0.0)"
    assert ["epsilon", "eps", "1e-07", "1e-08"] in [line.split() for line in lines]
    assert "eps_form='hat'" in lines[-1]


def test_a_number_that_the_library_leaves_to_its_caller(fallline):
    rows = [line.split("  ") for line in fallline("methods", "sgd", "--as", "optax").out.splitlines()]
    assert any(row[0] == "learning_rate" and "must be given" in row for row in rows)


def test_the_words_of_a_library_as_json(fallline):
    told = json.loads(fallline("methods", "rmsprop", "--as", "torch", "--json").out)
    assert told["target"] == "torch.optim.RMSprop"
    assert {"theirs": "alpha", "ours": "decay", "their_default": 0.99, "our_default": 0.9, "required": False} in told[
        "words"
    ]
    assert told["forms"] == {"eps_form": "outside", "momentum_form": "raw"}


def test_why_there_is_no_translation(fallline):
    assert "averages m with the momentum of the step" in fallline("methods", "nadam", "--as", "paper").out
    for words, reason in {("adam", "--as", "kers"): "unknown library", ("--as", "keras"): "name a method"}.items():
        ran = fallline("methods", *words)
        assert ran.status == 2
        assert reason in ran.err
