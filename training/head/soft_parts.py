"""The tongue and the lashes, taken from MakeHuman's own geometry."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from stream_engine.mesh.materials import Material
from stream_engine.motion.arkit import INDEX
from training.head.makehuman import Floats, Ints
from training.head.part import Part, split_quads
from training.head.source import Source

_TONGUE_COLOR = (0.72, 0.36, 0.36)
# MakeHuman's tongueOut runs into the lower lip of this face: lift the tip over it.
_TONGUE_OVER_LIP_M = np.array([0.0, 0.0005, 0.0125])
_ROOT_WINDOW = 0.08
_LOWER_ROW, _LOWER_THINNING = "-1", 0.62
_LASH_COLOR = (0.09, 0.07, 0.06)


def build_tongue(source: Source) -> Part:
    """Take the tongue as it is, in the mouth's draw group."""
    tongue = _take(source, ("helper-tongue",), "mouth", Material.TONGUE, _TONGUE_COLOR)
    depth = tongue.positions[:, 2]
    tip = np.clip((depth - depth.min()) / np.ptp(depth), 0.0, 1.0) ** 2
    deltas = tongue.deltas.copy()
    deltas[INDEX["tongueOut"]] += tip[:, None] * _TONGUE_OVER_LIP_M
    return replace(tongue, deltas=deltas)


def build_lashes(source: Source, skin: Part) -> Part:
    """Take the lashes; uv.x runs along the lid, uv.y from the root (0) to the tip (1)."""
    names = [f"helper-{side}-eyelashes-{row}" for side in "lr" for row in (1, 2)]
    parts = [_lash_row(source, name, skin) for name in names]
    first = np.cumsum([0] + [len(part.positions) for part in parts])
    return Part(
        "lash",
        np.concatenate([part.positions for part in parts]),
        np.concatenate([p.triangles + o for p, o in zip(parts, first[:-1], strict=True)]),
        np.concatenate([part.uv for part in parts]),
        np.concatenate([part.material for part in parts]),
        np.concatenate([part.color for part in parts]),
        np.concatenate([part.deltas for part in parts], axis=1),
    )


def _lash_row(source: Source, name: str, skin: Part) -> Part:
    """One lid's lashes; their roots move exactly as the lid under them does."""
    row = _take(source, (name,), "lash", Material.LASH, _LASH_COLOR)
    along, reach = _lash_frame(source, name, row.positions)
    near = np.abs(along[:, None] - along) < _ROOT_WINDOW
    root = np.where(near, reach, np.inf).argmin(axis=1)
    distance = np.linalg.norm(skin.positions - row.positions[root][:, None], axis=2)
    lid = distance.argmin(axis=1)
    deltas = skin.deltas[:, lid] + row.deltas - row.deltas[:, root]
    height = reach - reach[root]
    height = np.clip(height / max(float(height.max()), 1e-6), 0.0, 1.0)
    if name.endswith(_LOWER_ROW):
        height = _LOWER_THINNING + (1 - _LOWER_THINNING) * height
    return replace(row, uv=np.stack([along, height], axis=1), deltas=deltas)


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


def _lash_frame(source: Source, name: str, positions: Floats) -> tuple[Floats, Floats]:
    """Place along the lid, 0..1, and distance from the middle of the eyeball."""
    side = name.removeprefix("helper-")[0]
    local = positions - source.group(f"helper-{side}-eye").mean(axis=0)
    along = (local[:, 0] - local[:, 0].min()) / np.ptp(local[:, 0])
    return along, np.linalg.norm(local, axis=1)
