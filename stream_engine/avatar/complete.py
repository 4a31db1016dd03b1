"""Makes what shapes a head lacks out of those it has, and says how each was had."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from stream_engine.avatar.eyeballs import gaze_shapes
from stream_engine.avatar.found_head import F64, I64
from stream_engine.avatar.lend import Lender
from stream_engine.avatar.lips import Lips, find_lips
from stream_engine.avatar.naming import BOTH, SIDES, VISEME
from stream_engine.avatar.nearest import NONE, around, nearest, nearest_far, spacing
from stream_engine.avatar.visemes import pose_of
from stream_engine.avatar.whole import Whole
from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.mesh.materials import Material
from stream_engine.motion.arkit import ARKIT_NAMES, INDEX, MOUTH_NAMES

FOUND, MISSING = "in the file", "missing"
SPLIT, JOINED, MIRRORED = "split by side", "sum of its sides", "mirrored"
LENT = "lent by the shipped head"
BONE, EYEBALLS, FROM_VISEMES, FROM_LIPS = "jaw bone", "turning eyeballs", "visemes", "lips"

_RAMP_M = 0.008
_OWN_ALONE = frozenset(name for name in ARKIT_NAMES if name.startswith("eyeBlink"))
"""What must fit to the millimetre or looks broken; better missing."""

_MIRROR_M, _MIRROR_REACH = 0.008, 1.6
_FLIP = np.array([-1.0, 1.0, 1.0])
_PART_TO_MIRROR = 0.3
_JAW_RADIANS = 0.32
_RIDGE = 0.02
_CLEAR = 0.2
_LIP_M = 0.014
_RISE = 0.75

Shapes = dict[str, F64]


@dataclass(frozen=True, slots=True)
class Completed:
    """All 52 shapes.

    Attributes:
        offsets: Metres, [52, V, 3]; zero for what is missing.
        how: How each was had, by name.
        lips: Where the lips are.
    """

    offsets: F64
    how: Mapping[str, str]
    lips: Lips


def complete(whole: Whole, jaw: F64 | None, reference: HeadAsset) -> Completed:
    """Make all of ARKit's shapes that can be made.

    Args:
        whole: The head.
        jaw: Where its jaw bone turns; None without one.
        reference: A head that stands as this one.

    Returns:
        The shapes.

    Raises:
        AssetError: If no jaw opens, so that there are no lips.
    """
    shapes: Shapes = {name: whole.shapes[name] for name in ARKIT_NAMES if name in whole.shapes}
    how = dict.fromkeys(shapes, FOUND)

    def add(made: Mapping[str, F64], way: str) -> None:
        for name, offsets in made.items():
            if name not in shapes and np.abs(offsets).max(initial=0.0) > 1e-6:
                shapes[name] = offsets
                how[name] = way

    add(split_sides(whole), SPLIT)
    add(joined_sides(whole), JOINED)
    add(_from_bone(whole, jaw), BONE)
    add(from_visemes(whole.shapes, shapes), FROM_VISEMES)
    if "jawOpen" in shapes:
        add(mirrored(whole.positions, shapes), MIRRORED)
    add(gaze_shapes(whole), EYEBALLS)
    skin = np.flatnonzero(whole.is_kind(Material.SKIN))
    open_jaw = shapes.get("jawOpen", np.zeros_like(whole.positions))
    lips = find_lips(whole.positions, open_jaw, skin, reference)
    add({"mouthClose": closing(whole.positions, open_jaw, lips)}, FROM_LIPS)
    lent = [name for name in ARKIT_NAMES if name not in shapes and name not in _OWN_ALONE]
    if lent:
        lender = Lender(reference, whole.positions, open_jaw, whole.kind, (lips.upper, lips.lower))
        add({name: lender.shape(name) for name in lent}, LENT)
    nothing = np.zeros_like(whole.positions)
    offsets = np.stack([shapes.get(name, nothing) for name in ARKIT_NAMES])
    return Completed(offsets, {name: how.get(name, MISSING) for name in ARKIT_NAMES}, lips)


def split_sides(whole: Whole) -> Shapes:
    """Cut what moves both sides, along the middle, softly."""
    left = np.clip(0.5 + whole.positions[:, :1] / (2 * _RAMP_M), 0.0, 1.0)
    made: Shapes = {}
    for pair in BOTH:
        if pair in whole.shapes:
            made[pair + "Left"] = left * whole.shapes[pair]
            made[pair + "Right"] = (1.0 - left) * whole.shapes[pair]
    return made


def joined_sides(whole: Whole) -> Shapes:
    """Add up halves of what ARKit has as one, such as browInnerUp; half of it twice if alone."""
    made: Shapes = {}
    for name in ARKIT_NAMES:
        halves = {side: whole.shapes.get(name + side) for side in SIDES}
        there = [half for half in halves.values() if half is not None]
        if len(there) == 2:
            made[name] = there[0] + there[1]
        elif there:
            made[name] = there[0] + Mirror(whole.positions).of(there[0])
    return made


def mirrored(positions: F64, shapes: Mapping[str, F64]) -> Shapes:
    """Make the other side's of what is there for one side."""
    wanted = {
        name.removesuffix(side) + other: name
        for name in shapes
        for side, other in (SIDES, SIDES[::-1])
        if name.endswith(side) and name.removesuffix(side) + other not in shapes
    }
    if not wanted:
        return {}
    middle = positions + _PART_TO_MIRROR * shapes["jawOpen"]  # lips apart, or they are mixed up
    mirror = Mirror(middle)
    return {made: mirror.of(shapes[name]) for made, name in wanted.items()}


