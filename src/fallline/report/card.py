"""One run at a glance, for notebooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fallline.figures.curves import loss_curves
from fallline.figures.svg import escape
from fallline.record.names import data_name
from fallline.report.numbers import number

if TYPE_CHECKING:
    from fallline.record.record import Record


def card(record: Record) -> str:
    """Return the outcome, the test metrics and the curves, as HTML that borrows the page's own style."""
    data = data_name(record.spec, record.provenance)
    heading = f"{data}: {record.spec.method}" if data else record.spec.method
    words = f"{record.outcome.value.replace('_', ' ')}: {record.why}"
    test = ", ".join(f"{name} {number(value)}" for name, value in record.test.items())
    lines = [f"<strong>{escape(heading)}</strong>", escape(words), escape(f"test {test}") if test else ""]
    return f"<div>{'<br>'.join(line for line in lines if line)}{loss_curves(record.history, record.epochs)}</div>"
