"""`fallline methods`: everything it says is the classes' own."""

from __future__ import annotations

import dataclasses
import json

from fallline.methods import METHODS


def test_every_method_has_its_line(fallline):
    header, *rows = fallline("methods").out.splitlines()
    assert header.split()[0] == "method"
    assert [row.split()[0] for row in rows] == list(METHODS)
    for row, method in zip(rows, METHODS.values(), strict=True):
        assert method.HEADLINE in row


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
