"""Calibration writes beside what is there."""

import json
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from stream_engine.assemble_monitor import MONITOR_FOLDER, read_calibration
from tests.training.pairs_for_tests import made_up_pairs
from tests.training.sync.faces_for_tests import JawReader, talking_face
from training.data.spoken_faces import SpokenFaces
from training.dataset import PairSet
from training.listening import for_tests, held_out
from training.sync import calibrate
from training.sync.calibrate import account, faces_to_fit, gather, main

KNOWN = next(f"s{k}" for k in range(99) if not held_out(f"s{k}"))
FIT = next(f"s{k}" for k in range(99) if held_out(f"s{k}") and not for_tests(f"s{k}"))
TESTED = next(f"s{k}" for k in range(99) if for_tests(f"s{k}"))


def spoken() -> SpokenFaces:
    """Three takes of twelve seconds, of each sort of speaker; another half."""
    pieces = [(who, k) for who in (KNOWN, FIT, TESTED, FIT + "") for k in range(3)]
    faces = [talking_face(frames=100, seed=n) for n in range(len(pieces))]
    return SpokenFaces(
        name=np.array([f"{who}{n // 3}/{k}" for n, (who, k) in enumerate(pieces)]),
        source=np.full(len(pieces), "corpus"),
        speaker=np.array([who for who, _ in pieces]),
        mel=np.stack([face.mel for face in faces]).astype(np.float16),
        motion=np.stack([face.motion for face in faces]).astype(np.float16),
    )


def pairs() -> PairSet:
    faces = [talking_face(frames=75, seed=50 + k) for k in range(6)]
    return replace(
        made_up_pairs(6, 75),
        split=np.array(["train", "test"] + ["validation"] * 4),
        mel=np.stack([face.mel for face in faces]).astype(np.float16),
        motion=np.stack([face.motion for face in faces]),
    )


def test_nothing_that_is_tested_on_is_fitted_on() -> None:
    """Neither clips of the test split nor speakers kept for tests."""
    faces, more = faces_to_fit(pairs(), spoken())
    assert [len(kind) for kind in faces] == [4, 6]
    assert {face.voice for face in faces[1]} == {FIT}
    assert {face.voice for face in more[1]} == {KNOWN}
    assert len(more[0]) == 1


@pytest.mark.slow
def test_a_calibration_is_written_beside_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Other systems' and the description stay; the report says on how much."""
    shutil.copytree(MONITOR_FOLDER, tmp_path / "monitor")
    pairs().save(tmp_path / "pairs.npz")
    spoken().save(tmp_path / "spoken.npz")
    monkeypatch.setattr(calibrate, "open_systems", lambda folder: {"jaw": JawReader()})
    line = ["calibrate", "--folder", str(tmp_path / "monitor"), "--more", "--systems", "jaw"]
    line += ["--pairs", str(tmp_path / "pairs.npz"), "--spoken", str(tmp_path / "spoken.npz")]
    monkeypatch.setattr(sys, "argv", line)
    main()
    fitted = read_calibration(tmp_path / "monitor", "jaw")
    assert fitted.shifted > 0
    assert read_calibration(tmp_path / "monitor") == read_calibration()
    said = json.loads(next(row for row in capsys.readouterr().out.splitlines() if row[0] == "{"))
    assert said["jaw"]["found_within_2_s"]["+200 ms"] == 1.0
    assert said["jaw"]["healthy_hours"] > 0
    evidence = gather({"jaw": JawReader()}, *faces_to_fit(pairs(), spoken()))["jaw"]
    assert account(evidence, fitted)["largest_healthy_sums"][0] <= fitted.shifted
