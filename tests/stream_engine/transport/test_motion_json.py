"""Motion as JSON, by the documented keys."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from stream_engine.errors import AssetError, TransportError
from stream_engine.motion.arkit import ARKIT_NAMES
from stream_engine.transport.motion_json import MotionJson, read_motion_json
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


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Reading is the inverse of writing, head rotation and times included."""
    motion = some_motion(40, start=10)
    sink = MotionJson(tmp_path / "m.json")
    sink.write(motion)
    sink.close()
    found = read_motion_json(tmp_path / "m.json")
    assert found.seconds[0] == 0.4
    assert np.allclose(found.motion()[10:], motion.coefficients, atol=1e-6)
    assert np.allclose(found.motion()[:10], motion.coefficients[0], atol=1e-6)


def written(path: Path, **changes: object) -> Path:
    """An export of Audio2Face with two shapes and three rows at 60 frames a second."""
    export = {
        "exportFps": 60.0,
        "numPoses": 2,
        "numFrames": 3,
        "facsNames": ["JawOpen", "somethingElse"],
        "weightMat": [[0.0, 7.0], [0.1, 7.0], [0.2, 7.0]],
    }
    path.write_text(json.dumps({**export, **changes}), encoding="utf-8")
    return path


def test_exports_of_others_are_read(tmp_path: Path) -> None:
    """Without times or head; shapes that are not known are left; a given rate wins."""
    found = read_motion_json(written(tmp_path / "a.json"))
    assert found.fps == pytest.approx(60.0)
    assert found.names == {"jawOpen"}
    assert found.end_s == pytest.approx(2 / 60)
    assert read_motion_json(tmp_path / "a.json", 30.0).end_s == pytest.approx(2 / 30)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"facsNames": None}, "no list facsNames"),
        ({"facsNames": ["browLowerL", "x"]}, "no shape of a face"),
        ({"weightMat": "much"}, "no list weightMat"),
        ({"weightMat": [[0.0, 0.0], [0.0]]}, r"rows of \[1, 2\] numbers"),
        ({"weightMat": [0.0, 1.0]}, r"rows of \[-1\]"),
        ({"weightMat": [["a", "b"]]}, "in weightMat.*expected numbers"),
        ({"weightMat": []}, "no frame"),
        ({"weightMat": [[float("nan"), 0.0]]}, "nan in frame 0, jawOpen"),
        ({"exportFps": None}, "exportFps None.*--fps"),
        ({"exportFps": 0}, "exportFps 0"),
        ({"times": [0.0, "a", 1.0]}, "in times"),
        ({"times": [0.0, 2.0, 1.0]}, "backwards"),
    ],
)
def test_a_wrong_export_is_named(tmp_path: Path, changes: dict[str, object], said: str) -> None:
    """Names, weights, rate and times, each missing or of another kind."""
    with pytest.raises(AssetError, match=said):
        read_motion_json(written(tmp_path / "a.json", **changes))


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"\xff\xfe", b"[" * 100_000])
def test_what_is_no_export_is_refused(tmp_path: Path, data: bytes) -> None:
    """Empty, cut off, another thing, no text, nested without end."""
    (tmp_path / "a.json").write_bytes(data)
    with pytest.raises(AssetError, match=r"a\.json"):
        read_motion_json(tmp_path / "a.json")
