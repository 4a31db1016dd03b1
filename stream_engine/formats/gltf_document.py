"""glTF 2.0 read: a file taken apart, its accessors as arrays. Nothing in it is trusted.

Source: Khronos, 'glTF 2.0 Specification', chapters 3.6 (buffers, accessors) and 4 (GLB).
"""

import base64
import binascii
import json
import struct
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import AssetError
from stream_engine.formats.glb import MAGIC, VERSION

F64 = NDArray[np.float64]
Beside = Callable[[str], bytes]
"""Gives the bytes of a file that lies beside the document, by name."""

_TYPES = {5120: "<i1", 5121: "<u1", 5122: "<i2", 5123: "<u2", 5125: "<u4", 5126: "<f4"}
_WIDTHS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3, "VEC4": 4, "MAT2": 4, "MAT3": 9, "MAT4": 16}
_MOST_VALUES = 1 << 26


class GltfDocument:
    """A glTF or GLB file.

    Args:
        data: The file.
        beside: Gives the bytes of files it names.

    Raises:
        AssetError: If it is neither, or cut off.
    """

    def __init__(self, data: bytes, beside: Beside) -> None:
        text, self._binary = _split(data) if data.startswith(MAGIC) else (data, None)
        try:
            found = json.loads(text.decode("utf-8-sig"))
        except (ValueError, RecursionError) as error:
            raise broken("is no JSON", f"{error}", "glTF 2.0, as .gltf or .glb") from error
        if not isinstance(found, dict):
            raise broken("is no object", type(found).__name__, "glTF 2.0")
        asset = found.get("asset")
        version = str(asset.get("version", "")) if isinstance(asset, dict) else ""
        if not version.startswith("2"):
            raise broken("has another version", version or "none", "glTF 2.0")
        self.json: dict[str, Any] = found
        self._beside = beside
        self._buffers: dict[int, bytes] = {}

    def entries(self, name: str) -> list[dict[str, Any]]:
        """Give a list at the top of the document; empty if there is none."""
        return entries_of(self.json, name)

    def entry(self, name: str, number: object) -> dict[str, Any]:
        """Give one of such a list.

        Args:
            name: Of the list.
            number: Of the entry.

        Returns:
            It.

        Raises:
            AssetError: If there is none of that number.
        """
        rows = self.entries(name)
        if not isinstance(number, int) or isinstance(number, bool) or not 0 <= number < len(rows):
            raise broken(f"refers to {name} it has not", repr(number), f"0..{len(rows) - 1}")
        return rows[number]

    def accessor(self, number: object) -> F64:
        """Read an array; whole numbers that are normalized become -1..1.

        Args:
            number: Of the accessor.

        Returns:
            [N] or [N, W].

        Raises:
            AssetError: If it does not lie within its buffer, or is of no known type.
        """
        entry = self.entry("accessors", number)
        kind, width = _type(entry), _WIDTHS.get(str(entry.get("type")))
        count = _size(entry, "count")
        if kind is None or width is None or count * width > _MOST_VALUES:
            got = f"componentType {entry.get('componentType')}, type {entry.get('type')}, {count}"
            raise broken("has an accessor of no known type", got, "numbers, vectors, matrices")
        plain = np.zeros((count, width), kind)
        if "bufferView" in entry:
            plain = self._rows(entry["bufferView"], _size(entry, "byteOffset"), plain)
        if isinstance(entry.get("sparse"), dict):
            plain = self._with_sparse(entry["sparse"], plain)
        values = plain.astype(np.float64)
        if entry.get("normalized") and plain.dtype.kind in "iu":
            values = np.maximum(values / np.iinfo(plain.dtype).max, -1.0)
        return values[:, 0] if width == 1 else values

    def bytes_of(self, view_number: object) -> bytes:
        """Read a view as it lies there, such as a picture; AssetError if it is cut off."""
        view = self.entry("bufferViews", view_number)
        size = _size(view, "byteLength")
        return self._rows(view_number, 0, np.zeros((size, 1), np.uint8)).tobytes()

    def _with_sparse(self, sparse: dict[str, Any], plain: NDArray[Any]) -> NDArray[Any]:
        count = _size(sparse, "count")
        places, values = sparse.get("indices"), sparse.get("values")
        if not isinstance(places, dict) or not isinstance(values, dict) or count > len(plain):
            raise broken("has a sparse accessor that is none", f"{count} rows", "fewer than it has")
        kind = _type(places) or "<u1"
        rows = self._rows(
            places.get("bufferView"), _size(places, "byteOffset"), np.zeros((count, 1), kind)
        )[:, 0].astype(np.int64)
        if count and not 0 <= rows.min() <= rows.max() < len(plain):
            raise broken("has sparse rows past the end", str(rows.max()), f"0..{len(plain) - 1}")
        whole = plain.copy()
        whole[rows] = self._rows(
            values.get("bufferView"), _size(values, "byteOffset"), plain[:count]
        )
        return whole

    def _rows(self, view_number: object, offset: int, like: NDArray[Any]) -> NDArray[Any]:
        """Rows out of a view, as many and of such a type as ``like``."""
        view = self.entry("bufferViews", view_number)
        data = self._buffer(view.get("buffer", -1))
        row = like.dtype.itemsize * like.shape[1]
        stride = _size(view, "byteStride") or row
        start = _size(view, "byteOffset") + offset
        need = start + (len(like) - 1) * stride + row if len(like) else 0
        end = _size(view, "byteOffset") + _size(view, "byteLength")
        if need > min(end, len(data)) or stride < row:
            raise broken("has a buffer cut off", f"{min(end, len(data))} bytes", f"{need}")
        picked = np.lib.stride_tricks.as_strided(
            np.frombuffer(data, np.uint8)[start:], (len(like), row), (stride, 1), writeable=False
        )
        return np.ascontiguousarray(picked).view(like.dtype).reshape(like.shape)

    def _buffer(self, number: object) -> bytes:
        entry = self.entry("buffers", number)
        assert isinstance(number, int)
        if number not in self._buffers:
            self._buffers[number] = self._loaded(entry.get("uri"), number)
        return self._buffers[number]

    def _loaded(self, uri: object, number: int) -> bytes:
        if uri is None:
            if self._binary is None or number:
                raise broken("lacks its binary chunk", f"buffer {number} without uri", "a GLB")
            return self._binary
        if not isinstance(uri, str):
            raise broken("names a buffer strangely", repr(uri), "a file or data URI")
        if not uri.startswith("data:"):
            return self._beside(unquote(uri))
        head, _, body = uri.partition(",")
        try:
            return base64.b64decode(body, validate=True) if head.endswith(";base64") else b""
        except (binascii.Error, ValueError) as error:
            raise broken("has a data URI that is no base64", str(error), "base64") from error


