"""Tables of metrics in reports."""

import html
import re

import numpy as np
import pytest

from fallline.report.confusion import most_confused
from fallline.report.metric_table import metric_table
from fallline.report.run_page import run_page

COUNTS = np.array([[857, 0, 143], [2, 998, 0], [141, 3, 856]])
TARGET = {"target": {"kind": "labels", "labels": ["T-shirt", "</td>", "shirt"]}}


def cells(page):
    return [html.unescape(text) for text in re.findall(r"<td[^>]*>([^<]*)</td>", page)]


def test_a_confusion_matrix_is_headed_by_the_classes(make_record):
    page = run_page(make_record(tables={"confusion_matrix": COUNTS}, preparation=TARGET))
    assert "<h2>Confusion matrix</h2>" in page
    for scope in ("row", "col"):
        assert [html.unescape(t) for t in re.findall(rf'<th scope="{scope}">([^<]*)</th>', page)][:3] == [
            "T-shirt",
            "</td>",
            "shirt",
        ]
    assert cells(metric_table(COUNTS, ("a", "b", "c"))) == ["", "857", "", "143", "2", "998", "", "141", "3", "856"]


def test_errors_and_right_answers_have_their_own_colours():
    shades = re.findall(r"var\(--(\w+)\) (\d+)%", metric_table(COUNTS, ("a", "b", "c")))
    good, bad = (("good", "34"), ("good", "40"), ("good", "34")), (("bad", "6"), ("bad", "0"))
    assert shades == [good[0], *bad, good[1], *bad, good[2]]


@pytest.mark.parametrize(
    ("table", "labels", "expected"),
    [
        (np.array([0.5, 0.25]), (), ["0.5", "0.25"]),
        (np.array([[1.0, np.nan]]), ("a", "b"), ["1", "nan"]),
        (np.zeros((2, 3, 4)), (), []),
        (np.zeros((101, 101)), (), []),
    ],
)
def test_tables_of_other_shapes_are_shown_or_described(table, labels, expected):
    page = metric_table(table, labels)
    assert cells(page) == expected
    if not expected:
        assert " × ".join(map(str, table.shape)) in page


def test_the_most_confused_pair_is_the_commonest_error(make_record):
    record = make_record(tables={"confusion_matrix": COUNTS}, preparation=TARGET)
    assert most_confused(record) == "'T-shirt' taken for 'shirt', 143 of 1,000"
    assert most_confused(make_record(tables={"confusion_matrix": COUNTS})) == "0 taken for 2, 143 of 1,000"
    assert most_confused(make_record(tables={"confusion_matrix": np.diag([3, 4])})) is None
    assert most_confused(make_record()) is None


@pytest.mark.parametrize("table", [COUNTS / 1000, COUNTS[:2], COUNTS[0]])
def test_a_table_of_another_kind_under_the_same_name_is_no_confusion(make_record, table):
    record = make_record(tables={"confusion_matrix": table}, preparation={"target": "mine"})
    assert most_confused(record) is None
    assert "<h2>Confusion matrix</h2>" in run_page(record)
