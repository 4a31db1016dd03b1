"""Reading a FLAME-layout head model, and posing it.

A model file holds ``v_template`` [V, 3], ``shapedirs`` [V, 3, n] (identity first, then
expression), ``posedirs``, ``J_regressor``, ``weights``, ``kintree_table`` and ``f``, as .npz or as
the pickle its publisher ships. Unpickling may run whatever a file asks for, so only arrays are
admitted.

Source: Li et al. 2017, 'Learning a model of facial shape and expression from 4D scans' (FLAME).
"""

import importlib
import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import AssetError, ShapeError

_IDENTITY = 300  # columns of shapedirs that are identity, where there are as many
_KEYS = ("v_template", "shapedirs", "posedirs", "J_regressor", "weights", "kintree_table", "f")


@dataclass(frozen=True, slots=True)
class FlameModel:
    """A head with shapes, joints and skin.

    Attributes:
        template: Resting vertices, metres, x to the subject's left, y up, z out, [V, 3].
        shapes: Displacements by coefficient, identity first, [V, 3, n].
        pose_shapes: Corrections by element of the joints' rotations, [V, 3, 9 (J - 1)].
        joint_regressor: Joints from vertices, [J, V].
        weights: How much each joint carries a vertex, [V, J].
        parents: Joint each joint hangs on; -1 for the first, int64 [J].
        faces: Triangles, int64 [F, 3].
    """

    template: NDArray[np.float64]
    shapes: NDArray[np.float64]
    pose_shapes: NDArray[np.float64]
    joint_regressor: NDArray[np.float64]
    weights: NDArray[np.float64]
    parents: NDArray[np.int64]
    faces: NDArray[np.int64]


class _ArraysOnly(pickle.Unpickler):
    """Admits numpy arrays and scipy's compressed matrices, whatever version wrote them."""

    def find_class(self, module: str, name: str) -> Any:
        if name in ("_reconstruct", "scalar") and module.endswith("core.multiarray"):
            return getattr(importlib.import_module("numpy._core.multiarray"), name)
        if module == "numpy" and name in ("ndarray", "dtype"):
            return getattr(np, name)
        if module == "_codecs" and name == "encode":  # bytes, as Python 3 writes protocol 2
            return importlib.import_module(module).encode
        if module.startswith("scipy.sparse") and name in ("csc_matrix", "csr_matrix"):
            return getattr(importlib.import_module("scipy.sparse"), name)
        raise pickle.UnpicklingError(f"{module}.{name}")


def read_flame(path: Path) -> FlameModel:
    """Read a model.

    Args:
        path: .npz, or the publisher's .pkl.

    Returns:
        The model.

    Raises:
        AssetError: If the file cannot be read, or asks for more than arrays.
        ShapeError: If its arrays do not fit each other.
    """
    content = _read(path)
    missing = [key for key in _KEYS if key not in content]
    if missing:
        raise AssetError("head model lacks arrays", got=f"{path}: no {', '.join(missing)}")
    arrays = {key: _dense(content[key]) for key in _KEYS}
    parents = arrays["kintree_table"][0].astype(np.int64)
    parents[0] = -1  # stored as 2^32 - 1
    model = FlameModel(
        template=arrays["v_template"],
        shapes=arrays["shapedirs"],
        pose_shapes=arrays["posedirs"],
        joint_regressor=arrays["J_regressor"],
        weights=arrays["weights"],
        parents=parents,
        faces=arrays["f"].astype(np.int64),
    )
    _check(model)
    return model


def _read(path: Path) -> dict[str, Any]:
    try:
        if path.suffix == ".npz":
            with np.load(path, allow_pickle=False) as file:
                return {key: file[key] for key in file.files}
        with path.open("rb") as file:
            content = _ArraysOnly(file, encoding="latin1").load()
    except (OSError, ValueError, EOFError, AttributeError, pickle.UnpicklingError) as error:
        raise AssetError(
            "head model cannot be read",
            got=f"{path}: {error}",
            expected="numpy arrays and scipy.sparse matrices in a dict",
            fix="older FLAME files hold chumpy objects: save their arrays as .npz once",
        ) from error
    if not isinstance(content, dict):
        raise AssetError("head model is no dict", got=f"{path}: {type(content).__name__}")
    return content


