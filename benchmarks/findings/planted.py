"""All the faults, by where they lie."""

from __future__ import annotations

from benchmarks.findings.fault import Fault
from benchmarks.findings.in_models import MODELS
from benchmarks.findings.in_rates import RATES
from benchmarks.findings.in_rows import ROWS

FAULTS: tuple[Fault, ...] = RATES + MODELS + ROWS
