"""Findings as lines of a terminal."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from fallline.report.command import command
from fallline.report.finding_words import effect_words, remedied, standing
from fallline.report.numbers import counted

if TYPE_CHECKING:
    from fallline.core.spec import Spec
    from fallline.record.diagnosis import Diagnosis
    from fallline.record.finding import Finding


MOST = 3
"""Findings that are told unasked; there is a command for the rest."""


def finding_lines(diagnosis: Diagnosis, spec: Spec, words: Callable[[str], str]) -> list[str]:
    """Return every finding with its remedy, then what was ruled out and what could not be judged.

    Args:
        diagnosis: what was found.
        spec: the run as it was, against which remedies are shown.
        words: puts advice into the command line's words.
    """
    said = [line for finding in diagnosis for line in _finding(finding, spec, words)]
    if not said:
        said.append("nothing was found wrong")
    if diagnosis.checked:
        said.append(f"looked for and not found: {', '.join(diagnosis.checked)}")
    said += [f"could not be judged: {cause}: {words(why)}" for cause, why in diagnosis.open.items()]
    return [*said, *map(words, diagnosis.notes)]


def verdict_lines(diagnosis: Diagnosis) -> list[str]:
    """Return the surest findings, a line each, for those who have not asked for a diagnosis."""
    if not diagnosis:
        return [f"no reason found: {counted(len(diagnosis.checked), 'cause')} ruled out, {len(diagnosis.open)} open"]
    more = [f"and {len(diagnosis) - MOST} more"] if len(diagnosis) > MOST else []
    return [*map(_verdict, diagnosis[:MOST]), *more]


def _finding(finding: Finding, spec: Spec, words: Callable[[str], str]) -> list[str]:
    said = [_verdict(finding)]
    if finding.advice:
        said.append(f"  advice: {words(finding.advice)}")
    if finding.remedy is not None:
        said.append(f"  remedy: {remedied(spec, finding.remedy)}")
        line = command(finding.remedy)
        said += [] if line is None else [f"  run it: {' '.join(line.replace(chr(92), ' ').split())}"]
    if finding.effect is not None:
        said.append(f"  effect: {effect_words(finding.effect)}")
    return said


def _verdict(finding: Finding) -> str:
    return f"{finding.cause} ({standing(finding)}): {finding.message}"
