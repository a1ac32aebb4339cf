"""Arrays, mappings and data frames as tables."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from fallline.core.errors import DataError, InvalidType
from fallline.data import Text, load


def texts(column: Text) -> list[str | None]:
    """Decode by hand."""
    return [column.levels[code] if code >= 0 else None for code in column.codes]


def test_a_pair_is_x_and_y_with_y_as_the_target():
    x, y = np.ones((4, 3)), np.arange(4)
    table = load((x, y))

    assert list(table.columns) == ["x", "y"]
    assert table.target == "y"
    assert table.source is None
    assert table.columns["x"] is x


def test_a_column_vector_of_targets_is_squeezed_and_several_targets_are_not():
    assert load((np.ones((4, 3)), np.ones((4, 1)))).columns["y"].shape == (4,)
    assert load((np.ones((4, 3)), np.ones((4, 2)))).columns["y"].shape == (4, 2)


def test_a_named_tuple_is_a_pair_too():
    class Rows(NamedTuple):
        x: np.ndarray
        y: np.ndarray

    assert load(Rows(np.ones((4, 3)), np.ones(4))).target == "y"


def test_one_array_has_no_target():
    table = load(np.ones((4, 3)))

    assert list(table.columns) == ["x"]
    assert table.target is None


def test_nested_lists_are_arrays():
    assert load([[1, 2], [3, 4], [5, 6]]).columns["x"].shape == (3, 2)


def test_a_mapping_gives_the_names_of_the_columns():
    table = load({"cost": [1.5, 2.5], "town": ["Bern", "Oslo"], "open": [True, False]})

    assert table.columns["cost"].dtype == np.float64
    assert table.columns["open"].dtype == np.bool_
    assert texts(table.columns["town"]) == ["Bern", "Oslo"]


def test_text_is_encoded_with_sorted_levels_and_missing_ones_marked():
    values = np.array(["pear", None, "apple", float("nan"), "pear"], dtype=object)
    column = load({"fruit": values}).columns["fruit"]

    assert column.levels == ("apple", "pear")
    assert column.codes.dtype == np.int32
    assert texts(column) == ["pear", None, "apple", None, "pear"]


def test_fixed_width_text_is_encoded():
    assert load({"a": np.array(["x", "y", "x"])}).columns["a"].codes.tolist() == [0, 1, 0]


def test_nan_and_large_numbers_are_kept_as_they_are():
    table = load({"a": np.array([np.nan, 1e300]), "b": np.array([2**60 + 1, 0])})

    assert np.isnan(table.columns["a"][0])
    assert table.columns["a"][1] == 1e300
    assert table.columns["b"].tolist() == [2**60 + 1, 0]


def test_foreign_byte_order_becomes_native():
    column = load(np.array([[1.5], [2.5]], dtype=">f8")).columns["x"]

    assert column.dtype == np.float64
    assert column.dtype.isnative
    assert column.tolist() == [[1.5], [2.5]]


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ((np.ones((4, 3)), np.ones(5)), "'x' has 4, 'y' has 5"),
        ((np.ones((0, 3)), np.ones(0)), "no rows"),
        ((np.ones(3), np.ones(3), np.ones(3)), "tuple of 3 was given"),
        (np.ones(3) * 1j, "complex"),
        ({"a": np.array([1.0, np.inf, -np.inf])}, "column 'a' has 2 infinite values in 3"),
        (np.array([[1.0, np.inf]]), "column 'x' has 1 infinite value in 2"),
        ({"a": np.array(["x", 3], dtype=object)}, "'a' holds Python objects .* 3 is of type int"),
        ({"a": np.array(["x", [3]], dtype=object)}, r"\[3\] is of type list"),
        ({"a": [1, None]}, "1 is of type int"),
        ({"a": ["x", 2.5]}, "2.5 is of type float"),
        (np.array([["a", "b"]]), "2-dimensional array of"),
        ([[1, 2], [3]], "cannot be made one array"),
        (np.zeros(3, dtype=[("a", "f8")]), "'x' has the type"),
        ({"a": np.array([b"x"])}, "'a' has the type"),
        ({"a": np.array([1], "timedelta64[s]")}, "'a' has the type timedelta64"),
        ({"a": np.ma.masked_array([1.0, 2.0], [True, False])}, "masked cells"),
        (({"y": [1, 2]}, [3, 4]), "a column 'y' of its own"),
    ],
)
def test_what_cannot_be_trained_on_is_refused(source, said):
    with pytest.raises(DataError, match=said):
        load(source)


@pytest.mark.parametrize("source", [None, 3, 2.5, {1, 2}, object(), load, b"digits"])
def test_what_is_no_data_is_refused_with_what_is(source):
    with pytest.raises(InvalidType, match=r"cannot read data from .*CSV \(.csv, .tsv\)"):
        load(source)


def test_a_single_number_is_not_a_column():
    with pytest.raises(InvalidType, match="'a': int is not an array"):
        load({"a": 3})


def test_a_polars_frame_keeps_its_columns():
    frame = pl.DataFrame(
        {"n": [1, None, 3], "t": ["b", None, "a"], "c": pl.Series(["u", "v", "u"], dtype=pl.Categorical)}
    )
    table = load(frame)

    np.testing.assert_array_equal(table.columns["n"], [1.0, np.nan, 3.0])
    assert texts(table.columns["t"]) == ["b", None, "a"]
    assert texts(table.columns["c"]) == ["u", "v", "u"]


def test_a_frame_and_a_target():
    table = load((pl.DataFrame({"a": [1, 2], "b": [3.0, 4.0]}), pl.Series([0, 1])))

    assert list(table.columns) == ["a", "b", "y"]
    assert table.target == "y"


def test_a_polars_column_of_lists_is_refused():
    with pytest.raises(DataError, match=r"column 'a' holds List\(Int64\)"):
        load(pl.DataFrame({"a": [[1], [2]]}))


def test_a_pandas_frame_keeps_its_columns():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(
        {
            "i": [1, 2, 3],
            "f": np.array([1.0, np.nan, 3.0], np.float32),
            "t": ["b", None, "a"],
            "c": pd.Categorical(["u", "v", "u"]),
            "d": pd.to_datetime(["2024-01-01", None, "2024-01-03"]),
            "own": pd.array([1, None, 3], dtype="Int64"),
            "flag": pd.array([True, False, True], dtype="boolean"),
        }
    )
    columns = load(frame).columns

    assert columns["i"].dtype == np.int64
    assert columns["f"].dtype == np.float32
    assert texts(columns["t"]) == ["b", None, "a"]
    assert texts(columns["c"]) == ["u", "v", "u"]
    assert columns["d"].dtype.kind == "M"
    np.testing.assert_array_equal(columns["own"], [1.0, np.nan, 3.0])
    assert columns["flag"].dtype == np.bool_


def test_pandas_columns_of_one_name_are_refused():
    pd = pytest.importorskip("pandas")

    with pytest.raises(DataError, match="several columns called 'a'"):
        load(pd.DataFrame([[1, 2]], columns=["a", "a"]))
