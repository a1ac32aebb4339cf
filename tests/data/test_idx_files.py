"""IDX files, alone, in pairs and in folders."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fallline.core.errors import DataError
from fallline.data import load

CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}
FASHION_MNIST = Path("/usr/share/datasets/fashion-mnist")  # Debian's package dataset-fashion-mnist


def idx(array: np.ndarray) -> bytes:
    """Write the format by hand: big-endian after two zeros, the type, the number of dimensions and each size."""
    start = struct.pack(f">HBB{array.ndim}I", 0, CODES[array.dtype.str[1:]], array.ndim, *array.shape)
    return start + array.astype(array.dtype.newbyteorder(">")).tobytes()


def images(rows: int, start: int = 0) -> np.ndarray:
    return (np.arange(rows * 6) + start).astype(np.uint8).reshape(rows, 2, 3)


def labels(rows: int) -> np.ndarray:
    return (np.arange(rows) % 10).astype(np.uint8)


def write_parts(folder: Path, suffix: str = "", **rows: int) -> None:
    write = gzip.compress if suffix == ".gz" else bytes
    for part, count in rows.items():
        (folder / f"{part}-images-idx3-ubyte{suffix}").write_bytes(write(idx(images(count))))
        (folder / f"{part}-labels-idx1-ubyte{suffix}").write_bytes(write(idx(labels(count))))


@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_a_folder_is_a_training_and_a_test_part(tmp_path, suffix):
    write_parts(tmp_path, suffix, train=5, t10k=3)

    table = load(tmp_path)

    assert (table.name, table.source, table.target) == (tmp_path.name, str(tmp_path), "label")
    np.testing.assert_array_equal(table.columns["image"], images(5))
    np.testing.assert_array_equal(table.columns["label"], labels(5))
    assert table.columns["image"].dtype == np.uint8
    np.testing.assert_array_equal(table.test.columns["image"], images(3))
    assert table.test.target == "label"


def test_an_unpacked_file_goes_before_the_packed_one_beside_it(tmp_path):
    write_parts(tmp_path, train=5)
    write_parts(tmp_path, ".gz", train=4)

    assert load(tmp_path).rows == 5


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz"])
def test_one_file_brings_the_other_of_its_pair(tmp_path, name):
    write_parts(tmp_path, ".gz", train=5, t10k=3)

    table = load(tmp_path / name)

    assert list(table.columns) == ["image", "label"]
    assert (table.rows, table.test) == (5, None)
    assert table.source == str(tmp_path / name)


def test_images_without_labels_have_no_target(tmp_path):
    write_parts(tmp_path, train=5)
    (tmp_path / "train-labels-idx1-ubyte").unlink()

    table = load(tmp_path)

    assert list(table.columns) == ["image"]
    assert table.target is None


def test_labels_without_images_are_refused(tmp_path):
    write_parts(tmp_path, train=5)
    (tmp_path / "train-images-idx3-ubyte").unlink()

    with pytest.raises(DataError, match="train-labels-idx1-ubyte holds labels, and no images"):
        load(tmp_path)


def test_images_and_labels_of_different_numbers_are_refused(tmp_path):
    write_parts(tmp_path, train=5)
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(idx(labels(4)))

    with pytest.raises(DataError, match="'image' has 5, 'label' has 4"):
        load(tmp_path)


def test_a_folder_of_several_training_parts_lists_them(tmp_path):
    write_parts(tmp_path, letters=2, digits=2, latest=2)

    with pytest.raises(DataError, match=r"one pair .* Found: digits-, latest-, letters-"):
        load(tmp_path)


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    hnp.arrays(
        st.sampled_from([f"<{code}" if code[1] != "1" else code for code in CODES]),
        hnp.array_shapes(max_dims=4, max_side=4),
        elements={"allow_infinity": False},
    ),
    st.booleans(),
)
def test_what_is_written_is_read_back(tmp_path, array, packed):
    path = tmp_path / ("a.idx.gz" if packed else "a.idx")
    path.write_bytes(gzip.compress(idx(array)) if packed else idx(array))

    (column,) = load(path).columns.values()

    assert column.dtype == array.dtype
    assert column.dtype.isnative
    np.testing.assert_array_equal(column, array)


def claim(*shape: int) -> bytes:
    return struct.pack(f">HBB{len(shape)}I", 0, 0x08, len(shape), *shape)


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (claim(10) + bytes(6), "is cut short: its header declares 10 bytes of values, 6 are there"),
        (claim(10) + bytes(13), "is longer than it says: its header declares 10 bytes of values, 13 are there"),
        (claim(2**32 - 1, 2**32 - 1) + bytes(9), "declares 18,446,744,065,119,617,025 bytes"),
        (claim(60_000, 28, 280) + bytes(9), "declares 470,400,000 bytes of values in a file of"),
        (claim(0, 28, 28), "holds no rows"),
        (b"\x00\x00\x08", "cut short within its header"),
        (claim(10, 10)[:9], "cut short within its header"),
        (b"", "cut short within its header"),
        (b"\x00\x00\x07\x01\x00\x00\x00\x01a", "begins with the bytes 0000 07 01"),
        (b"\x00\x00\x08\x00", "1 to 4 dimensions"),
        (b"\x00\x00\x08\xff" + bytes(2000), "1 to 4 dimensions"),
        (b"PK\x03\x04", "cannot be read as IDX"),
    ],
)
def test_files_that_lie_are_refused_by_name(tmp_path, content, said, packed):
    path = tmp_path / ("a.idx.gz" if packed else "a.idx")
    path.write_bytes(gzip.compress(content) if packed else content)

    with pytest.raises(DataError, match=said) as caught:
        load(path)
    assert str(path) in str(caught.value)


def test_a_packed_file_with_a_wrong_checksum_is_refused(tmp_path):
    content = bytearray(gzip.compress(idx(images(4))))
    content[-8] ^= 1
    (tmp_path / "a.idx.gz").write_bytes(bytes(content))

    with pytest.raises(DataError, match=r"a.idx.gz is cut short or damaged: .* CRC check failed"):
        load(tmp_path / "a.idx.gz")


@pytest.mark.parametrize("name", ["a.idx", "a.idx.gz"])
def test_a_file_cut_short_at_any_byte_is_refused_by_name(tmp_path, name):
    whole = gzip.compress(idx(images(4))) if name == "a.idx.gz" else idx(images(4))
    path = tmp_path / name

    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        with pytest.raises(DataError, match=name):
            load(path)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data(), st.sampled_from(["a.idx", "a.idx.gz"]))
def test_changed_bytes_are_a_table_or_a_data_error(tmp_path, data, name):
    whole = idx(np.arange(12, dtype=np.float32).reshape(4, 3))
    content = bytearray(gzip.compress(whole) if name == "a.idx.gz" else whole)
    for _ in range(data.draw(st.integers(1, 4))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    (tmp_path / name).write_bytes(bytes(content))
    message = None
    try:
        assert load(tmp_path / name).rows > 0
    except DataError as error:
        message = str(error)
    assert message is None or name in message


@pytest.mark.skipif(not FASHION_MNIST.is_dir(), reason="the package dataset-fashion-mnist is not installed")
def test_fashion_mnist():
    table = load(FASHION_MNIST)

    assert table.name == "fashion-mnist"
    assert table.columns["image"].shape == (60_000, 28, 28)
    assert table.test.columns["image"].shape == (10_000, 28, 28)
    assert np.bincount(table.columns["label"]).tolist() == [6000] * 10
    assert np.bincount(table.test.columns["label"]).tolist() == [1000] * 10
    # The mean and deviation of its training pixels that are commonly published.
    pixels = table.columns["image"] / np.float32(255)
    assert round(float(pixels.mean()), 4) == 0.2860
    assert round(float(pixels.std()), 4) == 0.3530
