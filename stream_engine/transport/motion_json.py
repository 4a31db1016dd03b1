"""Motion as JSON, with the keys of Audio2Face's exports, times and head rotation added."""

import json
from pathlib import Path

from stream_engine.errors import TransportError
from stream_engine.motion.arkit import ARKIT_COUNT, ARKIT_NAMES, HEAD_ROTATION_NAMES
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
            raise TransportError("motion cannot be written", got=f"{path}: {error}") from error
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
