"""`fallline landscape` and `fallline layers`: pictures of a run, from its folder."""

import json
import xml.etree.ElementTree as ElementTree

import numpy as np
import pytest

import fallline as fl


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    problem = fl.problems.for_data("iris", model="mlp(6)")
    for seed in (0, 1):
        fl.train(problem, fl.Adam(lr=0.02), epochs=2, seed=seed, out=folder / f"iris-{seed}")
    return folder


def test_a_plane_goes_into_the_runs_folder_and_never_over_another(fallline, runs):
    run = runs / "iris-0"
    (run / "landscape-pca.svg").write_text("an earlier one")
    ran = fallline("landscape", run, "--plane", "pca", "--size", 5)
    assert ran.status == 0, ran.err
    assert ran.out.splitlines()[-1] == f"picture: {run / 'landscape-pca-2.svg'}"
    assert "the axes hold" in ran.out
    assert ElementTree.parse(run / "landscape-pca-2.svg").getroot().tag.endswith("svg")
    assert (run / "landscape-pca.svg").read_text() == "an earlier one"
    assert fl.load(run).outcome == "finished"


def test_a_line_in_numbers(fallline, runs, tmp_path):
    out = tmp_path / "line.png"
    ran = fallline("landscape", runs / "iris-0", "--to", runs / "iris-1", "--size", 5, "--out", out, "--json")
    assert ran.status == 0, ran.err
    told = json.loads(ran.out)
    assert out.read_bytes().startswith(b"\x89PNG")
    assert (told["path"], told["plane"], told["rows"]) == (str(out), "line", 105)
    assert len(told["loss"]) == len(told["validation"]) == 5
    assert told["model"] == told["loss"][told["x"].index(0.0)]


@pytest.mark.parametrize("of", ["gradients", "updates"])
def test_layers(fallline, runs, of):
    run = runs / "iris-1"
    ran = fallline("layers", run, "--of", of, *(["--json"] if of == "updates" else []))
    assert ran.status == 0, ran.err
    said = ran.err if of == "updates" else ran.out
    assert said.splitlines()[-1] == f"picture: {run / f'layers-{of}.svg'}"
    assert (run / f"layers-{of}.svg").exists()
    if of == "updates":
        told = json.loads(ran.out)
        assert list(told["arrays"]) == ["0.b", "0.w", "1.b", "1.w"]
        assert np.all(np.array(told["arrays"]["0.w"]["ratios"]) > 0)


def test_bad_words_end_in_a_line(fallline, runs, tmp_path):
    taken = tmp_path / "taken.svg"
    taken.write_text("mine")
    run = runs / "iris-0"
    for words, wanted in (
        (("landscape", run, "--out", taken), "already exists"),
        (("landscape", run, "--out", tmp_path / "x.jpg"), "ends in .svg or .png"),
        (("landscape", run, "--size", 2), "--size '2'"),
        (("landscape", run, "--plane", "pca", "--to", runs / "iris-1"), "give one of them"),
        (("landscape", runs / "iris-7"), "there is no run"),
        (("layers", run, "--of", "biases"), "biases"),
    ):
        ran = fallline(*words)
        assert ran.status == 2
        assert wanted in ran.err
        assert "Traceback" not in ran.err
    assert taken.read_text() == "mine"
