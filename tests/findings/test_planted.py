"""A part of `benchmarks/findings`: faults of each kind are named, and sound trainings are left alone."""

from __future__ import annotations

import pytest
from benchmarks.findings.fault import Fault, final_loss
from benchmarks.findings.healthy import HEALTHY, Healthy
from benchmarks.findings.planted import FAULTS

import fallline as fl
from fallline.findings import CAUSES

QUICK = (
    "least squares blow up",
    "begun at a saddle",
    "weights all alike",
    "a layer jumped over",
    "sorted by rent",
    "nearly the answer",
    "one rent",
)
SOUND = ("wine, adam(lr=0.01), batch_size=32, epochs=20", "flats, momentum(lr=0.01), batch_size=32, epochs=20")


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.name in QUICK], ids=lambda fault: fault.name)
def test_the_cause_that_was_planted_comes_first(fault: Fault) -> None:
    diagnosis = fl.diagnose(fault.make(0))
    assert diagnosis[0].cause in fault.causes
    assert diagnosis[0].message


@pytest.mark.parametrize("run", [run for run in HEALTHY if run.name in SOUND], ids=lambda run: run.name)
def test_nothing_is_found_where_nothing_is_wrong(run: Healthy) -> None:
    record = run.make(0)
    assert run.good(record)
    assert list(fl.diagnose(record)) == []


def test_without_its_fault_a_training_ends_lower() -> None:
    fault = next(fault for fault in FAULTS if fault.name == "sorted by rent")
    assert fault.right is not None
    assert final_loss(fault.right(0)) < 0.7 * final_loss(fault.make(0))


def test_every_documented_cause_is_planted() -> None:
    planted = set().union(*(fault.causes for fault in FAULTS))
    assert planted >= {cause.name() for cause in CAUSES.values()}
    assert len({fault.name for fault in FAULTS}) == len(FAULTS)
    assert len({run.name for run in HEALTHY}) == len(HEALTHY) >= 100
