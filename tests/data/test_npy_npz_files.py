"""NPY and NPZ files: round trips, and files that lie, bite or break off."""

from __future__ import annotations

import io
import pickle
import zipfile

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fallline.core.errors import DataError
from fallline.data import Text, load

FIXTURE = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def header(shape: tuple[int, ...], dtype: str = "<f8") -> bytes:
    """Return an NPY file's header alone."""
    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"shape": shape, "fortran_order": False, "descr": dtype})
    return buffer.getvalue()


def archive(**arrays: np.ndarray) -> bytes:
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


@settings(FIXTURE, max_examples=60)
@given(
    hnp.arrays(
        st.sampled_from(["<f4", ">f8", "<i2", ">u4", "?", "<M8[D]"]),
        hnp.array_shapes(max_dims=4, max_side=4),
        elements={"allow_infinity": False},
    ),
    st.booleans(),
)
def test_what_numpy_saves_is_read_back(tmp_path, array, fortran):
    np.save(tmp_path / "a.npy", np.asfortranarray(array) if fortran else array)

    column = load(tmp_path / "a.npy").columns["x"]

    assert column.dtype == array.dtype.newbyteorder("=")
    np.testing.assert_array_equal(column, array)


def test_text_of_fixed_width_is_encoded(tmp_path):
    np.save(tmp_path / "a.npy", np.array(["b", "a", "b"]))

    column = load(tmp_path / "a.npy").columns["x"]

    assert isinstance(column, Text)
    assert (column.levels, column.codes.tolist()) == (("a", "b"), [1, 0, 1])


@pytest.mark.parametrize("names", [("x", "y"), ("X", "y")])
def test_x_and_y_are_a_pair(tmp_path, names):
    np.savez(tmp_path / "a.npz", **dict(zip(names, (np.ones((3, 2)), np.arange(3.0).reshape(3, 1)), strict=True)))

    table = load(tmp_path / "a.npz")

    assert table.target == "y"
    assert {name: column.shape for name, column in table.columns.items()} == {"x": (3, 2), "y": (3,)}
    assert table.source == str(tmp_path / "a.npz")


def test_train_and_test_arrays_are_two_parts(tmp_path):
    np.savez(
        tmp_path / "a.npz", x_test=np.ones((2, 4)), y_test=[8, 9], x_train=np.zeros((3, 4)), y_train=np.array([5, 6, 7])
    )

    table = load(tmp_path / "a.npz")

    assert (table.rows, table.test.rows) == (3, 2)
    assert table.columns["y"].tolist() == [5, 6, 7]
    assert table.test.columns["y"].tolist() == [8, 9]
    assert table.target == "y"


def test_other_names_are_columns(tmp_path):
    np.savez(tmp_path / "a.npz", cost=[1.0, 2.0], sold=[3, 4])

    table = load(tmp_path / "a.npz")

    assert list(table.columns) == ["cost", "sold"]
    assert table.target is None


def test_a_part_for_validation_is_refused_with_where_it_goes(tmp_path):
    arrays = {f"{kind}_{part}": np.ones(3) for part in ("train", "val", "test") for kind in "xy"}
    np.savez(tmp_path / "a.npz", **arrays)

    with pytest.raises(DataError, match=r"x_val.*fl.Data\(train=, validation=, test=\)"):
        load(tmp_path / "a.npz")


class Marker:
    """Tells when it was unpickled."""

    unpickled = False

    def __reduce__(self):
        return (setattr, (Marker, "unpickled", True))


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_pickled_objects_are_refused_and_never_unpickled(tmp_path, name):
    save = np.save if name == "a.npy" else np.savez
    save(tmp_path / name, np.array([Marker()], dtype=object), allow_pickle=True)

    with pytest.raises(DataError, match="pickled Python objects"):
        load(tmp_path / name)
    assert not Marker.unpickled


