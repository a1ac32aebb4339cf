"""Graphs in layers: the family and computations."""

from __future__ import annotations

import itertools

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from fallline.figures.computation import Computation, Edge, Vertex
from fallline.figures.computation_graph import drawn
from fallline.figures.family_tree import family_tree
from fallline.figures.graph import graph
from fallline.figures.layered import depths, layered
from fallline.figures.sheet import sheet

graphs = st.integers(0, 9).flatmap(
    lambda n: st.tuples(*(st.lists(st.integers(0, max(k - 1, 0)), max_size=3 if k else 0) for k in range(n)))
)


@settings(max_examples=60, deadline=None)
@given(graphs)
def test_vertices_stand_after_their_parents_and_a_row_apart(given_parents):
    parents = {k: tuple(p) for k, p in enumerate(given_parents)}
    placed = layered(parents)
    assert set(placed.spots) == set(parents)
    for child, above in parents.items():
        assert depths(parents)[child] == placed.spots[child][0]
        for parent in above:
            way = placed.ways[parent, child]
            assert (way[0], way[-1]) == (placed.spots[parent], placed.spots[child])
            assert all(there[0] - here[0] == 1 for here, there in itertools.pairwise(way))
    taken = {spot for way in placed.ways.values() for spot in way} | set(placed.spots.values())
    for layer in {spot[0] for spot in taken}:
        rows = sorted(row for at, row in taken if at == layer)
        assert all(b - a > 1 - 1e-5 for a, b in itertools.pairwise(rows))
        assert not rows or (rows[0] >= 0 and rows[-1] + 1 <= placed.rows + 1e-5)


def test_what_can_be_drawn_without_crossings_is():
    """A ladder whose rungs were named in a bad order."""
    parents = {"a": (), "b": (), "c": (), "z": ("a",), "y": ("b",), "x": ("c",), "p": ("x",), "q": ("z",), "r": ("y",)}
    placed = layered(parents)
    for one, two in itertools.combinations(placed.ways.values(), 2):
        for i in range(2):
            if one[0][0] == two[0][0] == i:
                assert (one[0][1] - two[0][1]) * (one[-1][1] - two[-1][1]) > 0


def test_no_text_of_the_family_covers_another(drawing):
    parents = {"SGD": [], "Momentum": ["SGD"], "AdaGrad": ["SGD"], "Adam": ["Momentum", "AdaGrad"], "Newton": []}
    picture = drawing(family_tree(parents, "A family", solvers={"Newton"}))
    assert {"SGD", "Momentum", "AdaGrad", "Adam", "Newton", "solver"} <= {w.text for w in picture.words}
    assert "Adam descends from Momentum and AdaGrad." in picture.root.find("{*}desc").text
    assert len([e for e in picture.all("path") if e.get("d").startswith("M")]) == 4


def test_the_numbers_of_a_computation_stand_on_its_edges(drawing):
    vertices = (Vertex("x", "argument"), Vertex("<y>", "argument"), Vertex("×", "operation"), Vertex("f", "result"))
    many = np.arange(12.0).reshape(3, 4)
    edges = (
        Edge(0, 2, np.array(3.0), np.array(-0.5)),
        Edge(1, 2, many, None),
        Edge(2, 3, np.array(36.0), np.array(1.0)),
    )
    picture = drawing(drawn(Computation("f", vertices, edges)))
    texts = {w.text for w in picture.words}
    assert {"3", "−0.5", f"3×4, norm {np.linalg.norm(many):.3g}", "no gradient", "36", "1", "<y>", "f = 36"} <= texts


def test_a_sheet_keeps_what_its_pictures_say(drawing):
    one, two = graph([0.0, 1.0], [0.0, 1.0], title="One & only"), graph([0.0, 1.0], [0.0, 2.0], title="Two")
    whole = drawing(sheet([[one, two], [one]], "All"))
    assert [w.text for w in whole.words].count("One & only") == 2
    assert "Two: f over x from 0 to 1." in whole.root.find("{*}desc").text
    boxes = [
        tuple(float(e.get(name)) for name in ("x", "y", "width", "height")) for e in whole.all("svg") if e.get("x")
    ]
    assert len(boxes) == 3
    for (ax, ay, aw, ah), (bx, by, bw, bh) in itertools.combinations(boxes, 2):
        assert ax + aw <= bx or bx + bw <= ax or ay + ah <= by or by + bh <= ay
    assert len(whole.all("style")) == 1
