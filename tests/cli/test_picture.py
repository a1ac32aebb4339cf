"""`fallline picture` on the command line."""

from __future__ import annotations

import json

import pytest

from fallline.cli.main import main
from fallline.lab.pictures import PICTURES


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))


def test_without_a_name_it_lists_them(capsys):
    assert main(["picture"]) == 0
    printed = capsys.readouterr().out
    for name, cls in PICTURES.items():
        (line,) = [line for line in printed.splitlines() if line.startswith(f"{name} ")]
        assert cls.HEADLINE in line
    assert main(["picture", "--json"]) == 0
    assert [p["name"] for p in json.loads(capsys.readouterr().out)["pictures"]] == list(PICTURES)


def test_it_draws_one_says_what_there_is_to_see_and_where_it_is(tmp_path, capsys):
    assert main(["picture", "two_wells(beta=0.3)"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1] == "picture: twowells.svg"
    assert any("momentum(beta=0.3) ends in the local minimum, at −1 " in line for line in lines)
    assert "<svg" in (tmp_path / "twowells.svg").read_text()
    assert main(["picture", "family", "--out", "f.png", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["path"], told["name"], len(told["words"])) == ("f.png", "family", 3)
    assert (tmp_path / "f.png").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["sadle"], "unknown picture 'sadle'. Did you mean 'saddle'?"),
        (["family", "--out", "f.gif"], "the picture family is written as .svg, .png"),
        (["family", "--out", "nowhere/f.svg"], "there is no folder nowhere"),
        (["ravine(condition=0.5)"], "condition must be in [1, inf), got 0.5"),
        (["ravine(colour=1)"], "ravine has no 'colour'"),
    ],
)
def test_what_is_wrong_is_said_in_a_line(tmp_path, arguments, words, capsys):
    assert main(["picture", *arguments]) == 2
    assert words in capsys.readouterr().err
    assert not list(tmp_path.glob("*.*"))


def test_nothing_is_overwritten(tmp_path, capsys):
    (tmp_path / "family.svg").write_text("mine")
    assert main(["picture", "family", "--out", "family.svg"]) == 2
    assert "it already exists" in capsys.readouterr().err
    assert main(["picture", "family"]) == 0
    assert capsys.readouterr().out.endswith("picture: family-2.svg\n")
    assert (tmp_path / "family.svg").read_text() == "mine"