def test_a_bare_pickle_is_refused(tmp_path):
    (tmp_path / "a.npy").write_bytes(pickle.dumps(Marker()))

    with pytest.raises(DataError, match="does not begin as an NPY file does"):
        load(tmp_path / "a.npy")
    assert not Marker.unpickled


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (header((2**40, 4)) + bytes(64), "declares 35,184,372,088,832 bytes of values, and at most 8,589,934,592"),
        (header((10**7,)) + bytes(64), "declares 80,000,000 bytes of values in a file of 192"),
        (header((10,)) + bytes(64), "is cut short: its header declares 80 bytes of values, 64 are there"),
        (header((4,)) + bytes(64), "is longer than it says: its header declares 32 bytes of values, 64 are there"),
        (header((0, 3)), "which holds no rows"),
        (header(()) + bytes(8), "which holds no rows"),
        (header((2**62, 0)), "which holds no rows"),
        (header((1,) * 40) + bytes(8), "which holds no rows"),
        (header((2,), "<c16") + bytes(32), "holds values of type '<c16'"),
        (header((2,), "|V8") + bytes(16), "holds values of type '|V8'"),
        (header((2,), [("a", "<f8")]) + bytes(16), "holds values of type"),
        (header((-1, -1)) + bytes(8), "which holds no rows"),
        (b"\x93NUMPY\x02\x00\xff\xff\xff\x7f" + bytes(64), "declares 2,147,483,647 characters"),
        (b"\x93NUMPY\x01\x00\x10\x00" + b"__import__('os')", "cannot be read as NPY"),
        (b"\x93NUMPY\x01\x00\x10\x27" + b"(" * 10_000, "cannot be read as NPY"),
        (b"", "cut short within its header"),
    ],
)
def test_npy_files_that_lie_are_refused(tmp_path, content, said):
    (tmp_path / "a.npy").write_bytes(content)

    with pytest.raises(DataError, match=said) as caught:
        load(tmp_path / "a.npy")
    assert str(tmp_path / "a.npy") in str(caught.value)


def test_an_archive_of_zeros_is_refused_before_it_is_unpacked(tmp_path):
    np.savez_compressed(tmp_path / "bomb.npz", x=np.zeros(10_000_000), y=np.zeros(1))
    assert (tmp_path / "bomb.npz").stat().st_size < 100_000

    with pytest.raises(DataError, match=r"bomb.npz declares 80,000,\d+ bytes of values in a file of .* uncompressed"):
        load(tmp_path / "bomb.npz")


def test_the_arrays_of_an_archive_count_together(tmp_path, monkeypatch):
    monkeypatch.setattr("fallline.data.raw_array.LARGEST", 1500)
    np.savez(tmp_path / "a.npz", a=np.ones(100), b=np.ones(100))

    with pytest.raises(DataError, match="at most 1,500 are read from one file"):
        load(tmp_path / "a.npz")


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({}, "holds no arrays"),
        ({"readme.txt": b"hello"}, "holds 'readme.txt', which is no array"),
        ({"a.npy": header((10,)) + bytes(64)}, "a.npz: a.npy is cut short"),
        ({"a.npy": header((2**40, 4))}, "a.npz: a.npy declares 35,184,372,088,832"),
        ({"a.npy": header((2,)) + bytes(16), "b.npy": header((3,)) + bytes(24)}, "'a' has 2, 'b' has 3"),
    ],
)
def test_archives_that_lie_are_refused(tmp_path, members, said):
    with zipfile.ZipFile(tmp_path / "a.npz", "w") as file:
        for name, content in members.items():
            file.writestr(name, content)

    with pytest.raises(DataError, match=said):
        load(tmp_path / "a.npz")


def test_an_array_with_a_wrong_checksum_is_refused(tmp_path):
    content = bytearray(archive(x=np.arange(100.0)))
    place = content.index(b"x.npy") + 60
    content[place] ^= 0xFF
    (tmp_path / "a.npz").write_bytes(bytes(content))

    with pytest.raises(DataError, match=r"a.npz: x.npy"):
        load(tmp_path / "a.npz")


@pytest.mark.parametrize("name", ["a.npy", "a.npz"])
def test_a_file_cut_short_at_any_byte_is_refused_by_name(tmp_path, name):
    buffer = io.BytesIO()
    np.save(buffer, np.arange(5.0))
    whole = buffer.getvalue() if name == "a.npy" else archive(x=np.arange(20.0).reshape(5, 4), y=np.arange(5))
    path = tmp_path / name

    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=name):
            load(path)


@settings(FIXTURE, max_examples=200)
@given(st.data(), st.sampled_from(["a.npy", "a.npz"]))
def test_changed_bytes_are_a_table_or_a_data_error(tmp_path, data, name):
    buffer = io.BytesIO()
    np.save(buffer, np.arange(5, dtype=np.int16))
    content = bytearray(buffer.getvalue() if name == "a.npy" else archive(x=np.ones((4, 2)), y=np.arange(4)))
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / name).write_bytes(bytes(content))
    message = None
    try:
        assert load(tmp_path / name).rows > 0
    except DataError as error:
        message = str(error)
    assert message is None or name in message or "column" in message
