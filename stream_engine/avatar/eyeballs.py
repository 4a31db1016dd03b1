"""Gaze for heads whose eyes are balls of their own: they turn about their middle."""

from __future__ import annotations

import numpy as np

from stream_engine.avatar.found_head import F64
from stream_engine.avatar.whole import Whole
from stream_engine.mesh.materials import Material

_UP, _DOWN, _ASIDE = 0.35, 0.40, 0.50
"""Radians at the full shape."""

_UV_RADIANS = np.radians(108.0)
"""From the pupil to the edge of the shader's unit circle."""

_FEWEST = 12


def gaze_shapes(whole: Whole) -> dict[str, F64]:
    """Turn the eyes for each of the eight gaze shapes; nothing where no eyes are told apart."""
    made: dict[str, F64] = {}
    eye = whole.is_kind(Material.EYE)
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        ball = np.flatnonzero(eye & (whole.positions[:, 0] * sign > 0.005))
        if len(ball) < _FEWEST:
            continue
        local = whole.positions[ball] - sphere_centre(whole.positions[ball])
        turns = {
            "Up": _about_x(-_UP),
            "Down": _about_x(_DOWN),
            "Out": _about_y(sign * _ASIDE),
            "In": _about_y(-sign * _ASIDE),
        }
        for way, turn in turns.items():
            offsets = np.zeros_like(whole.positions)
            offsets[ball] = local @ turn.T - local
            made[f"eyeLook{way}{side}"] = offsets
    return made


def sphere_centre(points: F64) -> F64:
    """Middle of the ball that points lie on, by least squares, [3]."""
    middle = points.mean(axis=0)
    local = points - middle
    matrix = np.concatenate([2.0 * local, np.ones((len(local), 1))], axis=1)
    solved = np.linalg.lstsq(matrix, (local**2).sum(axis=1), rcond=None)[0]
    centre: F64 = middle + solved[:3]
    return centre


def _about_x(angle: float) -> F64:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[1, 0, 0], [0, c, -s], [0, s, c]])


def _about_y(angle: float) -> F64:
    c, s = np.cos(angle), np.sin(angle)
    return np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]])


def eye_uv(whole: Whole) -> F64:
    """Place of eyeballs' vertices in the eye's shader, [V, 2]: .5 in the pupil, by the angle."""
    uv = np.full((len(whole.positions), 2), 0.5)
    eye = whole.is_kind(Material.EYE)
    for sign in (1.0, -1.0):
        ball = np.flatnonzero(eye & (whole.positions[:, 0] * sign > 0.0))
        if len(ball) < _FEWEST:
            continue
        local = whole.positions[ball] - sphere_centre(whole.positions[ball])
        local /= np.maximum(np.linalg.norm(local, axis=1, keepdims=True), 1e-9)
        angle = np.arccos(np.clip(local[:, 2], -1.0, 1.0))
        aside = local[:, :2] / np.maximum(np.hypot(local[:, 0], local[:, 1]), 1e-9)[:, None]
        uv[ball] = 0.5 + 0.5 * aside * np.clip(angle / _UV_RADIANS, 0.0, 1.0)[:, None]
    return uv
