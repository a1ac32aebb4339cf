"""Where a result comes from, as a table of HTML: versions, machine, data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from fallline.figures.svg import escape
from fallline.record import strict_json
from fallline.report.numbers import number

LONGEST = 400
"""Characters of one fact; the whole of it is in run.json."""


def facts(provenance: Mapping[str, Any]) -> str:
    """Return a row a fact; those that are `None` are left out."""
    rows = (
        f'<tr><th scope="row">{escape(name.replace("_", " "))}</th><td>{escape(_shown(value))}</td></tr>'
        for name, value in provenance.items()
        if value is not None
    )
    return f'<table class="facts">{"".join(rows)}</table>'


def _shown(value: Any) -> str:
    text = value if isinstance(value, str) else number(value) if isinstance(value, float) else strict_json.dumps(value)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"