class Mirror:
    """Gives offsets the other way round.

    Each vertex takes them from what lies around its place on the other side, the closer the more,
    so that meshes that are not quite the same on both sides will do.

    Args:
        positions: Vertices, [V, 3].
    """

    def __init__(self, positions: F64) -> None:
        self._count = len(positions)
        across = positions * _FLIP
        reach = float(np.clip(_MIRROR_REACH * spacing(positions), 5e-4, _MIRROR_M))
        rows, points, away = around(positions, across, reach)
        alone = np.setdiff1d(np.arange(len(positions)), rows)
        far = nearest_far(positions, across[alone], reach, 4)
        self._rows = np.concatenate([rows, alone[far != NONE]])
        self._points = np.concatenate([points, far[far != NONE]])
        weight = np.concatenate([(away + 1e-6) ** -3.0, np.ones((far != NONE).sum())])
        total = np.bincount(self._rows, weight, self._count)
        self._weight = weight / total[self._rows]

    def of(self, offsets: F64) -> F64:
        """Mirror offsets, [V, 3]; what has no counterpart stays still."""
        pulls = offsets[self._points] * self._weight[:, None]
        summed = [np.bincount(self._rows, pull, self._count) for pull in pulls.T]
        mirrored: F64 = np.stack(summed, axis=1) * _FLIP
        return mirrored


def from_visemes(given: Mapping[str, F64], shapes: Mapping[str, F64]) -> Shapes:
    """Solve for shapes of the mouth so that visemes come out as they are (ridge regression)."""
    names = [name.removeprefix(VISEME) for name in given if name.startswith(VISEME)]
    if not names:
        return {}
    weights = np.stack([pose_of(name) for name in names])  # [n, 52]
    left = np.stack([given[VISEME + name] for name in names])  # [n, V, 3]
    for name, offsets in shapes.items():
        left = left - weights[:, INDEX[name], None, None] * offsets
    wanted = [
        name
        for name in MOUTH_NAMES
        if name not in shapes and weights[:, INDEX[name]].max() >= _CLEAR
    ]
    columns = weights[:, [INDEX[name] for name in wanted]]
    inverse = columns.T @ np.linalg.inv(columns @ columns.T + _RIDGE * np.eye(len(names)))
    solved = np.tensordot(inverse, left, 1)
    return dict(zip(wanted, solved, strict=True))


def closing(positions: F64, jaw: F64, lips: Lips) -> F64:
    """Shut the lips while the jaw is open: jawOpen and this, both at one, leave no gap.

    The lower lip comes up most of the way and the upper lip down the rest, less the further away.
    """
    down = jaw[lips.lower] - jaw[lips.upper]
    made = np.zeros_like(positions)
    reach = 2.0 * _LIP_M
    for edge, share in ((lips.lower, -_RISE), (lips.upper, 1.0 - _RISE)):
        pull, weight = _near_edge(positions, edge, down * share, reach)
        own = np.clip(-jaw[:, 1] / max(float(-down[:, 1].min()), 1e-6), 0.0, 1.0)
        belongs = own > 0.5 if share < 0.0 else own <= 0.5
        made += np.where(belongs[:, None], pull * weight[:, None], 0.0)
    return made


def _near_edge(positions: F64, edge: I64, pulls: F64, reach: float) -> tuple[F64, F64]:
    at = nearest(positions[edge], positions, reach)
    away = np.linalg.norm(positions - positions[edge[at]], axis=1) / reach
    weight = np.where(at == NONE, 0.0, np.cos(np.clip(away, 0.0, 1.0) * np.pi / 2.0) ** 2)
    return pulls[at], weight


def _from_bone(whole: Whole, jaw: F64 | None) -> Shapes:
    if jaw is None or not whole.jaw_share.any():
        return {}
    cosine, sine = np.cos(_JAW_RADIANS), np.sin(_JAW_RADIANS)
    turn = np.array([[1, 0, 0], [0, cosine, -sine], [0, sine, cosine]])
    local = whole.positions - jaw
    return {"jawOpen": whole.jaw_share[:, None] * (local @ turn.T - local)}
