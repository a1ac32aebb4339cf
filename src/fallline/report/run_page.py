"""One run as one page of HTML that stands alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from fallline.core.outcome import Outcome
from fallline.figures.curves import loss_curves
from fallline.figures.svg import escape
from fallline.record.names import data_name
from fallline.report.command import command
from fallline.report.confusion import labels
from fallline.report.epoch_table import epoch_table
from fallline.report.facts import facts
from fallline.report.findings import findings
from fallline.report.metric_table import metric_table
from fallline.report.numbers import counted, duration, number
from fallline.report.page import page, section

if TYPE_CHECKING:
    from fallline.record.record import Record


def run_page(record: Record) -> str:
    """Return the page: what was run, how it ended, the curves, the epochs, and how to repeat it.

    It fetches nothing, holds no script, and is readable on a telephone, in light and in dark.
    """
    data = data_name(record.spec, record.provenance) or "problem"
    model = record.spec.problem.get("model")
    subtitle = f"{model}, trained with {record.spec.method}" if model else f"trained with {record.spec.method}"
    body = [
        f'<h1>{escape(data)}</h1><p class="muted">{escape(subtitle)}</p>',
        outcome(record),
        "" if record.diagnosis is None else section("Findings", findings(record.diagnosis, record.spec)),
        section("Test", metrics(record.test)) if record.test else "",
        *(section(_title(name), metric_table(table, labels(record))) for name, table in record.tables.items()),
        section("Loss", f"<figure>{loss_curves(record.history, record.epochs)}</figure>"),
        section("Epochs", epoch_table(record.epochs)) if record.epochs else "",
        section("Repeat", _repeat(record)),
        section("Provenance", facts(record.provenance)),
    ]
    return page(f"{data}, {record.spec.method}", *body)


def outcome(record: Record) -> str:
    """Return how the run ended, in words, with its size and time."""
    tone = "bad" if record.outcome.failed else "" if record.outcome == Outcome.INTERRUPTED else "good"
    steps, epochs = len(record.history.get("step", ())), len(record.epochs.get("epoch", ()))
    counts = ((epochs, "epoch"), (steps, "step"))
    size = [counted(count, word) for count, word in counts if count]
    seconds = record.provenance.get("seconds")
    if isinstance(seconds, int | float):
        size.append(duration(seconds))
    words, meaning = record.outcome.value.replace("_", " "), "" if tone == "good" else f"{record.outcome.message}; "
    return (
        f'<div class="outcome {tone}"><p><strong>{escape(words)}</strong>: {escape(record.why)}</p>'
        f'<p class="muted">{escape(meaning + ", ".join(size))}</p></div>'
    )


def metrics(values: Mapping[str, float]) -> str:
    """Return named numbers as a list of definitions."""
    pairs = (f"<div><dt>{escape(name)}</dt><dd>{escape(number(value))}</dd></div>" for name, value in values.items())
    return f'<dl class="metrics">{"".join(pairs)}</dl>'


def _title(name: str) -> str:
    return escape(name.replace("_", " ").capitalize())


def _repeat(record: Record) -> str:
    line = command(record.spec)
    choices = f"<pre>{escape(record.spec.to_toml())}</pre>"
    if line is None:
        return choices
    return f"<pre>{escape(line)}</pre><details><summary>every choice, as TOML</summary>{choices}</details>"
