"""A race as one page of HTML that stands alone."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from fallline.figures.svg import escape
from fallline.report import race_figures
from fallline.report.facts import facts
from fallline.report.numbers import counted, number
from fallline.report.page import page, section
from fallline.report.race_figures import looks
from fallline.report.race_script import SCRIPT
from fallline.report.race_style import sheet
from fallline.report.race_view import Band, RaceView
from fallline.report.runs_table import runs_table
from fallline.report.standings import other_measures, published, standings


def race_page(view: RaceView) -> str:
    """Return the page: the verdict, the standings, the curves, every run, and how to repeat the race.

    It fetches nothing, is complete without its script, and is readable on a telephone, in light and in dark.
    """
    seen = looks(view)
    body = [
        f'<h1>{escape(view.title)}</h1><p class="muted">{escape(_size(view))}</p>',
        f'<p class="verdict{" good" if view.winner else ""}">{escape(view.verdict)}</p>',
        _notes(view),
        section(
            "Standings",
            _figure("standings", race_figures.standings_dots(view)) if view.held else "",
            standings(view, seen),
            _covers(view),
        )
        if view.rows
        else "",
        _curves(view),
        section("Learning rates", _figure("learning-rates", race_figures.sensitivity(view)))
        if _drawable(view.sensitivity)
        else "",
        _tuning(view),
        section("Other measures", _target(view), other_measures(view, seen), _profile(view)) if view.rows else "",
        section("Published numbers", published(view)) if view.published else "",
        section(_counted_runs(view).capitalize(), runs_table(view.runs)) if _runs(view) else "",
        section("Repeat", _repeat(view)),
        section("Versions and data", facts(view.provenance)) if view.provenance else "",
    ]
    return page(f"{view.title}: race", *body, sheet=sheet(len(view.rows)), script=SCRIPT)


def _size(view: RaceView) -> str:
    counts = [counted(len(view.rows), "method"), *([_counted_runs(view)] if _runs(view) else [])]
    return f"{' and '.join(counts)}, compared by {view.measure}: the {view.better} is best"


def _runs(view: RaceView) -> int:
    return max(map(len, view.runs.values()), default=0)


def _counted_runs(view: RaceView) -> str:
    return counted(_runs(view), "run")


def _notes(view: RaceView) -> str:
    return f'<ul class="notes">{"".join(f"<li>{escape(note)}</li>" for note in view.notes)}</ul>' if view.notes else ""


def _covers(view: RaceView) -> str:
    return f'<p class="muted covers">{escape(view.covers)}</p>' if view.covers else ""


def _drawable(curves: Mapping[str, Band]) -> bool:
    """Return whether a curve has a point to draw: words say more than an empty chart."""
    return any(np.isfinite(band.mean).any() for band in curves.values())


def _curves(view: RaceView) -> str:
    figures = [
        _figure(f"curves-by-{over}", race_figures.curves(view, over))
        for over, shown in (("samples", view.by_samples), ("seconds", view.by_seconds))
        if _drawable(shown)
    ]
    return section("Curves", *figures)


def _tuning(view: RaceView) -> str:
    words = "What a method reaches depends on how many learning rates are tried; one that is easy to tune falls early."
    if not view.tuning:
        return ""
    return section("Cost of tuning", f'<p class="muted">{words}</p>', _figure("tuning", race_figures.tuning(view)))


def _target(view: RaceView) -> str:
    if view.target is None:
        return ""
    return f'<p class="muted">The target is a {escape(view.measure)} of {number(view.target)}; times are medians.</p>'


def _profile(view: RaceView) -> str:
    return _figure("performance-profile", race_figures.profile(view)) if view.profile else ""


def _figure(name: str, svg: str) -> str:
    """Return a figure that the script can save under a name; it scrolls in a box of its own where it is too wide."""
    return f'<figure class="chart" data-name="{name}"><div class="wide" tabindex="0">{svg}</div></figure>'


def _repeat(view: RaceView) -> str:
    choices = f'<pre tabindex="0">{escape(view.spec)}</pre>'
    if view.command is None:
        return choices
    folded = f"<details><summary>every choice, as TOML</summary>{choices}</details>"
    return f'<pre tabindex="0">{escape(view.command)}</pre>{folded}'
