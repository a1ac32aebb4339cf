"""What is wrong with a run, as HTML: evidence, remedy, effect, and what was ruled out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fallline.figures.exhibit import exhibit
from fallline.figures.svg import escape
from fallline.record.diagnosis import Diagnosis
from fallline.record.finding import Finding
from fallline.report.command import command
from fallline.report.finding_words import changes, effect_words, standing

if TYPE_CHECKING:
    from fallline.core.spec import Spec


def findings(diagnosis: Diagnosis, spec: Spec) -> str:
    """Return every finding, the surest first, then what was ruled out and what could not be judged.

    Args:
        diagnosis: what was found.
        spec: the run as it was, against which remedies are shown.
    """
    found = [_finding(finding, spec) for finding in diagnosis] or ["<p>Nothing was found wrong.</p>"]
    return "".join([*found, _checked(diagnosis), _open(diagnosis), *map(_note, diagnosis.notes)])


def _finding(finding: Finding, spec: Spec) -> str:
    parts = [
        f"<h3>{escape(finding.cause)}</h3>",
        f'<p class="muted">{escape(standing(finding))}</p>',
        f"<p>{escape(finding.message)}</p>",
        "" if finding.exhibit is None else f"<figure>{exhibit(finding.exhibit).svg}</figure>",
        f"<p>{escape(finding.advice)}</p>" if finding.advice else "",
        "" if finding.remedy is None else _remedy(spec, finding.remedy),
        "" if finding.effect is None else f"<p><strong>Tried:</strong> {escape(effect_words(finding.effect))}.</p>",
    ]
    return f'<article class="finding" id="{escape(finding.cause)}">{"".join(parts)}</article>'


def _remedy(before: Spec, after: Spec) -> str:
    """Return the choices to change, and, folded away, the command that makes the run with them."""
    lines = [
        f'<span class="{kind}">{sign} {escape(name)} = {escape(value)}</span>'
        for name, values in changes(before, after).items()
        for kind, sign, value in zip(("old", "new"), "−+", values, strict=True)
        if value is not None
    ]
    line = command(after)
    shown = f"<pre>{escape(line)}</pre>" if line else f"<pre>{escape(after.to_toml())}</pre>"
    how = "the command with it" if line else "every choice with it, as TOML"
    changed = "\n".join(lines)
    return f'<pre class="diff">{changed}</pre><details><summary>{how}</summary>{shown}</details>'


def _checked(diagnosis: Diagnosis) -> str:
    if not diagnosis.checked:
        return ""
    names = escape(", ".join(diagnosis.checked))
    return f'<p class="muted">Looked for and not found: {names}.</p>'


def _open(diagnosis: Diagnosis) -> str:
    if not diagnosis.open:
        return ""
    rows = "".join(f"<dt>{escape(cause)}</dt><dd>{escape(why)}</dd>" for cause, why in diagnosis.open.items())
    summary = f"<summary>{len(diagnosis.open)} could not be judged</summary>"
    return f'<details>{summary}<dl class="judged">{rows}</dl></details>'


def _note(note: str) -> str:
    return f'<p class="muted">{escape(note)}</p>'
