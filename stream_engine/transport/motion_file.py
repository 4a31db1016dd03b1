"""Motion into and out of CSV files with the columns of Apple's Live Link Face recordings, whole."""

from pathlib import Path

from stream_engine.errors import AssetError, TransportError
from stream_engine.formats.live_link import ANGLES, angles
from stream_engine.motion.arkit import ARKIT_COUNT, ARKIT_NAMES, COEFFICIENT_NAMES
from stream_engine.transport.motion_clock import timecode
from stream_engine.transport.motion_table import read_table
from stream_engine.types import F32, MotionFrames

COLUMNS: tuple[str, ...] = (
    "Timecode",
    "BlendShapeCount",
    *(name[0].upper() + name[1:] for name in ARKIT_NAMES),
    *ANGLES,
)


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
            raise TransportError.unwritable("motion", path, error) from error
        self._file.write(",".join(COLUMNS) + "\n")

    def write(self, frames: MotionFrames) -> None:
        """Take the next frames."""
        for offset, coefficients in enumerate(frames.coefficients):
            row = coefficients.tolist()
            pose = dict(zip(COEFFICIENT_NAMES, row, strict=True))
            values = [*row[:ARKIT_COUNT], *angles(pose)]
            start = [timecode(frames.start + offset), str(len(COLUMNS) - 2)]
            self._file.write(",".join(start + [f"{value:.8f}" for value in values]) + "\n")

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def read_motion(path: Path, fps: float | None = None) -> F32:
    """Read a recording of a face at 25 frames a second.

    Rows in which no face was found (a count of 0) are bridged, as are frames left out.

    Args:
        path: CSV with at least the timecode, the 52 weights and the head's rotation.
        fps: Frames that a second of the timecode counts; as the timecodes themselves say by
            default.

    Returns:
        Coefficients float32 [T, D], in the order of `COEFFICIENT_NAMES`.

    Raises:
        AssetError: If the file is missing, empty, cut off or holds something else; says where.
    """
    recording = read_table(path, fps)
    missing = [name for name in COEFFICIENT_NAMES if name not in recording.names]
    if missing:
        raise AssetError(
            "motion lacks columns",
            got=f"{path} without {', '.join(missing[:5])}" + " and others" * (len(missing) > 5),
            expected="the header of a Live Link Face CSV: Timecode, 52 weights, head rotation",
        )
    return recording.motion()
