from __future__ import annotations

import numpy as np

from fallline.figures.graph import graph


def test_the_curve_and_the_points_on_it(drawing):
    x = np.linspace(-2, 2, 41)
    picture = drawing(graph(x, x**2, {"Adam": [[-1.5, 2.25], [1.0, 1.0], [9.0, 81.0]]}, [(0.0, 0.0)], [(1.0, 1.0)]))
    labels = [w for w in picture.words if w.anchor == "end" and "ink" in w.role]
    up = np.polyfit([w.y - 4 for w in labels], [float(w.text) for w in labels], 1)
    (curve,) = picture.lines("stroke-muted")
    np.testing.assert_allclose(np.polyval(up, curve[:, 1]), x**2, atol=0.02)
    dots = [c for g in picture.all("g", "fill-vermilion") for c in g]
    np.testing.assert_allclose([np.polyval(up, float(c.get("cy"))) for c in dots[-2:]], [2.25, 1.0], atol=0.02)
    assert {"minimum", "local minimum", "start", "Adam"} <= {w.text for w in picture.words}


def test_values_that_are_not_finite_leave_gaps(drawing):
    y = np.array([1.0, 2.0, np.nan, 2.0, 3.0])
    assert len(drawing(graph(np.arange(5), y)).lines("stroke-muted")) == 2


def test_a_constant_is_a_level_line(drawing):
    (line,) = drawing(graph(np.arange(5), np.ones(5))).lines("stroke-muted")
    assert np.ptp(line[:, 1]) == 0
