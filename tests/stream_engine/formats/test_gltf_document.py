"""glTF taken apart: every kind of number, every place of a buffer, nothing trusted."""

import base64
import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from stream_engine.errors import AssetError
from stream_engine.formats.glb import GlbBuilder
from stream_engine.formats.gltf_document import GltfDocument, broken, entries_of

COMPONENTS = {"<i1": 5120, "<u1": 5121, "<i2": 5122, "<u2": 5123, "<u4": 5125, "<f4": 5126}


def nothing(name: str) -> bytes:
    raise AssertionError(f"asked for {name}")


def document(**parts: Any) -> GltfDocument:
    """A document of these parts."""
    return GltfDocument(json.dumps({"asset": {"version": "2.0"}, **parts}).encode(), nothing)


def of_array(values: np.ndarray, stride: int = 0, **more: Any) -> dict[str, Any]:
    """Parts of a document whose accessor 0 is an array, in a data URI, its rows apart."""
    rows = values.reshape(len(values), -1)
    size = rows.dtype.itemsize * rows.shape[1]
    gap = b"\xee" * (stride - size if stride else 0)
    raw = b"\xee" * 4 + b"".join(row.tobytes() + gap for row in rows)
    view: dict[str, Any] = {"buffer": 0, "byteOffset": 4, "byteLength": len(raw) - 4}
    if stride:
        view["byteStride"] = stride
    kind = {1: "SCALAR", 2: "VEC2", 3: "VEC3", 4: "VEC4"}[rows.shape[1]]
    component = COMPONENTS[values.dtype.str.replace("|", "<")]
    entry = {"bufferView": 0, "componentType": component, "count": len(values), "type": kind}
    uri = "data:application/octet-stream;base64," + base64.b64encode(raw).decode()
    return {
        "buffers": [{"uri": uri, "byteLength": len(raw)}],
        "bufferViews": [view],
        "accessors": [{**entry, **more}],
    }


ARRAYS = st.sampled_from(sorted(COMPONENTS)).flatmap(
    lambda kind: hnp.arrays(
        np.dtype(kind),
        st.tuples(st.integers(1, 5), st.integers(2, 4)),
        elements=st.floats(-9, 9, width=32) if kind == "<f4" else None,
    )
)


@given(ARRAYS, st.sampled_from([0, 16, 20]))
def test_arrays_are_read_in_any_type(values: np.ndarray, stride: int) -> None:
    """Bytes, shorts, ints, floats; packed or with gaps between rows."""
    read = document(**of_array(values, stride)).accessor(0)
    assert np.array_equal(read, values.astype(np.float64))


@given(ARRAYS)
def test_whole_numbers_may_stand_for_shares(values: np.ndarray) -> None:
    """Normalized: the greatest is 1, the least of a signed one -1; floats stay."""
    read = document(**of_array(values, normalized=True)).accessor(0)
    if values.dtype.kind == "f":
        assert np.array_equal(read, values)
    else:
        top = np.iinfo(values.dtype).max
        assert np.allclose(read, np.maximum(values / top, -1.0))
        assert np.abs(read).max() <= 1.0


def test_our_own_files_are_read() -> None:
    """Whole and sparse arrays of the writer, out of a GLB."""
    random = np.random.default_rng(0)
    plain, thin = random.random((5, 3)).astype("<f4"), np.zeros((9, 3), np.float32)
    thin[[2, 7]] = 1.5
    builder = GlbBuilder()
    numbers = [builder.accessor(plain), builder.sparse(thin), builder.accessor(plain[:, 0])]
    read = GltfDocument(builder.pack({}), nothing)
    for number, values in zip(numbers, [plain, thin, plain[:, 0]], strict=True):
        assert np.array_equal(read.accessor(number), values)


def test_an_accessor_of_nothing_is_zeros() -> None:
    """Neither view nor rows, as the specification has it."""
    entry = {"componentType": 5126, "count": 3, "type": "VEC2"}
    assert not document(accessors=[entry]).accessor(0).any()


