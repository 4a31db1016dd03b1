"""Teeth and gums: single teeth modelled along the arch of MakeHuman's coarse tooth bands."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.spatial import ConvexHull

from stream_engine.mesh.materials import Material
from training.head import recipe
from training.head.makehuman import Floats
from training.head.part import Part, grid_quads, split_quads
from training.head.source import Source

_COLUMNS = 4  # per tooth; neighbours share the one between them
_GUM_COLOR = (0.70, 0.33, 0.33)
_TOOTH_COLOR = (0.92, 0.875, 0.79)
_OVERBITE_M = 0.0022
_LOWER_DROP_M = 0.0012
_OVERJET_M = 0.0016

# Rows from the gum's root to the back of the biting edge:
# (share of the crown's height, how far out in metres, material).
_ROWS = (
    (2.10, -0.0010, Material.GUM),
    (1.55, 0.0008, Material.GUM),
    (1.06, 0.0007, Material.GUM),
    (0.98, 0.0002, Material.TEETH),
    (0.60, 0.0012, Material.TEETH),
    (0.25, 0.0009, Material.TEETH),
    (0.00, -0.0008, Material.TEETH),
    (0.15, -0.0032, Material.TEETH),
    (1.00, -0.0060, Material.TEETH),
    (1.60, -0.0075, Material.GUM),
)


def build_teeth(source: Source, jaw: str) -> Part:
    """Make the `upper` or `lower` row; the lower follows the jaw as a rigid piece would."""
    group = source.mesh.vertex_groups[f"helper-{jaw}-teeth"]
    band = source.positions[group]
    upper = jaw == "upper"
    widths = recipe.UPPER_TEETH_M if upper else recipe.LOWER_TEETH_M
    edge, crown, inset = _heights(band, upper)
    phase, along = _columns(widths)
    middle, outward = _arch(band, along, inset)
    positions, material = [], []
    bulge = np.sqrt(np.clip(1 - np.abs(2 * phase - 1) ** 2.5, 0, 1))
    up = 1.0 if upper else -1.0
    for share, out, kind in _ROWS:
        is_tooth = kind is Material.TEETH and out > -0.002
        push = out + (0.0013 * (bulge - 1.0) if is_tooth else 0.0)
        rise = np.full(len(phase), share * crown)
        if share == 0.0:
            rise += 0.0006 * (1 - bulge)
        elif 0.9 < share < 1.1 and out > 0:
            rise += 0.0016 * (bulge - 1.0)  # gum reaches down between two teeth
        row = middle + outward * np.broadcast_to(push, len(phase))[:, None]
        row[:, 1] = edge(middle[:, 2]) + up * rise
        positions.append(row)
        material.append(np.full(len(phase), int(kind)))
    stacked = np.concatenate(positions)
    kinds = np.concatenate(material)
    quads = grid_quads(len(_ROWS), len(phase))
    color = np.where((kinds == Material.TEETH)[:, None], _TOOTH_COLOR, _GUM_COLOR)
    return Part(
        "mouth",
        stacked,
        split_quads(stacked, quads if upper else quads[:, ::-1]),
        np.zeros((len(stacked), 2)),
        kinds,
        color,
        np.stack([_carry(band, offsets, stacked) for offsets in source.shapes[:, group]]),
    )


def _heights(band: Floats, upper: bool) -> tuple[CubicSpline, float, float]:
    """Height of the biting edge by depth, the crown's length, and how far the arch moves in."""
    depth = np.linspace(band[:, 2].min(), band[:, 2].max(), 5)
    edges = []
    for z in depth:
        near = band[np.abs(band[:, 2] - z) < 0.012]
        edges.append(near[:, 1].min() if upper else near[:, 1].max())
    shift = -_OVERBITE_M if upper else -_LOWER_DROP_M
    crown = 0.0100 if upper else 0.0085
    return CubicSpline(depth, np.array(edges) + shift), crown, 0.0012 if upper else _OVERJET_M


def _columns(widths: Sequence[float]) -> tuple[Floats, Floats]:
    """Place across its own tooth (0..1) and signed distance along the arch of every column."""
    starts = np.concatenate([[0.0], np.cumsum(widths)])
    phase, along = [], []
    for tooth, width in enumerate(widths):
        for step in range(_COLUMNS):
            phase.append(step / _COLUMNS)
            along.append(starts[tooth] + width * step / _COLUMNS)
    phase.append(1.0)
    along.append(starts[-1])
    right = -np.array(along[:0:-1])
    return np.concatenate([phase[:0:-1], phase]), np.concatenate([right, along])


def _arch(band: Floats, along: Floats, inset: float) -> tuple[Floats, Floats]:
    """Points and outward directions at signed arc lengths from the front middle."""
    flat = band[:, [0, 2]]
    rim = flat[ConvexHull(flat).vertices]
    rim = rim[(rim[:, 0] > -1e-6) & (rim[:, 1] > flat[:, 1].min() + 0.004)]
    rim = rim[np.argsort(-rim[:, 1])]
    rim[0, 0] = 0.0
    mirrored = np.concatenate([rim[:0:-1] * [-1.0, 1.0], rim])
    steps = np.linalg.norm(np.diff(mirrored, axis=0), axis=1)
    length = np.concatenate([[0.0], np.cumsum(steps)])
    spline = CubicSpline(length - length[-1] / 2, mirrored)
    point, tangent = spline(along), spline(along, 1)
    outward = np.stack([-tangent[:, 1], tangent[:, 0]], axis=1)
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    point = point - inset * outward
    zero = np.zeros(len(along))
    return (
        np.stack([point[:, 0], zero, point[:, 1]], axis=1),
        np.stack([outward[:, 0], zero, outward[:, 1]], axis=1),
    )


def _carry(band: Floats, offsets: Floats, points: Floats) -> Floats:
    """Apply the affine motion of MakeHuman's tooth band to other points."""
    if np.abs(offsets).max() < 2e-4:
        return np.zeros_like(points)
    design = np.concatenate([band, np.ones((len(band), 1))], axis=1)
    motion = np.linalg.lstsq(design, offsets, rcond=None)[0]
    moved: Floats = np.concatenate([points, np.ones((len(points), 1))], axis=1) @ motion
    return moved
