"""The packed student: bytes that are weights again, a folder that speaks as it did."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from stream_engine.assemble import open_hop
from stream_engine.errors import AssetError
from stream_engine.runtime.torch_face import WEIGHTS_FILE
from training.evaluation.generate import generate
from training.packed import WITHOUT_ABAS, pack, pack_folder, unpack, unpack_folder
from trt_build.export import tensor_offsets


@given(st.integers(0, 2**32 - 1), st.floats(1e-3, 8.0))
def test_weights_come_back_to_half_a_level_of_their_row(seed: int, size: float) -> None:
    """Whatever their size; a row of zeros stays one."""
    weights = size * np.random.default_rng(seed).standard_normal((6, 5, 3))
    weights[2] = 0.0
    levels, scales = pack(weights.astype(np.float16))
    away = np.abs(unpack(levels, scales) - weights.astype(np.float16))
    assert (away.reshape(6, -1).max(axis=1) <= 0.51 * scales.astype(np.float32) + 1e-6).all()
    assert not unpack(levels, scales)[2].any()


def test_the_student_without_mesh_to_speech_unpacks_and_speaks(tmp_path: Path) -> None:
    """Its graphs find every weight where they expect it, and the mouth moves."""
    unpack_folder(WITHOUT_ABAS, tmp_path)
    assert (tmp_path / WEIGHTS_FILE).stat().st_size > 11_000_000
    shipped = open_hop(WITHOUT_ABAS.parents[2] / "stream_engine/assets/motion", "balanced", 1)
    hop = open_hop(tmp_path, "balanced", 1)
    mel = np.random.default_rng(0).standard_normal((1, 200, 80)).astype(np.float32)
    made, other = (generate(one, mel, [0], [50], None) for one in (hop, shipped))
    assert np.isfinite(made).all()
    assert made.std() == pytest.approx(other.std(), rel=0.5)


def test_packing_again_gives_the_same_places(tmp_path: Path) -> None:
    """Graphs refer into the file by offset: they are those of the file that was packed."""
    unpack_folder(WITHOUT_ABAS, tmp_path / "a")
    pack_folder(tmp_path / "a", tmp_path / "packed")
    unpack_folder(tmp_path / "packed", tmp_path / "b")
    first, second = (tmp_path / name / WEIGHTS_FILE for name in "ab")
    assert tensor_offsets(first) == tensor_offsets(second)
    once, again = load_file(first), load_file(second)
    assert max(np.abs(once[k].astype(np.float32) - again[k]).max() for k in once) < 2e-3


def test_nothing_packed_is_an_error(tmp_path: Path) -> None:
    """With what was expected."""
    with pytest.raises(AssetError, match=r"weights\.npz"):
        unpack_folder(tmp_path, tmp_path / "out")
