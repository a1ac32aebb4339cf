from __future__ import annotations

import struct

import ml_dtypes
import numpy as np
import pytest
import safetensors.numpy
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from fallline.core.errors import RunError
from fallline.record.arrays import pack, unpack

DTYPES = [
    np.dtype(name)
    for name in (
        *("float16", "float32", "float64", "complex64", "bool"),
        *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    )
]
shapes = hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
bfloat16 = hnp.arrays(np.uint16, shapes).map(lambda bits: bits.view(ml_dtypes.bfloat16))
arrays = st.sampled_from(DTYPES).flatmap(lambda dtype: hnp.arrays(dtype, shapes)) | bfloat16
names = st.text(st.characters(exclude_categories=["Cs"]), max_size=8).filter(lambda name: name != "__metadata__")


def bits(array: np.ndarray) -> tuple[str, tuple[int, ...], bytes]:
    return array.dtype.name, array.shape, array.tobytes()


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(names, arrays, max_size=5), st.dictionaries(st.text(), st.integers() | st.text(), max_size=3))
def test_arrays_come_back_bit_for_bit_in_order_with_their_metadata(table, metadata):
    found, noted = unpack(pack(table, metadata))
    assert [(name, bits(a)) for name, a in found.items()] == [(name, bits(a)) for name, a in table.items()]
    assert noted == metadata


@settings(deadline=None, max_examples=50)
@given(st.dictionaries(names, arrays.filter(lambda a: a.dtype != ml_dtypes.bfloat16), min_size=1, max_size=4))
def test_the_safetensors_library_reads_what_is_packed_and_the_other_way_round(table):
    theirs = safetensors.numpy.load(pack(table, {"step": 3}))
    assert {name: bits(a) for name, a in theirs.items()} == {name: bits(a) for name, a in table.items()}
    ours, metadata = unpack(safetensors.numpy.save({n: np.asarray(a, order="C") for n, a in table.items()}))
    assert {name: bits(a) for name, a in ours.items()} == {name: bits(a) for name, a in table.items()}
    assert metadata == {}


def test_bfloat16_is_stored_as_the_upper_half_of_float32():
    values = np.array([1.5, -3.0, np.inf, 2.0**-130], np.float32)
    data = pack({"w": values.astype(ml_dtypes.bfloat16)})
    assert b'"dtype": "BF16"' in data
    assert data.endswith((values.view(np.uint32) >> 16).astype("<u2").tobytes())


@pytest.mark.parametrize(
    "array",
    [
        np.arange(12.0).reshape(3, 4).T,
        np.arange(12.0).reshape(3, 4)[:, ::2],
        np.arange(5)[::-1],
        np.broadcast_to(np.float32(2), (3, 2)),
        np.array([1.0, 2.0], ">f4"),
        np.arange(6, dtype=ml_dtypes.bfloat16).reshape(2, 3).T,
    ],
    ids=["transposed", "strided", "reversed", "broadcast", "big-endian", "bfloat16 transposed"],
)
def test_any_layout_in_memory_is_packed_by_value(array):
    found = unpack(pack({"a": array}))[0]["a"]
    assert found.dtype.name == array.dtype.name
    np.testing.assert_array_equal(found, array)


@pytest.mark.parametrize("array", [np.ones(2, complex), np.array(["a"]), np.array([None]), np.array(["2020"], "M8[D]")])
def test_a_dtype_that_cannot_be_stored_is_refused_by_name(array):
    with pytest.raises(RunError, match=r"array 'w' has dtype .* cannot be stored"):
        pack({"w": array})


def test_the_name_that_the_format_keeps_is_refused():
    with pytest.raises(RunError, match="__metadata__"):
        pack({"__metadata__": np.ones(1)})


def test_a_name_that_is_not_unicode_is_refused():
    with pytest.raises(RunError, match="UTF-8"):
        pack({"\ud800": np.ones(1)})


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_noise_is_refused(data):
    with pytest.raises(RunError, match="not a whole safetensors file"):
        unpack(data)


def test_every_truncation_is_refused():
    whole = pack({"a": np.arange(3), "b": np.ones((2, 2), np.float16)}, {"step": 1})
    for length in range(len(whole)):
        with pytest.raises(RunError):
            unpack(whole[:length])


def with_header(header: str, body: bytes = b"") -> bytes:
    return struct.pack("<Q", len(header)) + header.encode() + body


@pytest.mark.parametrize(
    "data",
    [
        struct.pack("<Q", 2**62) + b"{}",
        with_header('{"a":{"dtype":"F64","shape":[1000000000000],"data_offsets":[0,8000000000000]}}', bytes(8)),
        with_header('{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}', bytes(1)),
        with_header('{"__metadata__":{"fallline":"[1]"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"\0\0"),
        with_header('{"__metadata__":{"fallline":"{"}}'),
        with_header('{"__metadata__":{"fallline":"{\\"order\\":[\\"b\\"]}"}}'),
        with_header('{"__metadata__":{"fallline":"{\\"order\\":3}"}}'),
        with_header('{"__metadata__":{"fallline":"{\\"metadata\\":3}"}}'),
        with_header(
            '{"__metadata__":{"fallline":"{\\"order\\":[]}"},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}',
            b"\0",
        ),
    ],
    ids=[
        "huge header",
        "huge array",
        "unknown dtype",
        "loose bytes",
        "bad note",
        "lost array",
        "bad order",
        "bad metadata",
        "left out",
    ],
)
def test_forged_headers_are_refused(data):
    with pytest.raises(RunError):
        unpack(data)
