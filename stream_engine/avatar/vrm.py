"""What VRM says beyond glTF: expressions mixed out of shapes, which bone is which, the licence."""

from __future__ import annotations

from typing import Any

from stream_engine.formats.gltf_document import GltfDocument, entries_of

VRM_0, VRM_1 = "VRM", "VRMC_vrm"
_FULL = 100.0
"""VRM 0's weights are percent."""

Expressions = dict[int, dict[str, dict[int, float]]]


def expressions_of(document: GltfDocument) -> Expressions:
    """Read the expressions that are made of shapes.

    Args:
        document: The file.

    Returns:
        By node, then by name (``vrm0_a``, ``vrm1_aa``): the weight of each morph target.
    """
    found: Expressions = {}
    old = _extension(document, VRM_0).get("blendShapeMaster")
    for group in entries_of(old, "blendShapeGroups") if isinstance(old, dict) else []:
        name = str(group.get("presetName") or "unknown")
        name = f"vrm0_{group.get('name', '') if name == 'unknown' else name}"
        for bind in entries_of(group, "binds"):
            for node in _nodes_with(document, bind.get("mesh")):
                _bind(found, node, name, (bind.get("index"), bind.get("weight"), _FULL))
    new = _extension(document, VRM_1).get("expressions")
    for kind in ("preset", "custom"):
        presets = new.get(kind) if isinstance(new, dict) else None
        for name, preset in presets.items() if isinstance(presets, dict) else ():
            for bind in entries_of(preset, "morphTargetBinds") if isinstance(preset, dict) else []:
                row = (bind.get("index"), bind.get("weight"), 1.0)
                _bind(found, bind.get("node"), f"vrm1_{name}", row)
    return found


def bones_of(document: GltfDocument) -> dict[str, int]:
    """Give the nodes of humanoid bones by VRM's names for them."""
    old = _extension(document, VRM_0).get("humanoid")
    bones = {
        str(bone.get("bone")): bone.get("node")
        for bone in (entries_of(old, "humanBones") if isinstance(old, dict) else [])
    }
    new = _extension(document, VRM_1).get("humanoid")
    named = new.get("humanBones") if isinstance(new, dict) else None
    for name, bone in named.items() if isinstance(named, dict) else ():
        bones[str(name)] = bone.get("node") if isinstance(bone, dict) else None
    count = len(document.entries("nodes"))
    return {k: v for k, v in bones.items() if isinstance(v, int) and 0 <= v < count}


def licence_of(document: GltfDocument) -> str:
    """Say what the file says about its use; empty if nothing."""
    old, new = _extension(document, VRM_0).get("meta"), _extension(document, VRM_1).get("meta")
    said: list[object] = []
    if isinstance(old, dict):
        said += [old.get("author"), old.get("licenseName"), old.get("otherLicenseUrl")]
    if isinstance(new, dict):
        authors = new.get("authors")
        said += authors if isinstance(authors, list) else []
        said.append(new.get("licenseUrl"))
    asset = document.json.get("asset")
    said.append(asset.get("copyright") if isinstance(asset, dict) else None)
    return "; ".join(str(part) for part in said if part)


def _bind(found: Expressions, node: object, name: str, row: tuple[object, object, float]) -> None:
    index, weight, full = row
    if isinstance(node, int) and isinstance(index, int) and isinstance(weight, int | float):
        found.setdefault(node, {}).setdefault(name, {})[index] = weight / full


def _nodes_with(document: GltfDocument, mesh: object) -> list[int]:
    return [k for k, node in enumerate(document.entries("nodes")) if node.get("mesh") == mesh]


def _extension(document: GltfDocument, name: str) -> dict[str, Any]:
    extensions = document.json.get("extensions")
    found = extensions.get(name) if isinstance(extensions, dict) else None
    return found if isinstance(found, dict) else {}
