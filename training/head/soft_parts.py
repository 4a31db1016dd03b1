"""The tongue and the lashes, taken from MakeHuman's own geometry."""

from __future__ import annotations

import numpy as np

from stream_engine.mesh.materials import Material
from training.head.makehuman import Floats, Ints
from training.head.part import Part, split_quads
from training.head.source import Source

_TONGUE_COLOR = (0.72, 0.36, 0.36)
_LASH_COLOR = (0.09, 0.07, 0.06)


def build_tongue(source: Source) -> Part:
    """Take the tongue as it is, in the mouth's draw group."""
    return _take(source, ("helper-tongue",), "mouth", Material.TONGUE, _TONGUE_COLOR)


def build_lashes(source: Source) -> Part:
    """Take the lashes; uv.x runs along the lid, uv.y from the root (0) to the tip (1)."""
    names = [f"helper-{side}-eyelashes-{row}" for side in "lr" for row in (1, 2)]
    parts = [_take(source, (name,), "lash", Material.LASH, _LASH_COLOR) for name in names]
    first = np.cumsum([0] + [len(part.positions) for part in parts])
    return Part(
        "lash",
        np.concatenate([part.positions for part in parts]),
        np.concatenate([p.triangles + o for p, o in zip(parts, first[:-1], strict=True)]),
        np.concatenate([_lash_uv(source, name) for name in names]),
        np.concatenate([part.material for part in parts]),
        np.concatenate([part.color for part in parts]),
        np.concatenate([part.deltas for part in parts], axis=1),
    )


def _take(
    source: Source,
    groups: tuple[str, ...],
    draw_group: str,
    material: Material,
    color: tuple[float, float, float],
) -> Part:
    wanted = np.array([name in groups for name in source.mesh.quad_groups])
    original, inverse = np.unique(source.mesh.quads[wanted], return_inverse=True)
    quads: Ints = inverse.reshape(-1, 4)
    positions = source.positions[original]
    return Part(
        draw_group,
        positions,
        split_quads(positions, quads),
        np.zeros((len(original), 2)),
        np.full(len(original), int(material)),
        np.tile(np.array(color), (len(original), 1)),
        source.shapes[:, original],
    )


def _lash_uv(source: Source, name: str) -> Floats:
    """Along the lid by angle about the eye, outwards by distance from the eyeball's surface."""
    original = np.unique(source.mesh.quads[np.array(source.mesh.quad_groups) == name])
    eye = source.group(f"helper-{name[7]}-eye")
    centre = eye.mean(axis=0)
    local = source.positions[original] - centre
    along = (local[:, 0] - local[:, 0].min()) / np.ptp(local[:, 0])
    reach = np.linalg.norm(local, axis=1)
    # The root line is the nearest vertex of each stretch of lid.
    root = np.array(
        [reach[np.abs(along - along[i]) < 0.08].min() for i in range(len(along))]
    )
    out = np.clip((reach - root) / max(float((reach - root).max()), 1e-6), 0.0, 1.0)
    return np.stack([along, out], axis=1)
