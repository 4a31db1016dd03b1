"""Scans in the layout of VOCASET, made from known motion of our own head."""

import sys
from pathlib import Path

import numpy as np
import pytest

from stream_engine.errors import AssetError, ShapeError
from stream_engine.mesh.blendshapes import rotation
from stream_engine.mesh.head_asset import load_head_asset
from stream_engine.motion.arkit import ARKIT_COUNT, INDEX
from stream_engine.transport.sound_file import write_sound
from tests.training.data.made_up_grid import known_motion
from training.data.fit import LandmarkBasis
from training.data.flame import read_flame
from training.data.vocaset import at_motion_rate, main, read_landmarks, read_scan
from training.dataset import load_pairs

SECONDS = 3
AT = (np.arange(60 * SECONDS) + 0.5) / 60 * 25 - 0.5


def at_60(motion: np.ndarray) -> np.ndarray:
    """Motion [T, K] at 25 frames/s, read off at 60."""
    frames = np.arange(len(motion))
    return np.stack([np.interp(AT, frames, column) for column in motion.T], axis=1)


def write_scans(folder: Path, as_parameters: bool) -> np.ndarray:
    """Two sentences of one speaker; returns the jaw of the first at 25 frames/s."""
    basis = LandmarkBasis(load_head_asset(), np.arange(478))
    lines = ["landmark,vertex", *(f"{i},{i}" for i in range(478))]
    (folder / "landmarks.csv").write_text("\n".join(lines), encoding="utf-8")
    scans = folder / "scans"
    scans.mkdir()
    for sentence in range(2):
        weights, angles = known_motion(sentence, 25 * SECONDS)
        weights, angles = at_60(weights), at_60(angles)
        name = scans / f"FaceTalk_1_TA_sentence{sentence}"
        if as_parameters:
            np.savez(name, expression=weights, pose=np.zeros((len(weights), 6)))
        else:
            points = basis.neutral + np.einsum("tk,kpx->tpx", weights, basis.shapes)
            turned = np.einsum("tij,tpj->tpi", rotation(angles.astype(np.float32)), points)
            np.save(name, turned.reshape(len(turned), -1).astype(np.float32))
        write_sound(name.with_suffix(".wav"), np.zeros(16_000 * SECONDS, np.float32))
    if as_parameters:
        np.savez(
            folder / "head.npz",
            v_template=basis.neutral,
            shapedirs=np.moveaxis(basis.shapes, 0, -1),
            posedirs=np.zeros((478, 3, 9)),
            J_regressor=np.full((2, 478), 1 / 478),
            weights=np.eye(2)[np.zeros(478, int)],
            kintree_table=np.array([[2**32 - 1, 0], [0, 1]]),
            f=np.array([[0, 1, 2]]),
        )
    return known_motion(0, 25 * SECONDS)[0][:, INDEX["jawOpen"]]


@pytest.mark.slow
@pytest.mark.parametrize("as_parameters", [False, True])
def test_known_motion_comes_back_as_pairs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, as_parameters: bool
) -> None:
    """Vertices or parameters at 60 frames/s: the jaw put in is the jaw that comes out at 25."""
    jaw = write_scans(tmp_path, as_parameters)
    command = ["vocaset", "--data", str(tmp_path / "scans"), "--out", str(tmp_path / "o.npz")]
    command += ["--landmarks", str(tmp_path / "landmarks.csv")]
    command += ["--flame", str(tmp_path / "head.npz")] if as_parameters else []
    monkeypatch.setattr(sys, "argv", command)
    main()
    pairs = load_pairs(tmp_path / "o.npz")
    assert pairs.motion.shape == (2, 75, ARKIT_COUNT + 3)
    assert pairs.mel.shape == (2, 300, 80)
    found = pairs.motion[0, :, INDEX["jawOpen"]]
    assert np.corrcoef(found, jaw)[0, 1] > 0.97
    assert np.abs(found - jaw).max() < 0.12
    assert pairs.transcript.tolist() == ["sentence0", "sentence1"]


def test_frames_are_read_off_at_their_middle() -> None:
    """What moves evenly with time is where it is at the middle of each 40 ms."""
    time_s = (np.arange(120) + 0.5) / 60
    points = np.broadcast_to(time_s[:, None, None], (120, 2, 3))
    read = at_motion_rate(points)
    assert read.shape == (50, 2, 3)
    assert np.allclose(read[:, 0, 0], (np.arange(50) + 0.5) / 25)


def test_landmarks_the_fit_needs_must_be_there(tmp_path: Path) -> None:
    """Named in the error, as is a file of something else."""
    (tmp_path / "few.csv").write_text("landmark,vertex\n13,1\n14,2\n", encoding="utf-8")
    with pytest.raises(AssetError, match="291"):
        read_landmarks(tmp_path / "few.csv")
    (tmp_path / "odd.csv").write_text("a,b\n1,2\n", encoding="utf-8")
    with pytest.raises(AssetError, match="landmark,vertex"):
        read_landmarks(tmp_path / "odd.csv")


def test_scans_of_another_layout_are_refused(tmp_path: Path) -> None:
    """Vertices that are not triples, parameters without a model or without a pose."""
    np.save(tmp_path / "a.npy", np.zeros((4, 7)))
    with pytest.raises(ShapeError, match="3 V"):
        read_scan(tmp_path / "a.npy", None)
    np.savez(tmp_path / "b.npz", expression=np.zeros((4, 2)))
    with pytest.raises(AssetError, match="--flame"):
        read_scan(tmp_path / "b.npz", None)
    folder = tmp_path / "with_model"
    folder.mkdir()
    write_scans(folder, as_parameters=True)
    with pytest.raises(AssetError, match="pose"):
        read_scan(tmp_path / "b.npz", read_flame(folder / "head.npz"))
