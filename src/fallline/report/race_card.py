"""A race at a glance, for notebooks."""

from __future__ import annotations

from fallline.figures.svg import escape
from fallline.report.race_figures import standings_dots
from fallline.report.race_view import RaceView


def race_card(view: RaceView) -> str:
    """Return the verdict, the warnings and the standings, as HTML that borrows the page's own style."""
    notes = "".join(f"<li>{escape(note)}</li>" for note in view.notes)
    listed = f"<ul>{notes}</ul>" if notes else ""
    return f"<div><strong>{escape(view.verdict)}</strong>{listed}{standings_dots(view) if view.held else ''}</div>"
