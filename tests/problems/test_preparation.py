"""What a model sees of a table: against scikit-learn and the calendar, and the same after a round trip through JSON."""

import datetime
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fallline.core.errors import DataError
from fallline.data.table import Text
from fallline.problems.features import expand
from fallline.problems.fitting import fit
from fallline.problems.inputs import as_seen
from fallline.problems.preparation import from_dict
from fallline.problems.targets.values import Values

RNG = np.random.default_rng(0)
N = 50
ALL = np.arange(N)
NAMES = np.array(["ash", "beech", "elm", "oak"])
TARGET = Values("y", (), (0.0,), (1.0,))


def test_numbers_are_standardised_as_scikit_learn_does(trees, prepared):
    columns = {"a": trees["height"], "b": trees["rings"], "m": trees["leaves"]}
    train = np.arange(0, N, 2)
    matrix = np.column_stack([np.asarray(c, np.float64).reshape(N, -1) for c in columns.values()])
    expected = StandardScaler().fit(matrix[train]).transform(matrix)
    found = prepared(columns, train).features(columns)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=2e-4)  # scikit-learn's mean of a + 1e9 is that far off


def test_texts_become_the_one_hot_vectors_of_scikit_learn(trees, prepared):
    columns = {"tree": trees["tree"], "height": RNG.normal(size=N)}
    train = np.flatnonzero(trees["tree"].codes != 2)  # training never sees an elm
    preparation = prepared(columns, train)
    texts = NAMES[trees["tree"].codes][:, None]
    expected = OneHotEncoder(handle_unknown="ignore", sparse_output=False).fit(texts[train]).transform(texts)
    with pytest.warns(UserWarning, match="'elm'"):
        x = preparation.features(columns)
    expanded = np.asarray(expand(x, tuple(e.size for e in preparation.texts)))
    assert preparation.input_shape == (4,)
    np.testing.assert_array_equal(expanded[:, 1:], expected)
    assert (x.categories[trees["tree"].codes == 2] == -1).all()


def test_codes_do_not_depend_on_the_order_or_presence_of_other_levels(trees, prepared):
    shuffled = Text((3 - trees["tree"].codes).astype(np.int32), (*NAMES[::-1].tolist(), "yew"))
    columns = {"tree": trees["tree"], "one": RNG.normal(size=N)}
    preparation = prepared(columns)
    again = prepared(columns | {"tree": shuffled})
    assert again == preparation
    np.testing.assert_array_equal(
        preparation.features(columns).categories, preparation.features(columns | {"tree": shuffled}).categories
    )


def test_dates_follow_the_calendar(trees, prepared):
    preparation = prepared({"planted": trees["planted"], "one": RNG.normal(size=N)})
    x = preparation.features({"planted": trees["planted"], "one": np.zeros(N)})
    seconds = np.array([t.timestamp() for t in _pythons(trees["planted"])])
    np.testing.assert_allclose(x[:, :1], StandardScaler().fit_transform(seconds[:, None]), atol=1e-5)
    for row, time in zip(x, _pythons(trees["planted"]), strict=True):
        year = 366 if time.year % 4 == 0 else 365
        shares = ((time.hour + time.minute / 60) / 24, time.weekday() / 7, (time.timetuple().tm_yday - 1) / year)
        for (sine, cosine), share in zip(row[1:7].reshape(3, 2), shares, strict=True):
            assert math.atan2(sine, cosine) % (2 * math.pi) == pytest.approx(2 * math.pi * share, abs=1e-5)


def _pythons(times):
    return [t.replace(tzinfo=datetime.UTC) for t in times.astype("M8[us]").tolist()]


def test_cycles_that_never_vary_are_left_out(prepared):
    mondays = np.datetime64("2024-01-01", "D") + 7 * np.arange(N)
    assert prepared({"day": mondays}).input_shape == (3,)  # elapsed time, and two waves of the year


def test_dates_become_the_same_numbers_alone_and_among_many_of_the_same_days(prepared):
    """Of days that many rows share, the place in the week and the year is computed once."""
    dates = np.datetime64("2023-12-25T00:00", "m") + RNG.integers(0, 20 * 1440, 300).astype("m8[m]")
    preparation = prepared({"day": dates})
    assert preparation.input_shape == (7,)
    together = preparation.features({"day": dates})
    alone = [preparation.features({"day": date[None]}) for date in dates]
    np.testing.assert_array_equal(together, np.concatenate(alone))


def test_an_image_alone_keeps_its_shape_and_has_one_scale(prepared):
    images = RNG.integers(0, 256, (N, 6, 5, 3)).astype(np.uint8)
    images[:, 0, 0] = 7  # constant pixels
    x = prepared({"image": images}).features(images)
    assert x.shape == (N, 6, 5, 3)
    wide = images.astype(np.float64)
    seen = as_seen(x, prepared({"image": images}), np.float32)
    np.testing.assert_allclose(seen, (wide - wide.mean()) / wide.std(), atol=1e-6)
    with_number = prepared({"image": images, "age": np.arange(N)})
    assert with_number.features({"image": images, "age": np.arange(N)}).shape == (N, 91)


