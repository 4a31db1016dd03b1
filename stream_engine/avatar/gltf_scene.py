"""Where a glTF scene's nodes stand at rest, and what its bones hold.

Source: Khronos, 'glTF 2.0 Specification', 3.5.3 (transformations) and 3.7.3 (skins).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from stream_engine.avatar.found_head import F64, I64
from stream_engine.avatar.vrm import bones_of
from stream_engine.formats.gltf_document import GltfDocument, broken

_DEEPEST = 256


@dataclass(frozen=True, slots=True)
class Spread:
    """How a mesh's own space comes to lie in the scene.

    Attributes:
        turn: Matrix of each vertex, or one for all, [V or 1, 3, 3].
        shift: Likewise, [V or 1, 3].
        head_share: Share of the head bone, [V]; None without bones.
        jaw_share: Share of the jaw bone, [V]; None without.
    """

    turn: F64
    shift: F64
    head_share: F64 | None = None
    jaw_share: F64 | None = None

    def points(self, values: F64) -> F64:
        """Place points, [V, 3]."""
        return self.offsets(values) + self.shift

    def offsets(self, values: F64) -> F64:
        """Turn and scale offsets, [V, 3]."""
        turned: F64 = np.einsum(
            "vij,vj->vi", np.broadcast_to(self.turn, (len(values), 3, 3)), values
        )
        return turned


class Scene:
    """The nodes of a document; AssetError if they are no forest.

    Args:
        document: The file.
    """

    def __init__(self, document: GltfDocument) -> None:
        self._document = document
        nodes = document.entries("nodes")
        scene = document.json.get("scene", 0)
        roots = document.entry("scenes", scene).get("nodes") if document.entries("scenes") else None
        self._world: dict[int, F64] = {}
        self._parent: dict[int, int] = {}
        for root in roots if isinstance(roots, list) else range(len(nodes)):
            self._walk(root, np.eye(4), 0)
        bones = {k: v for k, v in bones_of(document).items() if v in self._world}
        self._head = bones.get("head", self._named(r"(^|[_:. ])head$"))
        self._jaw = bones.get("jaw", self._named(r"(^|[_:. ])jaw([_. ]?(root|joint|master|01))?$"))

    @property
    def shown(self) -> list[int]:
        """Nodes of the scene, parents first."""
        return list(self._world)

    @property
    def jaw_place(self) -> F64 | None:
        """Where the jaw bone turns; None without one."""
        return None if self._jaw is None else self._world[self._jaw][:3, 3]

    def spread(self, number: int, attributes: dict[str, Any], rows: int) -> Spread:
        """Find how a node's mesh lies in the scene: by the node, or by the bones of its skin."""
        node = self._document.entry("nodes", number)
        if "skin" not in node or "JOINTS_0" not in attributes:
            world = self._world[number]
            return Spread(
                world[None, :3, :3],
                world[None, :3, 3],
                None
                if self._head is None
                else np.full(rows, float(self._hangs(number, self._head))),
                None if self._jaw is None else np.full(rows, float(self._hangs(number, self._jaw))),
            )
        return self._by_bones(node, attributes, rows)

    def _by_bones(self, node: dict[str, Any], attributes: dict[str, Any], rows: int) -> Spread:
        skin = self._document.entry("skins", node["skin"])
        listed = skin.get("joints")
        joints = [k for k in listed if isinstance(k, int)] if isinstance(listed, list) else []
        if not joints or joints != listed or any(joint not in self._world for joint in joints):
            raise broken("has a skin with bones outside the scene", f"skin {node['skin']}", "nodes")
        rests = np.tile(np.eye(4), (len(joints), 1, 1))
        if "inverseBindMatrices" in skin:
            read = self._document.accessor(skin["inverseBindMatrices"])
            if read.shape != (len(joints), 16):
                raise broken(
                    "has a skin without its rests", str(read.shape), f"({len(joints)}, 16)"
                )
            rests = read.reshape(-1, 4, 4).transpose(0, 2, 1)  # stored column by column
        moves = np.stack([self._world[joint] for joint in joints]) @ rests
        which = self._document.accessor(attributes["JOINTS_0"]).astype(np.int64)
        shares = self._document.accessor(attributes.get("WEIGHTS_0"))
        if which.shape != (rows, 4) or shares.shape != (rows, 4) or which.max() >= len(joints):
            raise broken("has joints that do not fit their mesh", f"{which.shape}", f"({rows}, 4)")
        shares = shares / np.maximum(shares.sum(axis=1, keepdims=True), 1e-9)
        mixed = np.einsum("vk,vkij->vij", shares, moves[which])
        return Spread(
            mixed[:, :3, :3], mixed[:, :3, 3],
            self._share(joints, self._head, which, shares),
            self._share(joints, self._jaw, which, shares),
        )  # fmt: skip

    def _share(self, joints: list[int], bone: int | None, which: I64, shares: F64) -> F64 | None:
        if bone is None:
            return None
        held = np.array([self._hangs(joint, bone) for joint in joints])
        share: F64 = (shares * held[which]).sum(axis=1)
        return share

    def _hangs(self, node: int, bone: int) -> bool:
        """Is a node the bone, or below it?"""
        return node == bone or any(above == bone for above in self._above(node))

    def _above(self, node: int) -> Iterator[int]:
        while node in self._parent:
            node = self._parent[node]
            yield node

    def _named(self, pattern: str) -> int | None:
        for number in self._world:
            entry = self._document.entry("nodes", number)
            if "mesh" not in entry and re.search(
                pattern, str(entry.get("name", "")), re.IGNORECASE
            ):
                return number
        return None

    def _walk(self, number: object, above: F64, depth: int) -> None:
        entry = self._document.entry("nodes", number)
        assert isinstance(number, int)
        if number in self._world or depth > _DEEPEST:
            raise broken("has nodes in a ring", f"node {entry.get('name', number)!r}", "a tree")
        self._world[number] = above @ _own(entry)
        children = entry.get("children")
        for child in children if isinstance(children, list) else []:
            self._parent[child] = number
            self._walk(child, self._world[number], depth + 1)


def _own(entry: dict[str, Any]) -> F64:
    """A node's matrix, column vectors."""
    if "matrix" in entry:
        return _numbers(entry, "matrix", [0.0] * 16).reshape(4, 4).T
    x, y, z, w = _numbers(entry, "rotation", [0.0, 0.0, 0.0, 1.0])
    turn = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    matrix = np.eye(4)
    matrix[:3, :3] = turn * _numbers(entry, "scale", [1.0, 1.0, 1.0])
    matrix[:3, 3] = _numbers(entry, "translation", [0.0, 0.0, 0.0])
    return matrix


def _numbers(entry: dict[str, Any], key: str, default: list[float]) -> F64:
    try:
        values = np.array(entry.get(key, default), dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise broken(f"has a node whose {key} is none", repr(entry.get(key)), "numbers") from error
    if values.shape != (len(default),) or not np.isfinite(values).all():
        raise broken(
            f"has a node {entry.get('name', '')!r} whose {key} is none",
            repr(entry.get(key)), f"{len(default)} numbers",
        )  # fmt: skip
    return values
