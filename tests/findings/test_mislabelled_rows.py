"""Labels that are wrong at random, and classes that are merely alike."""

from __future__ import annotations

import numpy as np
import pytest
from tests.findings.affine import affine, numbers, untrained

import fallline as fl
from fallline.core.errors import CannotTell
from fallline.findings.case import Case
from fallline.findings.causes.mislabelled_rows import MislabelledRows


def digits(wrong: float, alike: bool = False) -> tuple[Case, np.ndarray]:
    """Return digits of which a share of the labels is another, at random or that of the next digit, and which rows."""
    table = fl.data.load("digits")
    images = np.asarray(next(column for name, column in table.columns.items() if name != table.target), np.float32)
    y, draw = np.asarray(table.columns[table.target], np.int32), np.random.default_rng(1)
    changed = draw.uniform(size=len(y)) < wrong
    other = y ^ 1 if alike else (y + draw.integers(1, 10, len(y), np.int32)) % 10
    y = np.where(changed, other, y)
    return untrained(affine(images, y, (images[:9], y[:9]))), changed


@pytest.mark.parametrize("wrong", [0.1, 0.2])
def test_wrong_labels_are_counted_and_most_rows_named_are_wrong(wrong):
    run, changed = digits(wrong)
    found = MislabelledRows().judge(run)
    assert found.evidence["share"] == pytest.approx(wrong, rel=0.4)
    assert changed[found.evidence["rows"]].mean() > 0.7
    assert found.remedy.keep == "best"


def test_right_labels_are_healthy_and_so_are_classes_that_are_alike():
    assert MislabelledRows().judge(digits(0.0)[0]) is None
    assert MislabelledRows().judge(digits(0.3, alike=True)[0]) is None


def test_rows_without_any_likeness_are_healthy():
    y = (np.arange(1000) % 10).astype(np.int32)
    assert MislabelledRows().judge(untrained(affine(numbers(1000, 8), y))) is None


def test_few_classes_or_few_rows_of_each_cannot_be_judged():
    y = (np.arange(200) % 3).astype(np.int32)
    with pytest.raises(CannotTell, match="5 classes or more"):
        MislabelledRows().judge(untrained(affine(numbers(200, 3), y)))
    assert MislabelledRows().judge(untrained(affine(numbers(200, 3), numbers(200, 1)[:, 0]))) is None