def test_constant_numbers_of_a_matrix_become_zero_whatever_comes_later(prepared):
    matrix = np.column_stack([np.arange(N), np.full(N, 0.1)])
    preparation = prepared({"m": matrix})
    assert (preparation.features(matrix)[:, 1] == 0).all()
    assert (preparation.features(matrix + 1e9)[:, 1] == 0).all()


def test_booleans_are_zero_and_one(trees, prepared):
    assert set(np.unique(prepared({"old": trees["old"]}).features(trees["old"]))) == {0, 1}


@pytest.mark.parametrize(
    "column",
    [
        np.full(N, 0.1),
        np.zeros(N, bool),
        Text(np.zeros(N, np.int32), ("a", "b")),
        np.full(N, np.datetime64("2024-01-01")),
    ],
)
def test_constant_columns_are_refused_or_dropped(column, prepared):
    columns = {"unit": column, "one": np.arange(N)}
    with pytest.raises(DataError, match=r"column 'unit' is the same in all 50 training rows.*constant='drop'"):
        prepared(columns)
    assert [e.name for e in prepared(columns, constant="drop").encoders] == ["one"]
    with pytest.raises(DataError, match="no feature column is left"):
        prepared({"unit": column}, constant="drop")


def test_missing_cells_are_imputed_with_the_training_mean_or_a_level_of_their_own(trees, prepared):
    number = trees["leaves"][:, 0].copy()
    number[::5] = np.nan
    date = trees["planted"].copy()
    date[::7] = np.datetime64("NaT")
    codes = trees["tree"].codes.copy()
    codes[::9] = -1
    columns = {"number": number, "date": date, "tree": Text(codes, trees["tree"].levels)}
    preparation = prepared(columns, missing="impute")
    x = preparation.features(columns)
    as_mean = preparation.features(columns | {"number": np.where(np.isnan(number), np.nanmean(number), number)})
    np.testing.assert_allclose(x.numbers, as_mean.numbers, atol=1e-6)
    assert (x.numbers[::7, 1:] == 0).all()
    assert set(x.categories[::9, 0]) == {4}
    assert (x.categories[:, 0] < 4).sum() == N - len(codes[::9])


def test_nothing_known_of_a_column_is_refused(prepared):
    columns = {"empty": np.full(N, np.nan), "one": ALL}
    with pytest.raises(DataError, match="column 'empty': no value is known in the training part"):
        prepared(columns, missing="impute")


def test_huge_whole_numbers_are_not_said_to_be_the_same(prepared):
    with pytest.raises(DataError, match="same in all 50 training rows to the 15 digits that can be told apart"):
        prepared({"id": np.array([float(10**30 + i) for i in range(N)]), "one": ALL})
    with pytest.raises(DataError, match="same in all 50 training rows, so it tells nothing"):
        prepared({"id": np.full(N, 1e15), "one": ALL})


def test_a_column_that_never_varies_but_has_missing_cells_is_the_same_in_all_rows(prepared):
    holed = np.where(ALL % 7, 0.1, np.nan)
    with pytest.raises(DataError, match="column 'unit' is the same in all 50 training rows"):
        prepared({"unit": holed, "one": ALL}, missing="impute")


def test_numbers_that_float64_cannot_tell_apart_are_refused(prepared):
    with pytest.raises(DataError, match="column 'id': its values differ by less"):
        prepared({"id": 2**60 + ALL % 2})


FINITE = st.floats(-1e30, 1e30, allow_subnormal=False)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), min_size=0, max_size=6)


@st.composite
def tables(draw):
    """Draw a table with columns of every kind, some cells missing."""
    n = draw(st.integers(2, 8))
    levels = tuple(sorted(draw(st.sets(WORDS, min_size=2, max_size=5))))
    codes = draw(st.lists(st.integers(-1, len(levels) - 1), min_size=n, max_size=n))
    days = draw(st.lists(st.integers(-(10**8), 10**9), min_size=n, max_size=n))
    numbers = draw(st.lists(FINITE | st.just(math.nan), min_size=n, max_size=n))
    columns = {
        "number": np.array([*numbers, 1.0, 2.5]),
        "text": Text(np.array([*codes, 0, 1], np.int32), levels),
        "date": np.array([*days, 0, 1]).astype("M8[m]"),
        "flag": np.array([*(code > 0 for code in codes), True, False]),
        "matrix": np.array([*numbers, 1.0, 2.5])[:, None] * [1, -1e-9],
    }
    return columns, n + 2


@settings(deadline=None, max_examples=60)
@given(tables())
def test_a_round_trip_through_json_changes_nothing(table):
    columns, n = table
    preparation = fit(columns, columns, np.arange(n), TARGET, "impute")
    text = json.dumps(preparation.to_dict())
    again = from_dict(json.loads(text))
    assert again == preparation
    assert json.dumps(again.to_dict()) == text
    before, after = preparation.features(columns), again.features(columns)
    assert np.isfinite(before.numbers).all()
    np.testing.assert_array_equal(before.numbers, after.numbers)
    np.testing.assert_array_equal(before.categories, after.categories)


@pytest.mark.parametrize("plain", [{}, {"columns": [{"kind": "magic"}], "target": {}, "missing": "error"}])
def test_what_is_no_preparation_is_refused(plain):
    with pytest.raises(DataError, match="not a preparation"):
        from_dict(plain)
