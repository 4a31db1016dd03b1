"""Motion as JSON, with the keys of Audio2Face's exports, times and head rotation added."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from stream_engine.errors import AssetError, TransportError
from stream_engine.motion.arkit import ARKIT_COUNT, ARKIT_NAMES, HEAD_ROTATION_NAMES
from stream_engine.transport.face_recording import FaceRecording, face_recording
from stream_engine.transport.motion_clock import F64, check_times
from stream_engine.types import MOTION_FPS, MotionFrames

_DIGITS = 7


class MotionJson:
    """Implements `FrameSink`: one object, in ``weightMat`` a row of 52 weights per frame.

    ``exportFps``, ``trackPath``, ``numPoses``, ``numFrames``, ``facsNames`` and ``weightMat`` are
    as Audio2Face writes them. ``times`` are seconds of the speech; ``headNames`` and ``headMat``
    hold pitch, yaw and roll in radians: pitch > 0 looks down, yaw > 0 turns to the subject's left,
    roll > 0 tilts to it.

    *State*: four numbers a frame, until it is closed.

    Args:
        path: File to write.

    Raises:
        TransportError: If the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("w", encoding="utf-8", newline="\n")
        except OSError as error:
            raise TransportError.unwritable("motion", path, error) from error
        self._times: list[float] = []
        self._head: list[list[float]] = []
        head = {
            "exportFps": float(MOTION_FPS),
            "trackPath": "",
            "numPoses": ARKIT_COUNT,
            "facsNames": list(ARKIT_NAMES),
        }
        self._file.write(json.dumps(head)[:-1] + ', "weightMat": [')

    def write(self, frames: MotionFrames) -> None:
        """Take the next frames."""
        for offset, row in enumerate(frames.coefficients.astype(float).round(_DIGITS).tolist()):
            self._file.write((",\n" if self._times else "\n") + json.dumps(row[:ARKIT_COUNT]))
            self._times.append(round((frames.start + offset) / MOTION_FPS, 3))
            self._head.append(row[ARKIT_COUNT:])

    def close(self) -> None:
        """Finish the file; may be called again."""
        if self._file.closed:
            return
        rest = {
            "numFrames": len(self._times),
            "times": self._times,
            "headNames": list(HEAD_ROTATION_NAMES),
            "headMat": self._head,
        }
        with self._file:
            self._file.write("\n], " + json.dumps(rest)[1:] + "\n")


def read_motion_json(path: Path, fps: float | None = None) -> FaceRecording:
    """Read what Audio2Face exports, or `MotionJson` wrote.

    Args:
        path: The file.
        fps: Rows in a second; as ``times`` or ``exportFps`` say by default.

    Returns:
        The recording.

    Raises:
        AssetError: If it is missing, no JSON, or holds something else; says what.
    """
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except (OSError, ValueError, RecursionError) as error:
        raise AssetError(
            "motion cannot be read", got=f"{path}: {error}", expected="JSON as Audio2Face exports"
        ) from error
    if not isinstance(found, dict):
        raise _broken(path, f"a {type(found).__name__}")
    names = found.get("facsNames")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise _broken(path, "no list facsNames")
    weights = _table(path, found, "weightMat", len(names))
    if len(found.get("headMat") or ()) == len(weights) and found.get("headNames"):
        head = _table(path, found, "headMat", len(HEAD_ROTATION_NAMES))
        names, weights = [*names, *found["headNames"]], np.hstack([weights, head])
    seconds = _times(path, found, fps)
    check_times(str(path), seconds)
    return face_recording("Audio2Face JSON", str(path), seconds, names, weights)


def _table(path: Path, found: dict[str, Any], key: str, columns: int) -> F64:
    rows = found.get(key)
    if not isinstance(rows, list):
        raise _broken(path, f"no list {key}")
    lengths = {len(row) if isinstance(row, list) else -1 for row in rows}
    if lengths - {columns}:
        raise _broken(path, f"rows of {sorted(lengths)} numbers in {key}", f"{columns} in each")
    try:
        return np.array(rows, np.float64).reshape(-1, columns)
    except (TypeError, ValueError) as error:
        raise _broken(path, f"{error} in {key}", "numbers") from error


def _times(path: Path, found: dict[str, Any], fps: float | None) -> F64:
    count, times = len(found["weightMat"]), found.get("times")
    if fps is None and isinstance(times, list) and len(times) == count:
        try:
            return np.array(times, np.float64)
        except (TypeError, ValueError) as error:
            raise _broken(path, f"{error} in times", "numbers") from error
    rate = fps or found.get("exportFps")
    if not isinstance(rate, int | float) or not 1.0 <= rate <= 240.0:
        raise AssetError(
            "motion does not say when its frames were",
            got=f"exportFps {rate!r} in {path}",
            expected="1..240",
            fix="say --fps",
        )
    return np.arange(count) / float(rate)


def _broken(path: Path, got: str, expected: str = "") -> AssetError:
    return AssetError(
        "motion is no export of Audio2Face",
        got=f"{got} in {path}",
        expected=expected or "an object with exportFps, facsNames and weightMat",
        fix="export it as JSON from Audio2Face, or with elocute render --motion face.json",
    )
