"""Motion into a CSV file with the columns of Apple's Live Link Face recordings."""

from pathlib import Path

from stream_engine.errors import TransportError
from stream_engine.motion.arkit import ARKIT_COUNT, ARKIT_NAMES, INDEX
from stream_engine.types import F32, MOTION_FPS, MotionFrames

_ROTATIONS = (
    "HeadYaw",
    "HeadPitch",
    "HeadRoll",
    "LeftEyeYaw",
    "LeftEyePitch",
    "LeftEyeRoll",
    "RightEyeYaw",
    "RightEyePitch",
    "RightEyeRoll",
)
COLUMNS: tuple[str, ...] = (
    "Timecode",
    "BlendShapeCount",
    *(name[0].upper() + name[1:] for name in ARKIT_NAMES),
    *_ROTATIONS,
)
_FULL_GAZE_RADIANS = 0.5
"""Rotation of an eye whose look weight is 1."""


def eye_rotation(coefficients: F32, side: str) -> tuple[float, float, float]:
    """Yaw, pitch and roll of one eye as its look weights say.

    Args:
        coefficients: float32 [D].
        side: ``Left`` or ``Right``.

    Returns:
        Radians; yaw > 0 to the subject's left, pitch > 0 down, roll always 0.
    """

    def weight(direction: str) -> float:
        return float(coefficients[INDEX[f"eyeLook{direction}{side}"]])

    outward = (weight("Out") - weight("In")) * _FULL_GAZE_RADIANS
    yaw = outward if side == "Left" else -outward
    return yaw, (weight("Down") - weight("Up")) * _FULL_GAZE_RADIANS, 0.0


class MotionFile:
    """One row per frame: timecode, 52 weights, head and eye rotation in radians.

    Args:
        path: File to write.

    Raises:
        TransportError: If the file cannot be made.
    """

    def __init__(self, path: Path) -> None:
        try:
            self._file = path.open("w", encoding="utf-8", newline="\r\n")
        except OSError as error:
            raise TransportError("motion cannot be written", got=f"{path}: {error}") from error
        self._file.write(",".join(COLUMNS) + "\n")

    def write(self, frames: MotionFrames) -> None:
        """Take the next frames."""
        for offset, coefficients in enumerate(frames.coefficients):
            pitch, yaw, roll = (float(angle) for angle in coefficients[ARKIT_COUNT:])
            values = [
                *(float(weight) for weight in coefficients[:ARKIT_COUNT]),
                *(yaw, pitch, roll),
                *eye_rotation(coefficients, "Left"),
                *eye_rotation(coefficients, "Right"),
            ]
            row = [timecode(frames.start + offset), str(len(COLUMNS) - 2)]
            self._file.write(",".join(row + [f"{value:.8f}" for value in values]) + "\n")

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def timecode(frame: int) -> str:
    """``HH:MM:SS:FF.mmm`` of a frame counted from the start of the speech."""
    seconds, of_second = divmod(frame, MOTION_FPS)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}:{of_second:02d}.000"
