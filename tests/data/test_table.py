"""Tests of the table and of text columns."""

from __future__ import annotations

import numpy as np
import pytest

from fallline.core.errors import DataError, InvalidType
from fallline.data import Table, Text


def people() -> Table:
    columns = {
        "age": np.array([30.0, np.nan, 50.0]),
        "town": Text(np.array([1, -1, 0], np.int32), ("Bern", "Oslo")),
        "photo": np.arange(12).reshape(3, 2, 2),
    }
    return Table("people", columns, target="age")


def test_take_returns_the_rows_in_the_order_asked_for():
    taken = people().take([2, 0, 0])

    assert taken.rows == 3
    assert taken.columns["age"].tolist() == [50.0, 30.0, 30.0]
    assert taken.columns["town"].codes.tolist() == [0, 1, 1]
    assert taken.columns["photo"][:, 0, 0].tolist() == [8, 0, 0]
    assert taken.target == "age"


def test_a_part_of_a_table_no_longer_claims_to_be_its_source():
    table = Table("t", {"a": np.arange(3)}, source="t.csv", test=Table("t", {"a": np.arange(2)}))

    assert table.take([0]).source is None
    assert table.take([0]).test is None


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"a": np.arange(3), "b": np.arange(3), "c": np.arange(4)}, "'a' has 3, 'c' has 4"),
        ({}, "no columns"),
        ({"a": np.empty(0)}, "no rows"),
        ({"": np.arange(3)}, "named by text that is not empty"),
        ({3: np.arange(3)}, "found 3"),
        ({"a": np.arange(3) * 1j}, "complex128"),
        ({"a": np.array([{}, {}])}, "object"),
        ({"a": np.ones(())}, r"shape \(\)"),
        ({"a": np.ones((3, 0))}, r"shape \(3, 0\)"),
    ],
)
def test_columns_that_cannot_be_used_are_refused(columns, said):
    with pytest.raises(DataError, match=said):
        Table("t", columns)


def test_a_column_that_is_no_array_is_refused():
    with pytest.raises(InvalidType, match="'a' is a NumPy array or Text, not list"):
        Table("t", {"a": [1, 2]})


def test_an_unknown_target_names_the_nearest_column():
    with pytest.raises(DataError, match=r"no column 'prise' to predict. Did you mean 'price'"):
        Table("t", {"price": np.arange(3), "area": np.arange(3)}, target="prise")


def test_the_test_part_needs_the_same_columns():
    with pytest.raises(DataError, match="the test part has the columns b; the training part has a"):
        Table("t", {"a": np.arange(3)}, test=Table("t", {"b": np.arange(3)}))


def test_equal_tables_have_equal_fingerprints_and_every_change_shows():
    base = people()
    assert people().fingerprint() == base.fingerprint()
    assert len(base.fingerprint()) == 64

    columns = dict(base.columns)
    changes = [
        columns | {"age": np.array([30.0, np.nan, 51.0])},
        columns | {"age": np.array([30.0, np.nan, 50.0], np.float32)},
        columns | {"photo": np.arange(12).reshape(3, 4)},
        columns | {"town": Text(np.array([1, -1, 1], np.int32), ("Bern", "Oslo"))},
        columns | {"town": Text(np.array([1, -1, 0], np.int32), ("Bern", "Rome"))},
        {"ages" if name == "age" else name: column for name, column in columns.items()},
    ]
    prints = {Table("people", changed).fingerprint() for changed in changes}
    assert len(prints) == len(changes)
    assert base.fingerprint() not in prints


def test_the_fingerprint_covers_the_test_part():
    column = {"a": np.arange(4)}
    whole = Table("t", column)
    parts = Table("t", {"a": np.arange(2)}, test=Table("t", {"a": np.arange(2, 4)}))

    assert Table("t", column, test=Table("t", {"a": np.arange(1)})).fingerprint() != whole.fingerprint()
    assert parts.fingerprint() != whole.fingerprint()


def test_the_fingerprint_does_not_depend_on_the_layout_in_memory():
    matrix = np.arange(12.0).reshape(3, 4)

    assert Table("t", {"a": np.asfortranarray(matrix)}).fingerprint() == Table("t", {"a": matrix}).fingerprint()


def test_dates_have_a_fingerprint():
    days = np.array(["2024-01-01", "NaT"], "datetime64[D]")

    assert Table("t", {"a": days}).fingerprint() != Table("t", {"a": days[::-1]}).fingerprint()


@pytest.mark.parametrize(
    ("codes", "levels", "said"),
    [
        (np.array([0, 2], np.int32), ("a", "b"), "from -1 to 1 for 2 levels"),
        (np.array([-2], np.int32), ("a",), "from -1"),
        (np.array([0], np.int32), ("a", "a"), "given twice"),
    ],
)
def test_text_checks_its_codes(codes, levels, said):
    with pytest.raises(DataError, match=said):
        Text(codes, levels)


def test_text_codes_are_int32():
    with pytest.raises(InvalidType, match=r"int32 array, not .* int64"):
        Text(np.array([0]), ("a",))


def test_a_table_shows_what_it_holds_and_not_its_numbers():
    assert repr(people()) == "Table('people', 3 rows, columns=['age', 'town', 'photo'], target='age')"