def _dense(value: Any) -> NDArray[np.float64]:
    if hasattr(value, "toarray"):
        value = value.toarray()
    array = np.asarray(value)
    if array.dtype.kind not in "fiu":
        raise AssetError("head model holds something else than numbers", got=str(array.dtype))
    return array.astype(np.float64)


def _check(model: FlameModel) -> None:
    vertices, joints = len(model.template), len(model.parents)
    wanted = {
        "template": (vertices, 3),
        "shapes": (vertices, 3, model.shapes.shape[-1]),
        "pose_shapes": (vertices, 3, 9 * (joints - 1)),
        "joint_regressor": (joints, vertices),
        "weights": (vertices, joints),
    }
    for name, shape in wanted.items():
        found = getattr(model, name).shape
        if found != shape:
            raise ShapeError(
                f"head model's {name} does not fit", got=str(found), expected=str(shape)
            )


def pose_vertices(
    model: FlameModel,
    expression: NDArray[np.float64],
    pose: NDArray[np.float64],
    identity: NDArray[np.float64] | None = None,
) -> NDArray[np.float64]:
    """Vertices of every frame by linear blend skinning.

    Args:
        model: The head.
        expression: Coefficients [T, E]; they follow the identity's in the model's shapes.
        pose: Axis-angle of each joint, [T, 3 J].
        identity: Coefficients [S] of one person; the template's by default.

    Returns:
        [T, V, 3], metres.

    Raises:
        ShapeError: If there are more coefficients than shapes, or joints are missing.
    """
    frames, joints, columns = len(expression), len(model.parents), model.shapes.shape[-1]
    given = np.zeros(0) if identity is None else identity
    first = min(_IDENTITY, columns - expression.shape[1])
    if pose.shape != (frames, 3 * joints) or first < len(given):
        raise ShapeError(
            "FLAME parameters do not fit the model",
            got=f"expression {expression.shape}, pose {pose.shape}, identity {given.shape}",
            expected=f"pose ({frames}, {3 * joints}) and at most {columns} shapes in all",
        )
    still = model.template + model.shapes[..., : len(given)] @ given
    moving = model.shapes[..., first : first + expression.shape[1]]
    shaped = still + np.einsum("vxe,te->tvx", moving, expression)
    at = np.einsum("jv,tvx->tjx", model.joint_regressor, shaped)
    turns = rotations(pose.reshape(frames, joints, 3))
    bent = (turns[:, 1:] - np.eye(3)).reshape(frames, -1)
    shaped = shaped + np.einsum("vxp,tp->tvx", model.pose_shapes, bent)
    turned, moved = _chain(turns, at, model.parents)
    # x -> turned (x - joint) + where the joint went, summed over the joints that carry x.
    shift = moved - np.einsum("tjxy,tjy->tjx", turned, at)
    posed: NDArray[np.float64] = np.einsum(
        "vj,tjxy,tvy->tvx", model.weights, turned, shaped, optimize=True
    )
    posed += np.einsum("vj,tjx->tvx", model.weights, shift)
    return posed


def _chain(
    turns: NDArray[np.float64], at: NDArray[np.float64], parents: NDArray[np.int64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Each joint's rotation and place after all its parents': [T, J, 3, 3] and [T, J, 3]."""
    turned, moved = turns.copy(), at.copy()
    for joint in range(1, len(parents)):
        parent = parents[joint]
        turned[:, joint] = turned[:, parent] @ turns[:, joint]
        bone = at[:, joint] - at[:, parent]
        moved[:, joint] = moved[:, parent] + np.einsum("txy,ty->tx", turned[:, parent], bone)
    return turned, moved


def rotations(axis_angle: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rotation matrices [..., 3, 3] of axis-angle vectors [..., 3] (Rodrigues)."""
    angle = np.linalg.norm(axis_angle, axis=-1)[..., None, None]
    x, y, z = np.moveaxis(axis_angle / np.maximum(angle[..., 0], 1e-12), -1, 0)
    none = np.zeros_like(x)
    rows = [[none, -z, y], [z, none, -x], [-y, x, none]]
    cross = np.stack([np.stack(row, axis=-1) for row in rows], axis=-2)
    turned: NDArray[np.float64] = (
        np.eye(3) + np.sin(angle) * cross + (1.0 - np.cos(angle)) * (cross @ cross)
    )
    return turned
