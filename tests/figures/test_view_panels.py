from __future__ import annotations

import itertools

import pytest
from tests.figures.scenes import bowl, falling, line

from fallline.core.errors import InvalidValue
from fallline.figures.view import panels

RATES = (0.01, 0.1, 0.21)


def three():
    return [bowl(falling(lr=lr, steps=8), title=f"Panel {i}") for i, lr in enumerate(RATES)]


@pytest.mark.parametrize("kind", ["map", "surface"])
@pytest.mark.parametrize("columns", [1, 2, 3])
def test_panels_stand_apart_with_one_legend_for_what_they_share(kind, columns, drawing):
    picture = drawing(panels.draw(three(), kind, columns=columns))
    said = [w.text for w in picture.words]
    assert said.count("start") == said.count("minimum") == 1
    assert [f"sgd, rate {lr} (tuned)" in said for lr in RATES] == [True] * 3
    assert said.count("step 8 of 8") == 3
    corners = [
        tuple(float(v) for v in g.get("transform").removeprefix("translate(").rstrip(")").split())
        for g in picture.root
        if g.tag.endswith("}g") and any(e.get("font-size") == "15" for e in g.iter())
    ]
    assert len({x for x, _ in corners}) == columns
    assert len(set(corners)) == 3


def test_one_scene_alone_keeps_its_legend(drawing):
    assert "start" in [w.text for w in drawing(panels.draw([bowl(falling())])).words]


def test_scenes_of_both_kinds_go_together_and_each_stays_at_its_end(drawing):
    scenes = [bowl(falling(steps=3)), line(falling(start=(1.0,), steps=9))]
    said = [w.text for w in drawing(panels.draw(scenes, step=6)).words]
    assert {"step 3 of 3", "step 6 of 9"} <= set(said)


def test_texts_of_neighbours_do_not_touch(drawing):
    picture = drawing(panels.draw(three()))
    places = {}
    for g in [g for g in picture.root if g.get("transform") and list(g.iter("{http://www.w3.org/2000/svg}text"))]:
        x = float(g.get("transform").removeprefix("translate(").split()[0].rstrip(")"))
        places.setdefault(x, []).extend(float(e.get("x")) for e in g.iter("{http://www.w3.org/2000/svg}text"))
    columns = sorted(x for x in places if len(places[x]) > 5)
    for left, right in itertools.pairwise(columns):
        assert left + max(places[left]) < right + min(places[right])


def test_nothing_to_draw_is_refused():
    with pytest.raises(InvalidValue, match="nothing to draw"):
        panels.draw([])
    with pytest.raises(InvalidValue, match="columns=0"):
        panels.draw(three(), columns=0)