def entries_of(holder: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """Give the objects of a list; what is no list or no object counts as empty."""
    rows = holder.get(name)
    return [row if isinstance(row, dict) else {} for row in rows] if isinstance(rows, list) else []


def broken(how: str, got: str, expected: str) -> AssetError:
    """Say what is wrong with a file."""
    return AssetError(f"glTF {how}", got=got, expected=expected, fix="export it again")


def _type(entry: dict[str, Any]) -> str | None:
    component = entry.get("componentType")
    return _TYPES.get(component) if isinstance(component, int) else None


def _size(entry: dict[str, Any], key: str) -> int:
    value = entry.get(key, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 1 << 40:
        raise broken(f"has a {key} that is none", repr(value), "a whole number")
    return value


def _split(data: bytes) -> tuple[bytes, bytes | None]:
    """JSON and binary chunk of a GLB."""
    if len(data) < 20 or struct.unpack_from("<I", data, 4)[0] != VERSION:
        raise broken("is no GLB of version 2", f"{len(data)} bytes", "a header and a chunk of JSON")
    length = struct.unpack_from("<I", data, 8)[0]
    if length > len(data):
        raise broken("is cut off", f"{len(data)} bytes", str(length))
    chunks: dict[bytes, bytes] = {}
    at = 12
    while at + 8 <= length:
        size, kind = struct.unpack_from("<I4s", data, at)
        if at + 8 + size > length:
            raise broken("is cut off", f"{length - at - 8} bytes of a chunk", str(size))
        chunks.setdefault(kind, data[at + 8 : at + 8 + size])
        at += 8 + size
    if b"JSON" not in chunks:
        raise broken("has no chunk of JSON", f"{sorted(chunks)}", "JSON first")
    return chunks[b"JSON"], chunks.get(b"BIN\0")
