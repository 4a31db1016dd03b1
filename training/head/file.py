"""Writes safetensors files byte for byte the same every time."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_TYPES = {
    "float32": "F32",
    "int16": "I16",
    "uint8": "U8",
    "uint16": "U16",
    "uint32": "U32",
}
_ALIGN = 8


def write_tensors(
    file: Path,
    tensors: Mapping[str, NDArray],  # type: ignore[type-arg]
    metadata: Mapping[str, str],
) -> None:
    """Write tensors widest type first, then by name; the vendor's writer has no fixed order."""
    order = sorted(tensors, key=lambda name: (-tensors[name].itemsize, name))
    header: dict[str, object] = {"__metadata__": dict(sorted(metadata.items()))}
    blobs: list[bytes] = []
    start = 0
    for name in order:
        blob = np.ascontiguousarray(tensors[name]).tobytes()
        header[name] = {
            "dtype": _TYPES[str(tensors[name].dtype)],
            "shape": list(tensors[name].shape),
            "data_offsets": [start, start + len(blob)],
        }
        start += len(blob)
        blobs.append(blob)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % _ALIGN)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(len(text).to_bytes(8, "little") + text + b"".join(blobs))
