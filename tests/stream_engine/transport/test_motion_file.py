"""Motion as a Live Link Face recording."""

import csv
from pathlib import Path

import numpy as np
import pytest

from stream_engine.errors import TransportError
from stream_engine.motion.arkit import INDEX
from stream_engine.transport.motion_file import COLUMNS, MotionFile, eye_rotation, timecode
from stream_engine.types import MotionFrames

HEADER = (
    "Timecode,BlendShapeCount,EyeBlinkLeft,EyeLookDownLeft,EyeLookInLeft,EyeLookOutLeft,"
    "EyeLookUpLeft,EyeSquintLeft,EyeWideLeft,EyeBlinkRight,EyeLookDownRight,EyeLookInRight,"
    "EyeLookOutRight,EyeLookUpRight,EyeSquintRight,EyeWideRight,JawForward,JawRight,JawLeft,"
    "JawOpen,MouthClose,MouthFunnel,MouthPucker,MouthRight,MouthLeft,MouthSmileLeft,"
    "MouthSmileRight,MouthFrownLeft,MouthFrownRight,MouthDimpleLeft,MouthDimpleRight,"
    "MouthStretchLeft,MouthStretchRight,MouthRollLower,MouthRollUpper,MouthShrugLower,"
    "MouthShrugUpper,MouthPressLeft,MouthPressRight,MouthLowerDownLeft,MouthLowerDownRight,"
    "MouthUpperUpLeft,MouthUpperUpRight,BrowDownLeft,BrowDownRight,BrowInnerUp,BrowOuterUpLeft,"
    "BrowOuterUpRight,CheekPuff,CheekSquintLeft,CheekSquintRight,NoseSneerLeft,NoseSneerRight,"
    "TongueOut,HeadYaw,HeadPitch,HeadRoll,LeftEyeYaw,LeftEyePitch,LeftEyeRoll,RightEyeYaw,"
    "RightEyePitch,RightEyeRoll"
)


def test_columns_are_those_of_a_real_recording() -> None:
    """The header of Apple's Live Link Face app, byte for byte."""
    assert ",".join(COLUMNS) == HEADER


def test_rows_keep_weights_and_angles(tmp_path: Path) -> None:
    """One row per frame; yaw comes before pitch, as the header says."""
    coefficients = np.zeros((2, 55), np.float32)
    coefficients[1, INDEX["jawOpen"]] = 0.25
    coefficients[1, 52:] = (0.1, 0.2, 0.3)
    file = MotionFile(tmp_path / "m.csv")
    file.write(MotionFrames(24, coefficients))
    file.close()
    with (tmp_path / "m.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [row["Timecode"] for row in rows] == ["00:00:00:24.000", "00:00:01:00.000"]
    assert {row["BlendShapeCount"] for row in rows} == {"61"}
    assert float(rows[1]["JawOpen"]) == 0.25
    angles = [float(rows[1][name]) for name in ("HeadPitch", "HeadYaw", "HeadRoll")]
    assert np.allclose(angles, (0.1, 0.2, 0.3))


def test_eyes_that_look_left_both_turn_left() -> None:
    """The left eye looks out, the right eye looks in."""
    coefficients = np.zeros(55, np.float32)
    coefficients[INDEX["eyeLookOutLeft"]] = coefficients[INDEX["eyeLookInRight"]] = 1.0
    left, right = eye_rotation(coefficients, "Left"), eye_rotation(coefficients, "Right")
    assert left == right
    assert left[0] > 0


def test_timecodes_count_25_frames_a_second() -> None:
    """Hours, minutes, seconds, frames."""
    assert timecode(25 * 3_661 + 7) == "01:01:01:07.000"


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    """The error carries the path."""
    with pytest.raises(TransportError, match="nowhere"):
        MotionFile(tmp_path / "nowhere" / "m.csv")
