"""Takes the arrays out of a FLAME model file; a pickle is read without running what is in it."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from stream_engine.avatar.found_head import F64, I64
from stream_engine.errors import AssetError

JOINTS = 5
_WANTED = ("v_template", "f", "shapedirs", "posedirs", "J_regressor", "weights")


@dataclass(frozen=True, slots=True)
class FlameFile:
    """What stands in a FLAME model.

    Attributes:
        template: Mean face, metres, [V, 3].
        triangles: [M, 3].
        shape_directions: Identities and expressions, [V, 3, K].
        pose_directions: Correctives of the joints' turns, [V, 3, 36].
        joint_regressor: Joints from vertices, [5, V].
        weights: Shares of the joints: global, neck, jaw, left eye, right eye, [V, 5].
    """

    template: F64
    triangles: I64
    shape_directions: F64
    pose_directions: F64
    joint_regressor: F64
    weights: F64


def read_flame_file(path: Path) -> FlameFile:
    """Read a model.

    Args:
        path: A .pkl as published, or an .npz of the same names.

    Returns:
        Its arrays.

    Raises:
        AssetError: If it is none, holds anything but arrays, or arrays do not fit each other.
    """
    try:
        data = path.read_bytes()
        found = _from_npz(data) if zipfile.is_zipfile(io.BytesIO(data)) else _from_pickle(data)
    except (OSError, ValueError, KeyError, EOFError, pickle.UnpicklingError) as error:
        raise _wrong(path, f"{error}") from error
    except (TypeError, AttributeError, IndexError, ImportError) as error:
        raise _wrong(path, f"a pickle that is none: {error}") from error
    missing = [name for name in _WANTED if name not in found]
    if missing:
        raise _wrong(path, f"no {', '.join(missing)}")
    arrays = {name: _array(found[name], path, name) for name in _WANTED}
    _check(arrays, path)
    return FlameFile(
        arrays["v_template"],
        arrays["f"].astype(np.int64),
        arrays["shapedirs"],
        arrays["posedirs"],
        arrays["J_regressor"],
        arrays["weights"],
    )


class _Held:
    """Stands for an object of a library that is not wanted here; keeps its state only."""

    def __init__(self, *parts: object) -> None:
        self.state: dict[str, object] = {"x": parts[0]} if parts else {}

    def __setstate__(self, state: object) -> None:
        self.state = state if isinstance(state, dict) else {}


_ARRAYS = {
    (f"numpy.{core}.multiarray", name) for core in ("core", "_core")
    for name in ("_reconstruct", "scalar")
} | {("numpy", "ndarray"), ("numpy", "dtype"), ("_codecs", "encode")}  # fmt: skip


class _ArraysOnly(pickle.Unpickler):
    """Makes arrays; sparse matrices and chumpy's are held as their state; nothing else."""

    def find_class(self, module: str, name: str) -> object:
        """Give the few things that arrays are made of."""
        if (module, name) in _ARRAYS:
            return super().find_class(module, name)
        if module.split(".")[0] in ("scipy", "chumpy"):
            return _Held
        if (module, name) in (("copy_reg", "_reconstructor"), ("copyreg", "_reconstructor")):
            return _reconstructed
        raise pickle.UnpicklingError(f"{module}.{name}, which is no array; it was not run")


def _reconstructed(kind: object, *parts: object) -> object:
    del parts
    if kind is not _Held:
        raise pickle.UnpicklingError(f"an object of {kind}; it was not made")
    return _Held()


def _from_pickle(data: bytes) -> Mapping[str, object]:
    found = _ArraysOnly(io.BytesIO(data), encoding="latin1").load()
    if not isinstance(found, dict):
        raise pickle.UnpicklingError(f"a {type(found).__name__} and no dictionary")
    return found


def _from_npz(data: bytes) -> Mapping[str, object]:
    with np.load(io.BytesIO(data), allow_pickle=False) as file:
        return {name: file[name] for name in _WANTED if name in file}


def _array(value: object, path: Path, name: str) -> F64:
    if isinstance(value, _Held):
        value = _dense(value.state) if "indptr" in value.state else value.state.get("x")
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "fiu":
        raise _wrong(path, f"{name} that is a {type(value).__name__}")
    array: F64 = value.astype(np.float64)
    if not np.isfinite(array).all():
        raise _wrong(path, f"{name} with numbers that are not finite")
    return array


def _dense(state: Mapping[str, object]) -> F64 | None:
    """A matrix in scipy's compressed columns."""
    data, rows, starts = (state.get(name) for name in ("data", "indices", "indptr"))
    shape = state.get("_shape", state.get("shape"))
    if not all(isinstance(part, np.ndarray) for part in (data, rows, starts)):
        return None
    assert isinstance(data, np.ndarray)
    assert isinstance(rows, np.ndarray)
    assert isinstance(starts, np.ndarray)
    if not isinstance(shape, tuple) or len(starts) != shape[1] + 1:
        return None
    matrix = np.zeros(shape)
    matrix[rows, np.repeat(np.arange(shape[1]), np.diff(starts))] = data
    return matrix


def _check(arrays: Mapping[str, F64], path: Path) -> None:
    count = len(arrays["v_template"])
    wanted: dict[str, tuple[int | None, ...]] = {
        "v_template": (count, 3),
        "f": (None, 3),
        "shapedirs": (count, 3, None),
        "posedirs": (count, 3, 9 * (JOINTS - 1)),
        "J_regressor": (JOINTS, count),
        "weights": (count, JOINTS),
    }
    for name, shape in wanted.items():
        got = arrays[name].shape
        fits = len(got) == len(shape) and all(
            size is None or size == there for size, there in zip(shape, got, strict=True)
        )
        if not fits:
            raise _wrong(path, f"{name} of shape {got}")
    if arrays["f"].size and not 0 <= arrays["f"].min() <= arrays["f"].max() < count:
        raise _wrong(path, f"f with corner {arrays['f'].max():.0f} of {count} vertices")


def _wrong(path: Path, got: str) -> AssetError:
    return AssetError(
        f"{path.name} is no FLAME model",
        got=got,
        expected="arrays " + ", ".join(_WANTED),
        fix="take generic_model.pkl as published, or save those arrays with numpy.savez",
    )
