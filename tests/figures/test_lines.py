from __future__ import annotations

import numpy as np

from fallline.figures.lines import lines


def test_points_stand_at_their_values(drawing, read_label):
    x = np.array([1.0, 10.0, 1000.0])
    picture = drawing(lines({"one": np.stack([x, 5 / x], axis=1)}, ("samples", "gap")))
    labels = [w for w in picture.words if w.anchor == "end" and "ink" in w.role and w.text]
    up = np.polyfit([w.y - 4 for w in labels], np.log10([read_label(w.text) for w in labels]), 1)
    ((line,),) = [picture.lines("stroke-blue")]
    np.testing.assert_allclose(10 ** np.polyval(up, line[:, 1]), 5 / x, rtol=0.02)
    across = np.diff(line[:, 0])
    np.testing.assert_allclose(across[1] / across[0], 2, rtol=0.01)  # two decades against one
    assert {"one", "samples", "gap"} <= {w.text for w in picture.words}


def test_each_line_has_a_colour_of_its_own_and_gaps_stay_open(drawing):
    y = np.array([1.0, 2.0, np.nan, 2.0, 3.0])
    picture = drawing(lines({name: np.stack([np.arange(5), y + i], axis=1) for i, name in enumerate("abc")}))
    assert [len(picture.lines(f"stroke-{role}")) for role in ("blue", "vermilion", "green")] == [2, 2, 2]


def test_nothing_to_draw_is_an_empty_picture(drawing):
    assert drawing(lines({})).lines("stroke-blue") == []
    assert "a: nothing to show." in lines({"a": np.zeros((0, 2))})
    assert "<circle" in lines({"a": [[1.0, 2.0]]})
