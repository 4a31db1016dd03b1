"""Binary glTF 2.0: arrays in, one file out.

Source: Khronos, 'glTF 2.0 Specification', chapters 3.6 (buffers, accessors) and 4 (GLB).
"""

import json
import struct
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAGIC, VERSION = b"glTF", 2
_COMPONENTS = {"float32": 5126, "uint16": 5123, "uint8": 5121}
_SHAPES = {(): "SCALAR", (2,): "VEC2", (3,): "VEC3", (4,): "VEC4", (4, 4): "MAT4"}
_VERTICES, _INDICES = 34962, 34963

Array = NDArray[Any]


class GlbBuilder:
    """Gathers what a file holds; the numbers its methods return are what the JSON refers to."""

    def __init__(self) -> None:
        self._data = bytearray()
        self._views: list[dict[str, Any]] = []
        self._accessors: list[dict[str, Any]] = []

    def accessor(self, values: Array, *, normalized: bool = False, bounds: bool = False) -> int:
        """Add an array that is no part of a mesh, such as the keys of an animation.

        Args:
            values: float32, uint16 or uint8 [N], [N, 2..4] or [N, 4, 4], matrices by columns.
            normalized: Whole numbers stand for 0..1.
            bounds: Say the least and the greatest.

        Returns:
            Number of the accessor.
        """
        return self._add(values, self.view(values), normalized, bounds)

    def vertices(self, values: Array, *, normalized: bool = False, bounds: bool = False) -> int:
        """Add an attribute of vertices, rows of a multiple of four bytes; see `accessor`."""
        return self._add(values, self.view(values, _VERTICES), normalized, bounds)

    def indices(self, values: Array) -> int:
        """Add the corners of triangles; see `accessor`."""
        return self._add(values.reshape(-1), self.view(values, _INDICES), False, False)

    def sparse(self, values: Array) -> int:
        """Add rows of float32 [N, 3], most of which are zero; only the others are stored."""
        rows = np.flatnonzero(values.any(axis=1))
        rows = rows if len(rows) else np.array([0])  # readers differ about nothing at all
        number = self._add(values, None, False, True)
        self._accessors[number]["sparse"] = {
            "count": len(rows),
            "indices": {
                "bufferView": self.view(rows.astype(np.uint16)),
                "componentType": _COMPONENTS["uint16"],
            },
            "values": {"bufferView": self.view(values[rows])},
        }
        return number

    def view(self, data: Array | bytes, target: int | None = None) -> int:
        """Add bytes, such as a picture, and give the number of their view."""
        raw = data if isinstance(data, bytes) else np.ascontiguousarray(data).tobytes()
        self._data += b"\0" * (-len(self._data) % 4)
        view: dict[str, Any] = {"buffer": 0, "byteOffset": len(self._data), "byteLength": len(raw)}
        if target is not None:
            view["target"] = target
        self._views.append(view)
        self._data += raw
        return len(self._views) - 1

    def pack(self, document: dict[str, Any]) -> bytes:
        """Write the file.

        Args:
            document: What stands in the JSON beside buffers, views and accessors.

        Returns:
            A GLB.
        """
        self._data += b"\0" * (-len(self._data) % 4)
        whole = {
            "asset": {"version": "2.0", "generator": "Elocute"},
            **document,
            "accessors": self._accessors,
            "bufferViews": self._views,
            "buffers": [{"byteLength": len(self._data)}],
        }
        text = json.dumps(whole, separators=(",", ":")).encode("utf-8")
        text += b" " * (-len(text) % 4)
        chunks = _chunk(b"JSON", text) + _chunk(b"BIN\0", bytes(self._data))
        return MAGIC + struct.pack("<II", VERSION, 12 + len(chunks)) + chunks

    def _add(self, values: Array, view: int | None, normalized: bool, bounds: bool) -> int:
        entry: dict[str, Any] = {
            "componentType": _COMPONENTS[values.dtype.name],
            "count": len(values),
            "type": _SHAPES[values.shape[1:]],
        }
        if view is not None:
            entry["bufferView"] = view
        if normalized:
            entry["normalized"] = True
        if bounds:
            entry["min"] = np.atleast_1d(values.min(axis=0)).tolist()
            entry["max"] = np.atleast_1d(values.max(axis=0)).tolist()
        self._accessors.append(entry)
        return len(self._accessors) - 1


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack("<I", len(data)) + kind + data
