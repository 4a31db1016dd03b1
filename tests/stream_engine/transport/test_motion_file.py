"""Motion as a Live Link Face recording."""

import csv
from pathlib import Path

import numpy as np
import pytest

from stream_engine.errors import AssetError, TransportError
from stream_engine.motion.arkit import INDEX
from stream_engine.transport.motion_file import COLUMNS, MotionFile, read_motion
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
    """One row per frame; yaw before pitch, as the header says; pitch and roll as the app counts."""
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
    assert np.allclose(angles, (-0.1, 0.2, -0.3))


def test_an_unwritable_place_is_named(tmp_path: Path) -> None:
    """The error carries the path."""
    with pytest.raises(TransportError, match="nowhere"):
        MotionFile(tmp_path / "nowhere" / "m.csv")


def recorded(path: Path, frames: int, fps: int = 25) -> list[str]:
    """Lines of a recording whose jaw opens by 0.001 a frame and whose head turns by 0.01."""
    coefficients = np.zeros((frames, 55), np.float32)
    coefficients[:, INDEX["jawOpen"]] = np.arange(frames) * 0.001
    coefficients[:, 53] = np.arange(frames) * 0.01
    file = MotionFile(path)
    file.write(MotionFrames(0, coefficients))
    file.close()
    lines = path.read_text().splitlines()
    for k in range(frames):
        second, frame = divmod(k, fps)
        lines[k + 1] = f"13:07:{second:02d}:{frame:02d}.000" + lines[k + 1][15:]
    return lines


def written(path: Path, lines: list[str]) -> Path:
    path.write_text("\n".join(lines) + "\n")
    return path


def test_what_was_written_is_read(tmp_path: Path) -> None:
    """Reading is the inverse of writing, head rotation included."""
    coefficients = np.random.default_rng(0).random((60, 55)).astype(np.float32)
    file = MotionFile(tmp_path / "m.csv")
    file.write(MotionFrames(0, coefficients))
    file.close()
    assert np.allclose(read_motion(tmp_path / "m.csv"), coefficients, atol=1e-6)


@pytest.mark.parametrize("fps", [24, 30, 48, 50, 60])
def test_other_rates_become_25_frames_a_second(tmp_path: Path, fps: int) -> None:
    """Read off the timecodes; values lie on the straight line between the recorded ones."""
    path = written(tmp_path / "m.csv", recorded(tmp_path / "m.csv", 3 * fps, fps))
    motion = read_motion(path)
    assert len(motion) == int((3 * fps - 1) / fps * 25) + 1
    expected = np.arange(len(motion)) / 25 * fps
    assert np.allclose(motion[:, INDEX["jawOpen"]], expected * 0.001, atol=1e-5)
    assert np.allclose(motion[:, 53], expected * 0.01, atol=1e-4)


def test_a_given_rate_wins(tmp_path: Path) -> None:
    """Half a second at 60 frames says nothing of its rate."""
    lines = recorded(tmp_path / "m.csv", 20, 60)
    assert len(read_motion(written(tmp_path / "m.csv", lines))) == 20
    assert len(read_motion(tmp_path / "m.csv", 60.0)) == 8


def test_frames_without_a_face_are_bridged(tmp_path: Path) -> None:
    """Rows with a count of 0, and rows that are not there, are drawn straight across."""
    lines = recorded(tmp_path / "m.csv", 50)
    lines[11] = lines[11][:15] + ",0"
    del lines[21:24]
    motion = read_motion(written(tmp_path / "m.csv", lines))
    assert len(motion) == 50
    assert np.allclose(motion[:, INDEX["jawOpen"]], np.arange(50) * 0.001, atol=1e-5)


def test_midnight_is_passed(tmp_path: Path) -> None:
    """Timecodes start anew; time does not."""
    lines = recorded(tmp_path / "m.csv", 50)
    lines[1:26] = [line.replace("13:07:00", "23:59:59") for line in lines[1:26]]
    lines[26:] = [line.replace("13:07:01", "00:00:00") for line in lines[26:]]
    assert len(read_motion(written(tmp_path / "m.csv", lines))) == 50


def test_other_order_case_and_columns_are_read(tmp_path: Path) -> None:
    """Columns are found by name; a byte-order mark and columns of other programs do no harm."""
    lines = recorded(tmp_path / "m.csv", 30)
    rows = [[*line.split(",")[::-1], "7"] for line in lines]
    rows[0] = [name.swapcase() for name in rows[0][:-1]] + ["note"]
    path = written(
        tmp_path / "m.csv", ["\ufeff" * (k == 0) + ",".join(r) for k, r in enumerate(rows)]
    )
    assert np.allclose(read_motion(path)[:, INDEX["jawOpen"]], np.arange(30) * 0.001, atol=1e-5)


JAW = COLUMNS.index("JawOpen")


@pytest.mark.parametrize(
    ("line", "column", "text", "said"),
    [
        (5, JAW, "nan", "'nan' in line 6, column jawOpen.*0..1"),
        (5, JAW, "", "'' in line 6, column jawOpen"),
        (5, JAW, "62.5", "62.5.*line 6, column jawOpen"),
        (7, COLUMNS.index("HeadYaw"), "inf", "line 8, column headYaw.*radians"),
        (3, 0, "soon", "'soon' in line 4.*HH:MM:SS:FF"),
        (0, JAW, "JawOpenness", "lacks columns.*jawOpen"),
        (9, 0, "12:00:00:00.000", "backwards.*from frame 7"),
        (9, 0, "14:00:00:00.000", "jumps.*from frame 7"),
    ],
)
def test_a_wrong_value_is_named_by_its_place(
    tmp_path: Path, line: int, column: int, text: str, said: str
) -> None:
    """NaN, nothing, percentages, infinity, no timecode, no column, time that jumps."""
    lines = recorded(tmp_path / "m.csv", 20)
    cells = lines[line].split(",")
    cells[column] = text
    lines[line] = ",".join(cells)
    with pytest.raises(AssetError, match=said):
        read_motion(written(tmp_path / "m.csv", lines))


def test_a_file_that_ends_early_is_named_by_its_line(tmp_path: Path) -> None:
    """Cut off in a row."""
    lines = recorded(tmp_path / "m.csv", 20)
    with pytest.raises(AssetError, match="31 columns in line 21"):
        read_motion(written(tmp_path / "m.csv", [*lines[:20], ",".join(lines[20].split(",")[:31])]))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "lacks columns"),
        (HEADER.encode() + b"\n", "no frame"),
        (b"\x89PNG\r\n\x1a\n\x00\x00\xff", "cannot be read"),
        (b"speech,words\n1,2\n", "Timecode, 52 weights"),
    ],
)
def test_files_that_are_no_motion_are_refused(tmp_path: Path, content: bytes, said: str) -> None:
    """Empty, a header alone, a picture, another table."""
    (tmp_path / "m.csv").write_bytes(content)
    with pytest.raises(AssetError, match=said):
        read_motion(tmp_path / "m.csv")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error carries the path."""
    with pytest.raises(AssetError, match="none.csv"):
        read_motion(tmp_path / "none.csv")
