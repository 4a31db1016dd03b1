"""Files of heads as other programs might write them, made out of the head that ships."""

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from stream_engine.formats.glb import GlbBuilder
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.mesh.skin_texture import read_skin_texture, write_png
from stream_engine.motion.arkit import ARKIT_COUNT, ARKIT_NAMES

NODES = {"skin": "Face", "mouth": "TeethAndTongue", "eye": "Eyes", "lash": "Eyelashes"}
PLAIN_NAMES: Mapping[str, str] = {name: name for name in ARKIT_NAMES}


@dataclass(frozen=True)
class MadeFile:
    """How a head is to be written.

    Attributes:
        names: Names of shapes in the file, by ARKit's; what is not named is left out.
        matrix: Of every node, [4, 4].
        without: Draw groups that are left out.
        extra: What else stands in the document.
        mixed: Further shapes by name, as weights of ARKit's.
    """

    names: Mapping[str, str] = field(default_factory=lambda: PLAIN_NAMES)
    matrix: np.ndarray = field(default_factory=lambda: np.eye(4))
    without: tuple[str, ...] = ()
    extra: Mapping[str, Any] = field(default_factory=dict)
    mixed: Mapping[str, Mapping[str, float]] = field(default_factory=dict)


def made_glb(head: HeadAsset, wanted: MadeFile | None = None) -> bytes:
    """Write the head as a GLB of a mesh for each draw group, with a small picture."""
    wanted = wanted or MadeFile()
    builder = GlbBuilder()
    shapes = head.basis.reshape(ARKIT_COUNT, -1, 3)
    offsets = {name: shapes[ARKIT_NAMES.index(k)] for k, name in wanted.names.items()}
    for name, parts in wanted.mixed.items():
        offsets[name] = sum(w * shapes[ARKIT_NAMES.index(k)] for k, w in parts.items())
    nodes, meshes = [], []
    groups = [group for group in head.groups if group.name not in wanted.without]
    for number, group in enumerate(groups):
        corners = head.draw_triangles[group.first_triangle :][: group.triangles]
        used, local = np.unique(corners, return_inverse=True)
        attributes = {
            "POSITION": builder.vertices(head.positions[used], bounds=True),
            "TEXCOORD_0": builder.vertices(head.uv[used]),
        }
        primitive = {
            "attributes": attributes,
            "indices": builder.indices(local.reshape(-1).astype(np.uint16)),
            "targets": [{"POSITION": builder.sparse(o[used])} for o in offsets.values()],
            "material": number,
        }
        node = {"name": NODES[group.name], "mesh": number}
        if not np.array_equal(wanted.matrix, np.eye(4)):
            node["matrix"] = wanted.matrix.T.ravel().tolist()
        nodes.append(node)
        meshes.append(
            {
                "name": NODES[group.name],
                "primitives": [primitive],
                "extras": {"targetNames": list(offsets)},
            }
        )
    picture = builder.view(small_picture(head))
    document = {
        "scene": 0,
        "scenes": [{"nodes": list(range(len(nodes)))}],
        "nodes": nodes,
        "meshes": meshes,
        "materials": [material(NODES[group.name], group.name == "skin") for group in groups],
        "textures": [{"source": 0}],
        "images": [{"mimeType": "image/png", "bufferView": picture}],
        **wanted.extra,
    }
    return builder.pack(document)


def material(name: str, pictured: bool) -> dict[str, Any]:
    """A material, with the picture or a plain colour."""
    coat: dict[str, Any] = {"metallicFactor": 0.0, "roughnessFactor": 0.7}
    if pictured:
        coat["baseColorTexture"] = {"index": 0}
    else:
        coat["baseColorFactor"] = [0.5, 0.3, 0.3, 1.0]
    return {"name": name, "pbrMetallicRoughness": coat}


def small_picture(head: HeadAsset) -> bytes:
    """The head's skin in sRGB, an eighth as large."""
    pixels = read_skin_texture(head)[4::8, 4::8].astype(np.float64) / 255.0
    pixels[..., :3] = pixels[..., :3] ** (2 / 2.2)
    pixels[..., 3] = 1.0
    return write_png(np.round(pixels * 255).astype(np.uint8))


def with_document(glb: bytes, change: Mapping[str, Any]) -> bytes:
    """A GLB whose JSON has other values at its top."""
    length = struct.unpack_from("<I", glb, 12)[0]
    document = dict(change) if "asset" in change else json.loads(glb[20 : 20 + length]) | change
    text = json.dumps(document).encode()
    text += b" " * (-len(text) % 4)
    rest = glb[20 + length :]
    size = 20 + len(text) + len(rest)
    return glb[:8] + struct.pack("<II4s", size, len(text), b"JSON") + text + rest


def document_of(glb: bytes) -> dict[str, Any]:
    """The JSON of a GLB."""
    length = struct.unpack_from("<I", glb, 12)[0]
    found: dict[str, Any] = json.loads(glb[20 : 20 + length])
    return found
