"""Eyeballs: finer caps in place of MakeHuman's coarse spheres, turned by the gaze shapes."""

from __future__ import annotations

import numpy as np

from stream_engine.mesh.materials import Material
from training.head.makehuman import Floats, Ints
from training.head.part import Part
from training.head.skin import empty_deltas
from training.head.source import Source

CAP_ANGLE = np.deg2rad(108.0)
_RING_DEGREES = (8.0, 16.0, 23.0, 29.0, 38.0, 50.0, 66.0, 86.0, 108.0)
_SEGMENTS = 20
_CORNEA_DEGREES = 29.0
_CORNEA_BULGE = 0.045  # of the eye's radius


def build_eye(source: Source, side: str, iris: tuple[float, float, float]) -> Part:
    """Make one eyeball, `l` or `r`, where the identity puts it.

    uv is 0.5 in the pupil's middle and reaches the unit circle's rim (0 or 1) at 108 degrees
    from the optical axis, so the shader reads the angle off uv alone. Its colour is the iris's.
    """
    group = source.mesh.vertex_groups[f"helper-{side}-eye"]
    ball = source.positions[group]
    centre, radius = _fit_sphere(ball)
    angle = np.deg2rad(np.concatenate([[0.0], np.repeat(_RING_DEGREES, _SEGMENTS)]))
    turn = np.concatenate(
        [[0.0], np.tile(2 * np.pi * np.arange(_SEGMENTS) / _SEGMENTS, len(_RING_DEGREES))]
    )
    inside = np.clip(1.0 - (angle / np.deg2rad(_CORNEA_DEGREES)) ** 2, 0.0, 1.0)
    reach = radius * (1.0 + _CORNEA_BULGE * inside)
    ring = np.stack([np.cos(turn), np.sin(turn)], axis=1) * np.sin(angle)[:, None]
    local = np.concatenate([ring, np.cos(angle)[:, None]], axis=1) * reach[:, None]
    flat = np.stack([np.cos(turn), np.sin(turn)], axis=1) * (angle / CAP_ANGLE)[:, None]
    deltas = empty_deltas(len(local))
    for shape, offsets in enumerate(source.shapes[:, group]):
        if np.abs(offsets).max() > 1e-4:
            turned = local @ _fit_rotation(ball - centre, ball + offsets - centre).T
            deltas[shape] = turned - local
    return Part(
        "eye",
        local + centre,
        _cap_triangles(len(_RING_DEGREES)),
        0.5 + 0.5 * flat,
        np.full(len(local), int(Material.EYE)),
        np.tile(np.array(iris), (len(local), 1)),
        deltas,
    )


def _cap_triangles(rings: int) -> Ints:
    here = np.arange(_SEGMENTS)
    after = (here + 1) % _SEGMENTS
    triangles = [np.stack([np.zeros_like(here), 1 + here, 1 + after], axis=1)]
    for ring in range(rings - 1):
        inner, outer = 1 + ring * _SEGMENTS, 1 + (ring + 1) * _SEGMENTS
        triangles.append(np.stack([inner + here, outer + here, outer + after], axis=1))
        triangles.append(np.stack([inner + here, outer + after, inner + after], axis=1))
    return np.concatenate(triangles)


def _fit_sphere(points: Floats) -> tuple[Floats, float]:
    """Least-squares sphere through points: centre and radius."""
    design = np.concatenate([2 * points, np.ones((len(points), 1))], axis=1)
    solution = np.linalg.lstsq(design, (points**2).sum(axis=1), rcond=None)[0]
    centre = solution[:3]
    return centre, float(np.sqrt(solution[3] + centre @ centre))


def _fit_rotation(before: Floats, after: Floats) -> Floats:
    """Rotation that best takes one set of points about the origin to another (Kabsch)."""
    left, _, right = np.linalg.svd(after.T @ before)
    flip = np.diag([1.0, 1.0, float(np.sign(np.linalg.det(left @ right)))])
    rotation: Floats = left @ flip @ right
    return rotation
