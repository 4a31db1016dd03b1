"""Names parts of the face by vertex, for losses, metrics and fitting."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from stream_engine.mesh.materials import Material
from stream_engine.motion.arkit import ARKIT_NAMES
from training.head.makehuman import Floats, Ints
from training.head.part import Part
from training.head.skin import NDBool, SkinCut, neighbour_rings

_INNER_RING = 1
_OUTER_RING = 7
_MOVES_M = 0.0012
_LIPS_RINGS = 8


def name_regions(whole: Part, cut: SkinCut) -> Mapping[str, NDBool]:
    """Mask every region over the whole head's vertices."""
    skin = np.arange(len(whole.positions)) < len(cut.original)
    outer = skin.copy()
    outer[: len(cut.inside)] &= ~cut.inside
    lips = np.zeros_like(skin)
    for ring in neighbour_rings(cut, _LIPS_RINGS):
        lips[ring[_near_mouth(whole.positions[ring], whole)]] = True
    opened = whole.positions + whole.deltas[ARKIT_NAMES.index("jawOpen")]
    inner, _ = lip_loops(whole, cut)
    drop = opened[:, 1] - whole.positions[:, 1]
    upper_lip = lips & (drop > drop[inner[np.argmax(whole.positions[inner, 0])]])
    brows = outer & _brow_area(whole)
    mouth_y = whole.positions[lips][:, 1].mean()
    nose_y = whole.positions[lips][:, 1].max()
    front = outer & (whole.positions[:, 2] > 0.02) & (whole.positions[:, 1] > mouth_y - 0.065)
    upper_face = front & (whole.positions[:, 1] > nose_y + 0.012)
    return {
        "lips": lips,
        "upper_lip": upper_lip,
        "lower_lip": lips & ~upper_lip,
        "jaw": outer & _moves(whole, "jawOpen", 0.008) & ~lips,
        "cheeks": front & _moves(whole, "cheekPuff", 0.003) & ~lips,
        "eyelid_left": outer & _moves(whole, "eyeBlinkLeft", _MOVES_M),
        "eyelid_right": outer & _moves(whole, "eyeBlinkRight", _MOVES_M),
        "brows": brows,
        "forehead": _forehead(whole, front, brows),
        "nose": _nose(whole, front, nose_y),
        "eyes": whole.material == Material.EYE,
        "upper_face": upper_face,
        "lower_face": front & ~upper_face,
        "mouth": _around_mouth(whole, lips) & outer,
        "mouth_inside": np.isin(
            whole.material, (Material.MOUTH, Material.TEETH, Material.GUM, Material.TONGUE)
        ),
        "skin": outer,
    }


def lip_loops(whole: Part, cut: SkinCut) -> tuple[Ints, Ints]:
    """Inner and outer lip contour as closed loops of vertices.

    Both start at the subject's left corner (+x) and run over the upper lip first.
    """
    rings = neighbour_rings(cut, _LIPS_RINGS)
    open_mouth = whole.positions + whole.deltas[ARKIT_NAMES.index("jawOpen")]
    loops = []
    for ring in (rings[_INNER_RING], rings[_OUTER_RING]):
        near = ring[_near_mouth(whole.positions[ring], whole)]
        offset = open_mouth[near, :2] - open_mouth[near, :2].mean(axis=0)
        corner = open_mouth[near[np.argmax(open_mouth[near, 0])], :2]
        corner = corner - open_mouth[near, :2].mean(axis=0)
        start = np.arctan2(corner[1], corner[0])
        angle = np.mod(np.arctan2(offset[:, 1], offset[:, 0]) - start + 1e-6, 2 * np.pi)
        loops.append(near[np.argsort(angle)])
    return loops[0], loops[1]


def _moves(whole: Part, shape: str, metres: float) -> NDBool:
    moved: NDBool = np.linalg.norm(whole.deltas[ARKIT_NAMES.index(shape)], axis=1) > metres
    return moved


def _near_mouth(points: Floats, whole: Part) -> NDBool:
    teeth = whole.positions[whole.material == Material.TEETH]
    front = teeth[np.argmax(teeth[:, 2])]
    near: NDBool = np.linalg.norm(points - front, axis=1) < 0.045
    return near


def _brow_area(whole: Part) -> NDBool:
    eyes = whole.positions[whole.material == Material.EYE]
    x, y = np.abs(whole.positions[:, 0]), whole.positions[:, 1] - eyes[:, 1].mean()
    front = whole.positions[:, 2] > 0.03
    area: NDBool = (x > 0.008) & (x < 0.058) & (y > 0.014) & (y < 0.034) & front
    return area


def _forehead(whole: Part, front: NDBool, brows: NDBool) -> NDBool:
    eye_y = whole.positions[whole.material == Material.EYE][:, 1].mean()
    y, z = whole.positions[:, 1], whole.positions[:, 2]
    high: NDBool = (y > eye_y + 0.03) & (y < eye_y + 0.085) & (z > 0.03)
    return high & front & ~brows


def _nose(whole: Part, front: NDBool, lip_top: float) -> NDBool:
    eye_y = whole.positions[whole.material == Material.EYE][:, 1].mean()
    x, y, z = whole.positions.T
    width = 0.008 + 0.014 * np.clip((eye_y - y) / 0.05, 0.0, 1.0)
    tall = (np.abs(x) < width) & (y < eye_y + 0.005) & (y > lip_top + 0.006)
    nose: NDBool = tall & (z > 0.07) & front
    return nose


def _around_mouth(whole: Part, lips: NDBool) -> NDBool:
    middle = whole.positions[lips].mean(axis=0)
    near: NDBool = np.linalg.norm((whole.positions - middle) * (0.8, 1.0, 0.7), axis=1) < 0.036
    return near | lips
