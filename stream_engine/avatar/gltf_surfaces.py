"""Reads the materials of a glTF file, and the pictures they are painted with."""

from __future__ import annotations

import base64
import binascii
from pathlib import Path
from typing import Any
from urllib.parse import unquote

from stream_engine.avatar.found_head import FoundSurface
from stream_engine.errors import AssetError
from stream_engine.formats.gltf_document import GltfDocument, broken


def surfaces_of(document: GltfDocument, folder: Path) -> tuple[FoundSurface, ...]:
    """Read all materials.

    Args:
        document: The file.
        folder: Where pictures lie that it only names.

    Returns:
        In order; a mesh without a material has the number -1, the plain one at the end.
    """
    read = [_surface(document, folder, entry) for entry in document.entries("materials")]
    return (*read, FoundSurface("plain", (0.6, 0.45, 0.38, 1.0)))


def _surface(document: GltfDocument, folder: Path, entry: dict[str, Any]) -> FoundSurface:
    coat = entry.get("pbrMetallicRoughness")
    coat = coat if isinstance(coat, dict) else {}
    color = coat.get("baseColorFactor", [1.0] * 4)
    if not (isinstance(color, list) and len(color) == 4 and all(_number(c) for c in color)):
        raise broken(f"has a material {entry.get('name')!r} of no colour", repr(color), "4 numbers")
    rough = coat.get("roughnessFactor", 1.0)
    texture = coat.get("baseColorTexture")
    number = texture.get("index") if isinstance(texture, dict) else None
    return FoundSurface(
        name=str(entry.get("name", "")),
        color=(float(color[0]), float(color[1]), float(color[2]), float(color[3])),
        picture=None if number is None else _picture(document, folder, number),
        see_through=entry.get("alphaMode") in ("MASK", "BLEND"),
        two_sided=bool(entry.get("doubleSided")),
        roughness=float(rough) if _number(rough) else 1.0,
    )


def _picture(document: GltfDocument, folder: Path, number: object) -> bytes | None:
    texture = document.entry("textures", number)
    if "source" not in texture:  # only in an extension, such as KHR_texture_basisu
        return None
    image = document.entry("images", texture["source"])
    if "bufferView" in image:
        return document.bytes_of(image["bufferView"])
    uri = image.get("uri")
    if not isinstance(uri, str):
        raise broken(f"has an image {image.get('name')!r} without data", repr(uri), "a file")
    if uri.startswith("data:"):
        try:
            return base64.b64decode(uri.partition(",")[2], validate=True)
        except (binascii.Error, ValueError) as error:
            raise broken("has an image that is no base64", str(error), "base64") from error
    path = folder / unquote(uri)
    try:
        return path.read_bytes()
    except OSError as error:
        raise AssetError(
            "a picture of the avatar cannot be read",
            got=f"{path}: {error}",
            fix="put it there, or export as one .glb",
        ) from error


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
