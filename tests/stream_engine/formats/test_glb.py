"""The container and its accessors, by a reader written here alone."""

import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from stream_engine.formats.glb import GlbBuilder

TYPES = {5126: "<f4", 5123: "<u2", 5121: "u1"}
WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT4": 16}


class Glb:
    """A file taken apart by the specification."""

    def __init__(self, data: bytes) -> None:
        magic, version, length = struct.unpack_from("<4sII", data)
        assert (magic, version, length) == (b"glTF", 2, len(data))
        size, kind = struct.unpack_from("<I4s", data, 12)
        assert kind == b"JSON"
        self.json: dict[str, Any] = json.loads(data[20 : 20 + size])
        binary, kind = struct.unpack_from("<I4s", data, 20 + size)
        assert kind == b"BIN\0"
        assert (size % 4, binary % 4, 28 + size + binary) == (0, 0, len(data))
        assert self.json["buffers"] == [{"byteLength": binary}]
        self.data = data[28 + size :]

    def view(self, number: int) -> bytes:
        """Bytes of a view."""
        view = self.json["bufferViews"][number]
        assert view["byteOffset"] % 4 == 0
        return self.data[view["byteOffset"] : view["byteOffset"] + view["byteLength"]]

    def array(self, number: int) -> np.ndarray:
        """Values of an accessor, whole, [N] or [N, W]."""
        entry = self.json["accessors"][number]
        width, kind = WIDTHS[entry["type"]], TYPES[entry["componentType"]]
        if "bufferView" in entry:
            values = np.frombuffer(self.view(entry["bufferView"]), kind).reshape(-1, width)
            assert len(values) == entry["count"]
        else:
            values = np.zeros((entry["count"], width), kind)
        if "sparse" in entry:
            sparse = entry["sparse"]
            rows = np.frombuffer(
                self.view(sparse["indices"]["bufferView"]),
                TYPES[sparse["indices"]["componentType"]],
            )
            assert len(rows) == sparse["count"]
            assert (np.diff(rows.astype(int)) > 0).all()
            values = values.copy()
            values[rows] = np.frombuffer(self.view(sparse["values"]["bufferView"]), kind).reshape(
                -1, width
            )
        if "min" in entry:
            assert values.min(axis=0).tolist() == entry["min"]
            assert values.max(axis=0).tolist() == entry["max"]
        return values[:, 0] if width == 1 else values


def test_a_file_by_hand() -> None:
    """One number: 12 bytes of header, two chunks, all padded to four."""
    builder = GlbBuilder()
    builder.accessor(np.array([7], np.uint8))
    data = builder.pack({})
    text = (
        b'{"asset":{"version":"2.0","generator":"Elocute"},"accessors":[{"componentType":5121,'
        b'"count":1,"type":"SCALAR","bufferView":0}],"bufferViews":[{"buffer":0,"byteOffset":0,'
        b'"byteLength":1}],"buffers":[{"byteLength":4}]}'
    )
    text += b" " * (-len(text) % 4)
    assert data == (
        b"glTF\x02\0\0\0" + struct.pack("<I", 28 + len(text) + 4)
        + struct.pack("<I", len(text)) + b"JSON" + text
        + b"\x04\0\0\0BIN\0\x07\0\0\0"
    )  # fmt: skip


FINITE = st.floats(-1e6, 1e6, width=32)


@given(st.lists(hnp.arrays(np.float32, st.tuples(st.integers(1, 9), st.just(3)), elements=FINITE)))
def test_arrays_come_back(arrays: list[np.ndarray]) -> None:
    """Whole or sparse, any number of them, bounds included."""
    builder = GlbBuilder()
    numbers = [(builder.vertices(a, bounds=True), builder.sparse(a)) for a in arrays]
    read = Glb(builder.pack({}))
    for (whole, sparse), values in zip(numbers, arrays, strict=True):
        np.testing.assert_array_equal(read.array(whole), values)
        np.testing.assert_array_equal(read.array(sparse), values)


def test_sparse_rows_alone_are_stored() -> None:
    """Two of a thousand rows: 2 numbers and 24 bytes, not 12,000."""
    values = np.zeros((1000, 3), np.float32)
    values[[3, 700]] = 1.0
    builder = GlbBuilder()
    builder.sparse(values)
    assert sum(view["byteLength"] for view in Glb(builder.pack({})).json["bufferViews"]) == 2 * 14


def test_types_gltf_does_not_have_are_refused() -> None:
    """Doubles are a mistake of the caller's."""
    with pytest.raises(KeyError):
        GlbBuilder().accessor(np.zeros(3))
