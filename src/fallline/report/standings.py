"""The standings of a race as tables of HTML."""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence

from fallline.figures.emblems import Emblem, sample
from fallline.figures.style import CLASS
from fallline.figures.svg import element, escape
from fallline.report.measured import measured
from fallline.report.numbers import number
from fallline.report.race_view import RaceView, Row

_NOTHING = '<span class="muted">–</span>'
_FAILED = "<i>failed</i>"


def standings(view: RaceView, seen: Mapping[str, Emblem]) -> str:
    """Return the table of the final runs, best first, in its groups.

    Args:
        view: the race.
        seen: how each label is drawn.
    """
    tests = list(dict.fromkeys(name for row in view.rows for name in row.test))
    compared = any(row.difference for row in view.rows)
    heads = ["method", view.measure, *["difference to the leader"] * compared, "learning rate"]
    heads += [axis.replace("_", " ") for axis in view.axes]
    heads += [f"test {name}" for name in tests]
    bodies = []
    for group, members in itertools.groupby(enumerate(view.rows), key=lambda pair: pair[1].group):
        rows = list(members)
        tied = group > 0 and len(rows) > 1 and math.isfinite(rows[0][1].mean)
        body = [_tie(group, len(heads))] if tied else []
        for i, row in rows:
            cells = [_mean(row), *[_difference(row)] * compared, _rate(row.lr)]
            cells += [escape(row.choice(axis)) or _NOTHING for axis in view.axes]
            cells += [_known(row.test.get(name)) for name in tests]
            body.append(_line(_full_name(row, seen[row.label], row is view.winner), i, row, cells))
        bodies.append(f"<tbody{' class=tied' if tied else ''}>{''.join(body)}</tbody>")
    return _table("standings", "Standings", heads, "".join(bodies))


def other_measures(view: RaceView, seen: Mapping[str, Emblem]) -> str:
    """Return what else can be asked of the same runs: the best epoch, the whole curve, time to target, the rate."""
    targets = any(row.to_target for row in view.rows)
    defaults, good = any(row.default is not None for row in view.rows), any(row.good for row in view.rows)
    heads = ["method", "best epoch", "mean over samples"]
    heads += ["samples to target", "seconds to target"] * targets
    heads += ["at the default rate"] * defaults + ["good rates from", "to"] * good
    lines = []
    for i, row in enumerate(view.rows):
        cells = [_known(row.best), _known(row.auc)]
        cells += [_missed(value) for value in row.to_target or (math.nan, math.nan)] * targets
        cells += [_known(row.default)] * defaults
        cells += [_rate(value) for value in row.good or (None, None)] * good
        lines.append(_line(_name(row, seen[row.label]), i, row, cells))
    return _table("sortable", "Other measures", heads, f"<tbody>{''.join(lines)}</tbody>")


def published(view: RaceView) -> str:
    """Return published numbers beside ours."""
    rows = {row.label: row for row in view.rows}
    lines = []
    for item in view.published:
        row = rows.get(item.label)
        same = item.what == view.measure
        ours = (
            _NOTHING if row is None else _mean(row) if same else _known(row.test.get(item.what.removeprefix("test ")))
        )
        texts = [f'<th scope="row">{escape(item.label)}</th>', f'<td class="words">{escape(item.what)}</td>']
        numbers = [f"<td>{number(item.value)}</td>", f"<td>{ours}</td>"]
        lines.append(f'<tr>{"".join([*texts, *numbers])}<td class="words">{escape(item.source)}</td></tr>')
    heads = ["method", "measure", "published", "ours", "source"]
    return _table("", "Published numbers", heads, f"<tbody>{''.join(lines)}</tbody>", words=(1, 4))


def _table(kind: str, name: str, heads: Sequence[str], body: str, words: Sequence[int] = ()) -> str:
    cells = "".join(
        f'<th scope="col"{" class=words" if i == 0 or i in words else ""}>{escape(head)}</th>'
        for i, head in enumerate(heads)
    )
    return (
        f'<div class="wide" role="region" aria-label="{name}" tabindex="0"><table class="{kind}">'
        f"<thead><tr>{cells}</tr></thead>{body}</table></div>"
    )


def _tie(group: int, width: int) -> str:
    words = "not distinguishable from the leader" if group == 1 else "not distinguishable from each other"
    return f'<tr><th class="tie" scope="rowgroup" colspan="{width}">{words}</th></tr>'


def _line(head: str, i: int, row: Row, cells: Sequence[str]) -> str:
    kind = f"entrant-{i}{' leader' if i == 0 and math.isfinite(row.mean) else ''}"
    return f'<tr class="{kind}"><th scope="row">{head}</th>{"".join(f"<td>{cell}</td>" for cell in cells)}</tr>'


def _name(row: Row, emblem: Emblem) -> str:
    swatch = element("svg", sample(emblem), class_=f"swatch {CLASS}", viewBox="0 -5 20 10", aria_hidden="true")
    return f"{swatch}<b>{escape(row.label)}</b>"


def _full_name(row: Row, emblem: Emblem, winner: bool) -> str:
    badge = '<span class="badge">winner</span>' if winner else ""
    method = f"<code>{escape(row.method)}</code>" if row.method != row.label else ""
    return _name(row, emblem) + badge + method + (f"<i>{escape(row.note)}</i>" if row.note else "")


def _mean(row: Row) -> str:
    if not math.isfinite(row.mean):
        return _FAILED
    if math.isnan(row.low) or math.isnan(row.high):
        return f"<b>{number(row.mean)}</b>"
    mean, low, high = measured(row.mean, row.low, row.high)
    return f"<b>{mean}</b><small>{low} to {high}</small>"


def _known(value: float | None) -> str:
    if value is None or math.isnan(value):
        return _NOTHING
    return number(value) if math.isfinite(value) else _FAILED


def _rate(value: float | None) -> str:
    return _NOTHING if value is None else f"{value:.3g}"


def _missed(value: float) -> str:
    return '<span class="muted">missed</span>' if math.isinf(value) else _known(value)


def _difference(row: Row) -> str:
    if row.difference is None or math.isnan(row.difference[0]):
        return _NOTHING
    mean, low, high = measured(*row.difference, sign="+")
    return f"{mean}<small>{low} to {high}</small>"
