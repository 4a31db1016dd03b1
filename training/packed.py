"""A model kept for comparison only, packed: its weights in bytes, half of what they take otherwise.

    python -m training.packed --out runs/without
    elocute evaluate --data FOLDER --unseen --model without=runs/without

unpacks the student without mesh-to-speech (`training/assets/without_abas`). Weights are rounded to
8 bits by row, as the engine's own products in bytes round them further.
"""

import argparse
import shutil
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from stream_engine.errors import AssetError
from stream_engine.runtime.torch_face import WEIGHTS_FILE
from stream_engine.types import F32

WITHOUT_ABAS = Path(__file__).parent / "assets" / "without_abas"
PACKED_FILE = "weights.npz"
_LEVELS = 127
_SMALLEST = 1024
"""Smaller tensors stay as they are."""

_SCALE = ":scale"


def pack(weights: NDArray[np.float16]) -> tuple[NDArray[np.int8], NDArray[np.float16]]:
    """Round weights [N, ...] to bytes, each row by its largest: levels, and scales [N]."""
    rows = weights.reshape(len(weights), -1).astype(np.float32)
    scales = np.maximum(np.abs(rows).max(axis=1) / _LEVELS, 1e-7).astype(np.float16)
    levels = np.round(rows / scales.astype(np.float32)[:, None])
    return np.clip(levels, -_LEVELS, _LEVELS).astype(np.int8).reshape(weights.shape), scales


def unpack(levels: NDArray[np.int8], scales: NDArray[np.float16]) -> F32:
    """Weights again, float32, to half a level of their row."""
    shape = (len(scales), *[1] * (levels.ndim - 1))
    weights: F32 = levels.astype(np.float32) * scales.astype(np.float32).reshape(shape)
    return weights


def pack_folder(folder: Path, out: Path) -> None:
    """Write a model's folder packed.

    Args:
        folder: As `trt_build.export` wrote it.
        out: Folder, made if missing.
    """
    out.mkdir(parents=True, exist_ok=True)
    packed: dict[str, NDArray[np.generic]] = {}
    for name, value in load_file(folder / WEIGHTS_FILE).items():
        if value.ndim < 2 or value.size < _SMALLEST:
            packed[name] = value
        else:
            packed[name], packed[name + _SCALE] = pack(value)
    np.savez(out / PACKED_FILE, **packed)  # type: ignore[arg-type]
    for path in folder.iterdir():
        if path.suffix in (".onnx", ".json") and path.parent != out:
            shutil.copy(path, out / path.name)


def unpack_folder(folder: Path, out: Path) -> None:
    """Write a packed folder as the engine and the evaluation take it.

    Args:
        folder: Packed.
        out: Folder, made if missing.

    Raises:
        AssetError: If nothing packed is there.
    """
    if not (folder / PACKED_FILE).exists():
        raise AssetError(
            "no packed model", got=str(folder), expected=f"a folder with {PACKED_FILE}"
        )
    out.mkdir(parents=True, exist_ok=True)
    weights = {}
    with np.load(folder / PACKED_FILE) as file:
        for name in file.files:
            if name.endswith(_SCALE):
                continue
            value = file[name]
            if name + _SCALE in file.files:
                value = unpack(value, file[name + _SCALE]).astype(np.float16)
            weights[name] = np.ascontiguousarray(value)
    save_file(weights, out / WEIGHTS_FILE)
    for path in folder.iterdir():
        if path.suffix in (".onnx", ".json"):
            shutil.copy(path, out / path.name)


def main() -> None:
    """Unpack the student without mesh-to-speech."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=WITHOUT_ABAS)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    unpack_folder(options.model, options.out)
    print(f"unpacked into {options.out}")


if __name__ == "__main__":
    main()
