"""A made-up file of FLAME's layout: the shipped head's skin and eyes, and a made-up basis."""

import numpy as np

from stream_engine.mesh.head_asset import HeadAsset
from stream_engine.mesh.materials import Material
from stream_engine.motion.arkit import ARKIT_COUNT, INDEX

SHIFT = np.array([0.01, -0.03, 0.02])


def made_flame(head: HeadAsset, expressions: int = 60) -> dict[str, np.ndarray]:
    """Arrays by FLAME's names; expressions are mixtures of the head's own shapes."""
    rng = np.random.default_rng(0)
    kept = np.isin(head.material, (Material.SKIN, Material.LIP, Material.EYE, Material.HAIR))
    used = np.flatnonzero(kept)
    local = np.full(head.vertices, -1)
    local[used] = np.arange(len(used))
    corners = local[head.triangles.astype(int)]
    corners = corners[(corners >= 0).all(axis=1)]
    still = head.positions[used].astype(np.float64)
    count = len(used)
    basis = head.basis.reshape(ARKIT_COUNT, -1, 3)[:, used].astype(np.float64)
    eye = head.material[used] == Material.EYE
    mixed = np.tensordot(rng.normal(size=(expressions, ARKIT_COUNT)), basis, 1)
    mixed[:, eye] = 0.0
    jaw = -basis[INDEX["jawOpen"]][:, 1]
    weights = np.zeros((count, 5))
    weights[:, 2] = np.clip(jaw / jaw.max(), 0.0, 1.0) * ~eye
    weights[:, 1] = (1.0 - weights[:, 2]) * ~eye
    weights[eye & (still[:, 0] > 0), 3] = 1.0
    weights[eye & (still[:, 0] < 0), 4] = 1.0
    regressor = np.zeros((5, count))
    regressor[:2, :] = 1.0 / count
    ears = np.linalg.norm(still - (0.0, -0.01, 0.0), axis=1).argsort()[:40]
    regressor[2, ears] = 1.0 / len(ears)
    for row, side in ((3, 1.0), (4, -1.0)):
        ball = eye & (still[:, 0] * side > 0)
        regressor[row, ball] = 1.0 / ball.sum()
    identities = rng.normal(scale=1e-3, size=(count, 3, 300))
    return {
        "v_template": still + SHIFT,
        "f": corners.astype(np.uint32),
        "shapedirs": np.concatenate([identities, np.moveaxis(mixed, 0, 2)], axis=2),
        "posedirs": np.zeros((count, 3, 36)),
        "J_regressor": regressor,
        "weights": weights,
    }
