"""Descents to look at: 1,000 steps of eight methods with all that can be shown of them, and the pages they make."""

from __future__ import annotations

import time

import numpy as np

import fallline as fl
from benchmarks.measure import Row
from fallline.engine.trajectory import trajectory
from fallline.report.view_page import view_page

METHODS = (fl.SGD, fl.Momentum, fl.Nesterov, fl.AdaGrad, fl.RMSProp, fl.AdaDelta, fl.Adam, fl.NAdam)
STEPS, REPEATS = 1000, 30


def rows() -> list[Row]:
    """Measure."""
    surface = fl.surfaces.Rosenbrock()
    methods = [method(lr=1e-4) for method in METHODS]
    seconds = []
    for k in range(REPEATS):
        began = time.perf_counter()
        for method in methods:
            trajectory(surface, (-1.2, 1.0), method.with_lr(1e-4 * (1 + k / REPEATS)), STEPS)
        seconds.append(1000 * (time.perf_counter() - began))
    cold, warm = seconds[0], seconds[1:]
    began = time.perf_counter()
    tuned = fl.view(fl.surfaces.Himmelblau(), list(METHODS), steps=STEPS)
    first = time.perf_counter() - began
    view = fl.view(surface, methods, steps=STEPS)
    size, raised = (len(view_page(view.scene, kind).encode()) / 1e6 for kind in ("map", "surface"))
    return [
        Row(
            f"{len(METHODS)} methods, {STEPS:,} steps each, another rate each time",
            f"{np.median(warm):.1f} ms ({min(warm):.1f}–{max(warm):.1f})",
            "< 50 ms",
            float(np.median(warm)) < 50,
            f"the first time, compiled: {cold / 1000:.1f} s",
        ),
        Row(
            "the same on a new surface, compiled, rates tuned",
            f"{first:.1f} s",
            "",
            None,
            f"{len(tuned.scene.ways)} ways",
        ),
        Row("the page that plays them: a map", f"{size:.2f} MB", "< 2 MB", size < 2),
        Row("a surface first", f"{raised:.2f} MB", "< 5 MB", raised < 5),
    ]
