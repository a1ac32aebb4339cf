"""Rows to predict for, as a user has them."""

import numpy as np
import polars
import pytest

from fallline.core.errors import DataError
from fallline.data.table import Table, Text

RNG = np.random.default_rng(0)
N = 50
ALL = np.arange(N)
NAMES = np.array(["ash", "beech", "elm", "oak"])


def test_single_rows_give_what_they_give_among_others(trees, prepared):
    preparation = prepared(trees)
    together = preparation.features(Table("trees", trees))
    for i in range(3):
        row = {n: c.levels[c.codes[i]] if isinstance(c, Text) else c[i] for n, c in trees.items()}
        alone = preparation.features(row)
        np.testing.assert_array_equal(alone.numbers, together.numbers[i : i + 1])
        np.testing.assert_array_equal(alone.categories, together.categories[i : i + 1])


def test_rows_may_come_as_tables_frames_mappings_and_lists(trees, prepared):
    preparation = prepared({n: trees[n] for n in ("tree", "planted", "rings")})
    names = NAMES[trees["tree"].codes].tolist()
    as_lists = {"rings": trees["rings"].tolist(), "planted": trees["planted"].astype(str).tolist(), "tree": names}
    frame = polars.DataFrame(
        {"more": ALL, "rings": trees["rings"], "tree": names, "planted": trees["planted"].astype("M8[us]")}
    )
    expected = preparation.features(Table("trees", trees))
    for given_rows in (as_lists, frame, trees):
        found = preparation.features(given_rows)
        np.testing.assert_array_equal(found.numbers, expected.numbers)
        np.testing.assert_array_equal(found.categories, expected.categories)


def test_arrays_stand_for_one_column_or_for_all_numbers(prepared):
    two = {"a": np.arange(N), "b": np.arange(N) ** 2.0}
    both = np.column_stack(list(two.values()))
    np.testing.assert_array_equal(prepared(two).features(both), prepared(two).features(two))
    np.testing.assert_array_equal(prepared(two).features(both[3]), prepared(two).features(two)[3:4])
    one = prepared({"a": two["a"]})
    for rows in (two["a"], two["a"][:, None], two["a"].tolist()):
        np.testing.assert_array_equal(one.features(rows), one.features({"a": two["a"]}))
    assert one.features(3.0).shape == (1, 1)
    image = prepared({"image": RNG.normal(size=(N, 4, 4))})
    assert image.features(np.zeros((4, 4))).shape == (1, 4, 4)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (
            {"rings": [1], "planted": ["2024-01-01"]},
            "lack 'tree'; needed are 'tree', 'planted', 'rings', and there are",
        ),
        ({}, "and there are none"),
        (np.zeros((2, 3)), "pass a mapping with 'tree', 'planted', 'rings'"),
        ({"tree": ["ash"], "planted": ["2024-01-01"], "rings": ["many"]}, "'rings' holds text; .* trained on numbers"),
        ({"tree": ["ash"], "planted": ["soon"], "rings": [1]}, "column 'planted': .*soon.*; .* trained on dates"),
        ({"tree": ["ash"], "planted": [3.5], "rings": [1]}, "'planted' holds float64"),
        ({"tree": [0.5], "planted": ["2024-01-01"], "rings": [1]}, "'tree' holds float64.* trained on text"),
        ({"tree": ["ash"], "planted": ["2024-01-01"], "rings": [1, 2]}, "one row an example"),
        ({"tree": ["ash"], "planted": ["2024-01-01"], "rings": [np.nan]}, "'rings': 1 of 1 cells are missing"),
        ({"tree": ["ash"], "planted": ["2024-01-01"], "rings": [[1, 2]]}, r"each row has shape \(2,\)"),
        (
            {"tree": ["ash"], "planted": ["2024-01-01"], "rings": [1e300]},
            "'rings': 1 of 1 values are beyond .* float32 .*1e\\+300",
        ),
        ({"tree": ["ash"], "planted": ["2024-01-01"], "rings": [np.inf]}, "'rings'.*infinite"),
    ],
)
def test_rows_that_do_not_fit_are_refused_by_name(rows, message, trees, prepared):
    preparation = prepared({n: trees[n] for n in ("tree", "planted", "rings")})
    with pytest.raises(DataError, match=message):
        preparation.features(rows)


def test_arrays_of_the_wrong_width_are_refused(prepared):
    with pytest.raises(DataError, match=r"shape \(4, 3\) does not fit: each row needs 2 numbers, 'a', 'b'"):
        prepared({"a": ALL, "b": ALL**2}).features(np.zeros((4, 3)))
    with pytest.raises(DataError, match=r"each row has shape \(3,\); the model was trained on rows of shape \(2,\)"):
        prepared({"m": RNG.normal(size=(N, 2))}).features(np.zeros((4, 3)))


def test_whole_numbers_are_read_as_texts_of_digits(prepared):
    columns = {"street": Text((ALL % 3).astype(np.int32), ("7", "7b", "12")), "one": ALL}
    with pytest.warns(UserWarning, match="'8'"):
        found = prepared(columns).features({"street": [12, 7, 8], "one": [0, 0, 0]})
    assert found.categories[:, 0].tolist() == [0, 1, -1]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (["purple"] * 60, r"column 'tree': 60 of 60 rows hold values that training never saw \('purple'\); they count"),
        (["yew", "ash", "yew", "fir"], r"column 'tree': 3 of 4 rows .* \('fir', 'yew'\)"),
        (["a", "b", "c", "d", "oak"], r"column 'tree': 4 of 5 rows .* \('a', 'b', 'c', …\)"),
    ],
)
def test_words_that_training_never_saw_are_warned_of_once(given, said, trees, prepared):
    preparation = prepared({"tree": trees["tree"], "one": ALL})
    with pytest.warns(UserWarning, match=said) as warned:
        preparation.features({"tree": given, "one": np.zeros(len(given))})
    assert len(warned) == 1
    assert warned[0].filename == __file__


def test_a_large_value_of_a_narrow_column_does_not_fit_either(prepared):
    with pytest.raises(DataError, match=r"'a': 3e\+38 is too large: measured in standard deviations"):
        prepared({"a": 1e-3 * ALL}).features({"a": [3e38]})


def test_the_columns_of_a_table_are_never_taken_for_a_single_row(prepared):
    preparation = prepared({"m": RNG.normal(size=(N, 2))})
    with pytest.raises(DataError, match=r"each row has shape \(\)"):
        preparation.features(Table("t", {"m": np.zeros(2)}))
    assert preparation.features({"m": np.zeros(2)}).shape == (1, 2)
