"""Motion as JSON, by the documented keys."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stream_engine.errors import TransportError
from stream_engine.motion.arkit import ARKIT_NAMES
from stream_engine.transport.motion_json import MotionJson
from tests.contracts.frame_sink_contract import check_frame_sink, some_motion


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return found


def test_it_is_a_frame_sink(tmp_path: Path) -> None:
    """In order, all of it, weights and head."""

    def values() -> np.ndarray:
        found = read(tmp_path / "m.json")
        return np.hstack([found["weightMat"], found["headMat"]]).astype(np.float32)

    check_frame_sink(lambda: MotionJson(tmp_path / "m.json"), values)


def test_keys_are_those_of_audio2face_and_ours(tmp_path: Path) -> None:
    """A second of frames from frame 25 on: times are the speech's."""
    sink = MotionJson(tmp_path / "m.json")
    sink.write(some_motion(25, start=25))
    sink.close()
    found = read(tmp_path / "m.json")
    rows = [found.pop(key) for key in ("weightMat", "headMat", "times")]
    assert [len(row) for row in rows] == [25, 25, 25]
    assert rows[2] == [round(1.0 + 0.04 * k, 3) for k in range(25)]
    assert found == {
        "exportFps": 25.0,
        "trackPath": "",
        "numPoses": 52,
        "numFrames": 25,
        "facsNames": list(ARKIT_NAMES),
        "headNames": ["headPitch", "headYaw", "headRoll"],
    }


def test_no_motion_is_still_json(tmp_path: Path) -> None:
    """No frame, empty tables."""
    MotionJson(tmp_path / "m.json").close()
    found = read(tmp_path / "m.json")
    assert (found["numFrames"], found["weightMat"], found["headMat"]) == (0, [], [])


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    """The error carries the path."""
    with pytest.raises(TransportError, match="nowhere"):
        MotionJson(tmp_path / "nowhere" / "m.json")
