"""Gaze for heads whose eyes are balls of their own: they turn about their middle."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial

import numpy as np

from stream_engine.avatar.atlas import surface_color
from stream_engine.avatar.found_head import F64, I64
from stream_engine.avatar.whole import Whole
from stream_engine.mesh.materials import Material

_UP, _DOWN, _ASIDE = 0.35, 0.40, 0.50
"""Radians at the full shape."""

_UV_RADIANS = np.radians(108.0)
"""From the pupil to the edge of the shader's unit circle."""

_FEWEST = 12

_BALL_M, _ROUND = (0.008, 0.017), 0.08
"""Radii of human eyes, and how much of its radius the distances of one's vertices may spread."""
_IN_IRIS, _IN_WHITE = np.radians((13.0, 23.0)), np.radians((38.0, 65.0))
"""From the axis: what is iris on any eye that is painted as a human's, and what is white."""
_LIGHTER, _WHITE = 1.6, 0.15
_LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


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


def iris_colors(whole: Whole, pictures: Mapping[int, F64]) -> dict[int, F64]:
    """Find painted eyes that the eye's shader can draw better: human balls, dark in the middle.

    Args:
        whole: The head, in place.
        pictures: Of surfaces, decoded.

    Returns:
        Linear colour of the iris by number of surface; none for flat or drawn eyes, which keep
        their picture.
    """
    found: dict[int, F64] = {}
    for number in pictures:
        triangles = whole.triangles[whole.surface == number]
        corners = np.unique(triangles)
        if not len(corners) or (whole.kind[corners] != Material.EYE).any():
            continue
        across = whole.positions[triangles, 0].mean(axis=1)
        sides = (triangles[across > 0.0], triangles[across <= 0.0])
        look = partial(surface_color, whole.surfaces[number], pictures[number])
        irises = [_iris(whole, side, look) for side in sides if len(side)]
        good = [iris for iris in irises if iris is not None]
        if good and len(good) == len(irises):
            found[number] = np.mean(good, axis=0)
    return found


def unpainted(whole: Whole, numbers: Collection[int]) -> Whole:
    """Take the pictures off some surfaces."""
    surfaces = tuple(
        replace(surface, picture=None) if number in numbers else surface
        for number, surface in enumerate(whole.surfaces)
    )
    return replace(whole, surfaces=surfaces)


def _iris(whole: Whole, triangles: I64, look: Callable[[F64, F64], F64]) -> F64 | None:
    """Colour of the iris of one painted eye; None if it is no human one."""
    ball = whole.positions[np.unique(triangles)]
    if len(ball) < _FEWEST:
        return None
    centre = sphere_centre(ball)
    far = np.linalg.norm(ball - centre, axis=1)
    if not _BALL_M[0] < far.mean() < _BALL_M[1] or far.std() > _ROUND * far.mean():
        return None
    # Corners and middles of triangles: what is seen of a picture on few vertices.
    spots = np.concatenate([triangles.reshape(-1, 1).repeat(3, axis=1), triangles])
    place, color = whole.uv[spots].mean(axis=1), whole.color[spots].mean(axis=1)
    seen = look(place, color)[:, :3]
    local = whole.positions[spots].mean(axis=1) - centre
    angle = np.arccos(np.clip(local[:, 2] / np.linalg.norm(local, axis=1), -1.0, 1.0))
    iris, white = (seen[(angle > low) & (angle < high)] for low, high in (_IN_IRIS, _IN_WHITE))
    if not len(iris) or not len(white):
        return None
    dark, light = np.median(iris, axis=0), np.median(white, axis=0)
    if light @ _LUMINANCE < max(_WHITE, _LIGHTER * (dark @ _LUMINANCE)):
        return None
    return np.asarray(dark)


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
