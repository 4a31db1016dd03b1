"""Correctives of the eyelids: they meet and go no further, and never through the eyeball.

Shapes move a lid along straight lines, and two of them at once go further than either was made
for: a blink on eyes that look down ends on the cheek, a smile's cheeks and a squint push the lower
lid into the eye. So a blink ends where the lids meet, whatever else has brought them together; and
what of a lid is too near the eye's middle is moved outwards, as far as it has to be.

What both need is measured on the head when it is opened: any head with eyes has them.
`clients/web/pose.js` does the same with the numbers of `Lids.measures`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.mesh.materials import Material
from stream_engine.motion.arkit import ARKIT_COUNT, INDEX

Floats = NDArray[np.float32]

_OVER = 1.03
"""Of the eye's radius: lids rest on it there, the cornea's bulge and the lids' facets included."""
_REACH, _BEHIND = 1.6, 0.97
"""Of the radius: how far from the middle a lid may be, and how near what is seen of it."""
_MEET = 1.2
"""How much of the eye's opening lids close at most: the upper overlaps the lower."""
_MIDDLE, _FRONT, _LEAST_OPENING = 0.22, 0.6, 0.15
"""Of the radius: what counts as the middle of a lid, as its front, and as an opening."""
_LEAST_VERTICES = 20
_GRAIN_M = 2e-6
_ROUND = 0.05
"""An eye whose vertices' distances from its middle spread by more of its radius is no ball."""


@dataclass(frozen=True, slots=True)
class _Lid:
    """What slides over one eye.

    Attributes:
        middle: Of the eyeball, float32 [3].
        vertices: Of lids and lashes, [N].
        limits: How near each may come to the middle, metres, float32 [N].
        blink: Number of the shape that closes them.
        closes: How much of the opening each shape closes at 1, float32 [52]; zeros where that
            cannot be told.
    """

    middle: Floats
    vertices: NDArray[np.int64]
    limits: Floats
    blink: int
    closes: Floats


class Lids:
    """Keeps the lids of posed heads out of their eyes.

    A head whose eyes are no balls has none: nothing is corrected then.

    Latency: none. State: none. Thread: any. Buffers: heads are changed in place.

    Args:
        asset: The head.
    """

    def __init__(self, asset: HeadAsset) -> None:
        found = (_lid(asset, side) for side in (1.0, -1.0))
        self._lids = [lid for lid in found if lid is not None]

    def closed(self, weights: Floats) -> Floats:
        """Weights of shapes [T, 52] whose blinks end where the lids meet."""
        ending = weights.copy()
        for lid in self._lids:
            alone = lid.closes[lid.blink]
            if alone > 0.0:
                # Term by term, so that a row has the same bits in every batch.
                others = (weights * lid.closes).sum(axis=1) - weights[:, lid.blink] * alone
                most = np.maximum((_MEET - others) / alone, 0.0)
                ending[:, lid.blink] = np.minimum(weights[:, lid.blink], most)
        return ending

    def correct(self, heads: Floats) -> None:
        """Move lids out of the eyes of heads that are not turned, float32 [T, V, 3], in place."""
        for lid in self._lids:
            away = heads[:, lid.vertices] - lid.middle
            near = np.sqrt(np.einsum("tnk,tnk->tn", away, away))
            if (near < lid.limits).any():
                stretch = (lid.limits / np.maximum(near, 1e-9))[..., None]
                out = lid.middle + stretch * away
                heads[:, lid.vertices] = np.where(stretch > 1.0, out, heads[:, lid.vertices])

    def measures(self) -> list[dict[str, object]]:
        """Say of each eye all that this needs, as plain JSON values."""
        return [
            {
                "middle": lid.middle.tolist(),
                "vertices": lid.vertices.tolist(),
                "limits": [round(limit, 6) for limit in lid.limits.tolist()],
                "blink": lid.blink,
                "closes": [round(share, 4) for share in lid.closes.tolist()],
                "meet": _MEET,
            }
            for lid in self._lids
        ]


def eye_ball(points: Floats) -> tuple[Floats, float]:
    """Middle and radius of the ball that is nearest to points [N, 3]."""
    exact = points.astype(np.float64)
    design = np.concatenate([2.0 * exact, np.ones((len(exact), 1))], axis=1)
    solution = np.linalg.lstsq(design, (exact**2).sum(axis=1), rcond=None)[0]
    middle = solution[:3]
    return middle.astype(np.float32), float(np.sqrt(solution[3] + middle @ middle))


def _lid(asset: HeadAsset, side: float) -> _Lid | None:
    rest, material = asset.positions, asset.material
    eye = (material == Material.EYE) & (rest[:, 0] * side > 0.0)
    if np.count_nonzero(eye) < _LEAST_VERTICES:
        return None
    middle, radius = eye_ball(rest[eye])
    away = np.linalg.norm(rest - middle, axis=1)
    if away[eye].std() > _ROUND * radius:
        return None
    slides = np.isin(material, (Material.SKIN, Material.LASH)) & (rest[:, 2] > middle[2])
    vertices = np.flatnonzero(slides & (away < _REACH * radius) & (away > _BEHIND * radius))
    limits = np.minimum(away[vertices], _OVER * radius) - _GRAIN_M  # a head at rest stays itself
    blink = INDEX["eyeBlinkLeft" if side > 0.0 else "eyeBlinkRight"]
    skin = vertices[material[vertices] == Material.SKIN]
    closes = _closing(asset, skin, middle, radius)
    if closes[blink] < 0.5:
        closes[:] = 0.0
    return _Lid(middle, vertices, limits.astype(np.float32).round(6), blink, closes.round(4))


def _closing(asset: HeadAsset, lids: NDArray[np.int64], middle: Floats, radius: float) -> Floats:
    """How much of an eye's opening each shape closes, by the edges of its lids: float32 [52]."""
    at = asset.positions[lids] - middle
    column = lids[(np.abs(at[:, 0]) < _MIDDLE * radius) & (at[:, 2] > _FRONT * radius)]
    column = column[np.argsort(asset.positions[column, 1])]
    gaps = np.diff(asset.positions[column, 1])
    if not len(gaps) or gaps.max() < _LEAST_OPENING * radius:
        return np.zeros(ARKIT_COUNT, np.float32)
    widest = int(gaps.argmax())
    lower, upper = column[widest], column[widest + 1]
    rises = asset.basis.reshape(ARKIT_COUNT, -1, 3)[:, [lower, upper], 1]
    closes: Floats = ((rises[:, 0] - rises[:, 1]) / gaps[widest]).astype(np.float32)
    return closes
