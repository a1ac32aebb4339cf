"""CSV files: what is read, and what is refused with the line at fault."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fallline.core.errors import DataError
from fallline.data import Text, load


@pytest.fixture
def read(tmp_path):
    """Write a file and load it."""

    def write_and_load(content: str | bytes, name: str = "people.csv"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return load(path)

    return write_and_load


def cells(column) -> list:
    """Return a column as Python values, None where missing."""
    if isinstance(column, Text):
        return [column.levels[code] if code >= 0 else None for code in column.codes]
    return [None if value != value else value for value in column.tolist()]


@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_the_separator_is_found(read, separator):
    table = read("age,town\n30,Bern\n40,Oslo\n".replace(",", separator))

    assert list(table.columns) == ["age", "town"]
    assert table.columns["age"].tolist() == [30, 40]
    assert cells(table.columns["town"]) == ["Bern", "Oslo"]


def test_commas_within_cells_do_not_hide_the_semicolons(read):
    table = read("price;size\n1,5;2,25\n2,5;3\n")

    assert table.columns["price"].tolist() == [1.5, 2.5]
    assert table.columns["size"].tolist() == [2.25, 3.0]


def test_name_and_source_are_the_files_own(read, tmp_path):
    table = read("a\n1\n")

    assert table.name == "people"
    assert table.source == str(tmp_path / "people.csv")


@pytest.mark.parametrize(
    ("column", "dtype", "values"),
    [
        ("1 2 3", "int64", [1, 2, 3]),
        ("1 NA 3", "float64", [1.0, None, 3.0]),
        ("1.5 -2e-3 +.5", "float64", [1.5, -0.002, 0.5]),
        ("1.5 nan NaN null", "float64", [1.5, None, None, None]),
        ("9007199254740993 1", "int64", [9007199254740993, 1]),
        ("1e300 1", "float64", [1e300, 1.0]),
        ("true False TRUE", "bool", [True, False, True]),
        ("true NA false", "float64", [1.0, None, 0.0]),
        ("NA NA", "float64", [None, None]),
    ],
)
def test_numbers_and_booleans(read, column, dtype, values):
    found = read("k,a\n" + "".join(f"0,{cell}\n" for cell in column.split())).columns["a"]

    assert found.dtype == dtype
    assert cells(found) == values


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2024-02-29", "2024-02-29"),
        ("2024-02-29 23:15", "2024-02-29T23:15"),
        ("2024-02-29 23:15:01", "2024-02-29T23:15:01"),
        ("2024-02-29T23:15:01.5", "2024-02-29T23:15:01.5"),
        ("2024-02-29T23:15:01+02:00", "2024-02-29T21:15:01"),
    ],
)
def test_dates_and_times(read, written, expected):
    found = read(f"k,a\n1,{written}\n2,\n").columns["a"]

    assert found.dtype.kind == "M"
    assert found[0] == np.datetime64(expected)
    assert np.isnat(found[1])


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (["2024-03-01", "", "2024-03-01 12:30"], ["2024-03-01", "NaT", "2024-03-01T12:30"]),
        (["2024-03-01T12:30", "2024-03-01 12:30:15"], ["2024-03-01T12:30", "2024-03-01T12:30:15"]),
        (["0001-01-01", "9999-12-31T23:59:59.25"], ["0001-01-01", "9999-12-31T23:59:59.25"]),
    ],
)
def test_dates_and_times_may_stand_in_one_column(read, written, expected):
    found = read("k,a\n" + "".join(f"1,{cell}\n" for cell in written)).columns["a"]

    np.testing.assert_array_equal(found, np.array(expected, "M8[us]"))


@pytest.mark.parametrize("other", ["soon", "2024-13-01", "2024-02-30", "2024-03-01T12:30:00+02:00", "12:30", "2024-03"])
def test_dates_with_anything_else_among_them_are_text(read, other):
    column = read(f"k,a\n1,2024-03-01\n2,{other}\n").columns["a"]

    assert cells(column) == ["2024-03-01", other]


def test_the_words_of_booleans_are_kept(read):
    table = read('k,a,b,c,d\n1, TRUE ,true,false,x\n2,FALSE,FALSE,"",y\n3,FALSE,TRUE,true,z\n')

    assert table.words == {"a": ("FALSE", "TRUE"), "c": ("false", "true")}
    assert table.take([1]).words == table.words


def test_text_is_encoded_with_sorted_levels(read):
    column = read("k,a\n1,pear\n2,\n3,apple\n4,pear\n").columns["a"]

    assert column.levels == ("apple", "pear")
    assert column.codes.tolist() == [1, -1, 0, 1]


def test_spaces_around_cells_are_not_part_of_them(read):
    table = read("age , town\n 30, Bern\n NA,Oslo \n")

    assert cells(table.columns["age"]) == [30.0, None]
    assert cells(table.columns["town"]) == ["Bern", "Oslo"]


def test_byte_order_mark_windows_lines_blank_lines_and_no_last_newline(read):
    table = read(b"\xef\xbb\xbfa,b\r\n1,2\r\n\r\n3,4")

    assert table.columns["a"].tolist() == [1, 3]
    assert table.columns["b"].tolist() == [2, 4]


def test_quoted_cells_may_hold_separators_quotes_and_line_ends(read):
    table = read('k,a\n1,"x, ""y""\nz"\n2,w\n')

    assert cells(table.columns["a"]) == ['x, "y"\nz', "w"]


def test_names_that_look_like_patterns_are_names(read):
    assert read("a\n1\n", name="a[1]*.csv").rows == 1


def test_mostly_text_is_text(read):
    column = read("k,a\n1,x\n2,y\n3,7\n").columns["a"]

    assert cells(column) == ["x", "y", "7"]


def test_numbers_with_a_few_words_among_them_are_refused_with_the_first(read):
    rows = [f"{i},{i}" for i in range(100)]
    rows[15] = '15,"n/a"'
    rows[40], rows[99] = "40,?", "99,n/a"

    with pytest.raises(
        DataError, match=r"people.csv: column 'age': 3 of 100 cells are not numbers, first 'n/a' on line 17"
    ):
        read("id,age\n" + "\n".join(rows))


def test_the_line_is_counted_in_the_file_not_in_rows(read):
    content = 'text,age\n\n"two\nlines",1\nx,2\ny,bad\nz,3\n'

    with pytest.raises(DataError, match="1 of 4 cells are not numbers, first 'bad' on line 6"):
        read(content)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "people.csv is empty"),
        ("\n\n", "people.csv is empty"),
        ("a,b\n", "line of column names and no rows"),
        ("a,b", "line of column names and no rows"),
        ("5.1,3.5\n4.9,3.0\n", "the header is missing: .* it holds numbers: '5.1', '3.5'"),
        ("1,2\n3,4\n", "the header is missing"),
        ("5.1,3.5,setosa\n4.9,3.0,setosa\n", "the header is missing"),
        ("a,b,a\n1,2,3\n", "columns 1 and 3 are both called 'a'"),
        (",a\n0,1\n", "column 1 of 2 has no name"),
        ("a,b\n1,2\n3\n4,5\n", "line 3 has 1 cells, and the header has 2 columns"),
        ("a,b\n1,2\n4,5,6\n", "line 3 has 3 cells, and the header has 2 columns"),
        ('a,b\n"1",2\n3\n4,5\n', "line 3 has 1 cells"),
        ("a,b\n1,\n2,\n3\n", "line 4 has 1 cells"),
        ('a,b\n1,"x\n2,y\n', "line 3: unexpected end of data"),
        ('a,b\n1,"x"y\n2,z\n', "line 2"),
        ("a,b\n1,caf\xe9\n".encode("latin-1"), "not text in UTF-8"),
        ("a,b\n1,2\n".encode("utf-16"), "not text in UTF-8"),
        (b"\x1f\x8b\x08\x00\x00", "not text in UTF-8"),
        ("k,a\n1,inf\n2,3\n", "column 'a' has 1 infinite value in 2"),
        ("k,a\n1,1e400\n2,3\n", "column 'a' has 1 infinite value in 2"),
    ],
)
def test_what_cannot_be_read_is_refused(read, content, said):
    with pytest.raises(DataError, match=said):
        read(content)


def test_missing_values_in_the_last_column_are_no_short_lines(read):
    assert cells(read("a,b\n1,\n2,3\n").columns["b"]) == [None, 3.0]
    assert cells(read('a,b\n1,""\n2,"3"\n').columns["b"]) == [None, 3.0]


words = st.text(alphabet="abz ,;\t\"'\né漢", min_size=1, max_size=6).map(lambda text: f"z{text}".strip())
columns = st.one_of(
    st.just(st.integers(-(2**63), 2**63 - 1)),
    st.just(st.one_of(st.none(), st.floats(allow_nan=False, allow_infinity=False))),
    st.just(st.one_of(st.none(), words)),
)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.sampled_from([",", "\t"]), st.integers(1, 4), st.integers(1, 12), st.booleans())
def test_what_pythons_own_writer_writes_is_read_back(read, data, separator, width, rows, windows):
    kinds = data.draw(st.lists(columns, min_size=width, max_size=width))
    drawn = [data.draw(st.lists(kind, min_size=rows, max_size=rows)) for kind in kinds]
    names = ["key", *(f"column {'abcd'[i]}" for i in range(width))]
    buffer = io.StringIO()
    writer = csv.writer(buffer, delimiter=separator, lineterminator="\r\n" if windows else "\n")
    writer.writerow(names)
    writer.writerows([row, *(column[row] for column in drawn)] for row in range(rows))

    table = read(buffer.getvalue())

    assert list(table.columns) == names
    for name, column in zip(names[1:], drawn, strict=True):
        assert cells(table.columns[name]) == column


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=60), st.text(alphabet='a1,;\t"\n\r. -é\0', max_size=40).map(str.encode)))
def test_any_bytes_are_a_table_or_a_data_error(read, content):
    message = None
    try:
        assert read(content).rows > 0
    except DataError as error:
        message = str(error)
    assert message is None or "people.csv" in message