def test_buffers_may_lie_beside_the_file() -> None:
    """Asked for once, by its plain name."""
    parts = of_array(np.arange(4, dtype="<f4").reshape(2, 2))
    raw = base64.b64decode(parts["buffers"][0]["uri"].split(",")[1])
    parts["buffers"] = [{"uri": "a%20b.bin", "byteLength": len(raw)}]
    asked = []

    def beside(name: str) -> bytes:
        asked.append(name)
        return raw

    text = json.dumps({"asset": {"version": "2.0"}, **parts}).encode()
    found = GltfDocument(text, beside)
    assert found.accessor(0).tolist() == found.accessor(0).tolist() == [[0, 1], [2, 3]]
    assert asked == ["a b.bin"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"accessors": []}, r"accessors it has not.*got 0"),
        ({"bufferViews": []}, "bufferViews it has not"),
        ({"buffers": []}, "buffers it has not"),
        ({"buffers": [{"uri": 3}]}, "names a buffer strangely"),
        ({"buffers": [{}]}, "lacks its binary chunk"),
        ({"buffers": [{"uri": "data:x;base64,!!"}]}, "no base64"),
        ({"buffers": [{"uri": "data:x;base64,AAAA"}]}, "cut off; got 3 bytes; expected 20"),
        ({"buffers": [{"uri": "data:x,AAAA"}]}, "cut off; got 0 bytes"),
        ({"bufferViews": [{"buffer": 0, "byteLength": 7}]}, "cut off; got 7 bytes"),
        ({"bufferViews": [{"buffer": 0, "byteLength": 20, "byteStride": 1}]}, "cut off"),
        ({"bufferViews": [{"buffer": 0, "byteOffset": -4}]}, "byteOffset that is none; got -4"),
        ({"accessors": [{"componentType": 1, "count": 1, "type": "VEC2"}]}, "componentType 1"),
        ({"accessors": [{"componentType": 5126, "count": 1, "type": "VEC9"}]}, "VEC9"),
        ({"accessors": [{"componentType": 5126, "count": 10**9, "type": "VEC2"}]}, "1000000000"),
        ({"accessors": [{"componentType": 5126, "count": "2", "type": "VEC2"}]}, "count that is"),
    ],
)
def test_a_document_that_lies_is_refused(change: dict[str, Any], said: str) -> None:
    """Numbers of nothing, strange buffers, arrays past the end, sizes that are none."""
    parts = of_array(np.arange(4, dtype="<f4").reshape(2, 2))
    with pytest.raises(AssetError, match=said):
        document(**{**parts, **change}).accessor(0)


@pytest.mark.parametrize("sparse", [{"count": 1}, {"count": 9, "indices": {}, "values": {}}])
def test_a_sparse_array_that_is_none_is_refused(sparse: dict[str, Any]) -> None:
    """Parts that are not there; more rows than there are."""
    with pytest.raises(AssetError, match="sparse accessor"):
        document(**of_array(np.zeros((2, 2), "<f4"), sparse=sparse)).accessor(0)


def test_sparse_rows_past_the_end_are_refused() -> None:
    """Never written beside the array."""
    parts = of_array(np.full((2, 2), 200, "<u1"))
    view = {"bufferView": 0, "componentType": 5121}
    parts["accessors"][0]["sparse"] = {"count": 1, "indices": view, "values": {"bufferView": 0}}
    with pytest.raises(AssetError, match=r"past the end; got 200; expected 0\.\.1"):
        document(**parts).accessor(0)


def glb() -> bytes:
    builder = GlbBuilder()
    builder.accessor(np.arange(3, dtype=np.float32))
    return builder.pack({})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no JSON"),
        (b"{", "no JSON"),
        (b"[1]", "no object; got list"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"{}", "another version; got none"),
        (b'{"asset":{"version":"1.0"}}', "another version; got 1.0"),
        (b"glTF", "no GLB"),
        (glb()[:40], "cut off; got 40 bytes"),
        (glb().replace(b"JSON", b"NONE"), "no chunk of JSON"),
        (b"glTF" + struct.pack("<II", 1, 20) + b"\0" * 8, "no GLB of version 2"),
        (b"glTF" + struct.pack("<III", 2, 20, 99) + b"JSON", "cut off; got 0 bytes of a chunk"),
    ],
)
def test_what_is_no_gltf_is_refused(data: bytes, said: str) -> None:
    """Empty, other JSON, other versions, cut off."""
    with pytest.raises(AssetError, match=said):
        GltfDocument(data, nothing)


@given(st.integers(0, len(glb()) - 1), st.integers(0, 255))
def test_a_byte_that_is_wrong_is_an_error_or_a_value(at: int, byte: int) -> None:
    """Never anything but an array or an AssetError."""
    data = bytearray(glb())
    data[at] = byte
    try:
        assert GltfDocument(bytes(data), nothing).accessor(0).ndim <= 2
    except AssetError as error:
        assert error.what.startswith("glTF")  # noqa: PT017 - either way is right


def test_lists_that_are_none_are_empty() -> None:
    """Entries that are no objects count as empty ones."""
    assert entries_of({"a": [{"b": 1}, 3]}, "a") == [{"b": 1}, {}]
    assert entries_of({"a": "text"}, "a") == entries_of({}, "a") == []


def test_errors_say_what_to_do() -> None:
    """What, got, expected, fix."""
    assert str(broken("is odd", "1", "2")) == (
        "glTF is odd; got 1; expected 2; to fix: export it again"
    )
