"""Motion into and out of CSV files with the columns of Apple's Live Link Face recordings."""

import csv
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from stream_engine.errors import AssetError, TransportError
from stream_engine.formats.live_link import ANGLES, angles
from stream_engine.motion.arkit import ARKIT_COUNT, ARKIT_NAMES, COEFFICIENT_NAMES, INDEX
from stream_engine.types import F32, MOTION_FPS, MotionFrames

COLUMNS: tuple[str, ...] = (
    "Timecode",
    "BlendShapeCount",
    *(name[0].upper() + name[1:] for name in ARKIT_NAMES),
    *ANGLES,
)
_USUAL_FPS = (24, 25, 30, 48, 50, 60)
_TIMECODE = re.compile(r"(\d+):(\d\d):(\d\d)[:;](\d+(?:\.\d+)?)")
_SIGNS = np.array(
    [-1.0 if name in ("headPitch", "headRoll") else 1.0 for name in COEFFICIENT_NAMES]
)
"""The app's pitch and roll count the other way."""

_LONGEST_GAP_S, _DAY_S = 5.0, 86_400
_WEIGHT_RANGE = (-0.5, 1.5)  # trackers overshoot a little; percentages are another thing


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
            row = coefficients.tolist()
            pose = dict(zip(COEFFICIENT_NAMES, row, strict=True))
            values = [*row[:ARKIT_COUNT], *angles(pose)]
            start = [timecode(frames.start + offset), str(len(COLUMNS) - 2)]
            self._file.write(",".join(start + [f"{value:.8f}" for value in values]) + "\n")

    def close(self) -> None:
        """Finish the file."""
        self._file.close()


def timecode(frame: int) -> str:
    """``HH:MM:SS:FF.mmm`` of a frame counted from the start of the speech."""
    seconds, of_second = divmod(frame, MOTION_FPS)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}:{of_second:02d}.000"


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
    times, values = [], []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for at, row in _rows(path, csv.reader(file)):
                times.append(at)
                values.append(row)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AssetError(
            "motion cannot be read", got=f"{path}: {error}", expected="a Live Link Face CSV"
        ) from error
    if not values:
        raise AssetError("motion holds no frame with a face", got=str(path))
    rate = fps or _rate_of(times)
    seconds = np.unwrap([whole + part / rate for whole, part in times], period=_DAY_S)
    _check_times(path, seconds)
    return _resampled(seconds - seconds[0], np.array(values) * _SIGNS)


def _rows(
    path: Path, reader: Iterator[list[str]]
) -> Iterator[tuple[tuple[int, float], list[float]]]:
    """Time (whole seconds and frames) and coefficients of each row with a face."""
    header = [name.strip().lower() for name in next(reader, [])]
    wanted = ["timecode", *(name.lower() for name in COEFFICIENT_NAMES)]
    missing = [name for name in wanted if name not in header]
    if missing:
        raise AssetError(
            "motion lacks columns",
            got=f"{path} without {', '.join(missing[:5])}" + " and others" * (len(missing) > 5),
            expected="the header of a Live Link Face CSV: Timecode, 52 weights, head rotation",
        )
    columns = [header.index(name) for name in wanted[1:]]
    count = header.index("blendshapecount") if "blendshapecount" in header else None
    for line, row in enumerate(reader, start=2):
        if not row or (count is not None and len(row) > count and row[count].strip() == "0"):
            continue
        if len(row) < len(header):
            raise AssetError(
                "motion is cut off",
                got=f"{len(row)} columns in line {line} of {path}",
                expected=str(len(header)),
                fix="delete the line if it is the last",
            )
        yield (
            _time_of(row[header.index("timecode")], line),
            [_number(row[k], line, COEFFICIENT_NAMES[n]) for n, k in enumerate(columns)],
        )


def _time_of(text: str, line: int) -> tuple[int, float]:
    found = _TIMECODE.fullmatch(text.strip())
    if found is None:
        raise AssetError(
            "timecode cannot be read",
            got=f"{text!r} in line {line}",
            expected="HH:MM:SS:FF.mmm",
        )
    hours, minutes, seconds = (int(part) for part in found.groups()[:3])
    return 3600 * hours + 60 * minutes + seconds, float(found[4])


def _number(text: str, line: int, column: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    low, high = _WEIGHT_RANGE if INDEX[column] < ARKIT_COUNT else (-math.tau, math.tau)
    if not low <= value <= high:
        raise AssetError(
            "motion holds a value that cannot be used",
            got=f"{text!r} in line {line}, column {column}",
            expected="a weight of 0..1" if INDEX[column] < ARKIT_COUNT else "radians",
        )
    return value


def _rate_of(times: list[tuple[int, float]]) -> float:
    """Smallest usual rate whose frame numbers reach as high; 25 or more if no second is full."""
    highest = max(part for _, part in times)
    full = len({whole for whole, _ in times}) > 2
    usual = [fps for fps in _USUAL_FPS if fps > highest and (full or fps >= MOTION_FPS)]
    return float(usual[0]) if usual else math.floor(highest) + 1.0


def _check_times(path: Path, seconds: np.ndarray) -> None:
    steps = np.diff(seconds)
    wrong = (steps < 0) | (steps > _LONGEST_GAP_S)
    if wrong.any():
        at = int(np.argmax(wrong))
        raise AssetError(
            f"time {'runs backwards' if steps[at] < 0 else 'jumps'} in the motion",
            got=f"{steps[at]:+.2f} s from frame {at} to the next in {path}",
            expected=f"steps of 0..{_LONGEST_GAP_S:.0f} s",
        )


def _resampled(seconds: np.ndarray, values: np.ndarray) -> F32:
    """Values at 25 frames a second, drawn straight between those that are there."""
    frames = math.floor(seconds[-1] * MOTION_FPS + 1e-6) + 1
    at = np.arange(frames) / MOTION_FPS
    columns = [np.interp(at, seconds, column) for column in values.T]
    motion: F32 = np.stack(columns, axis=1).astype(np.float32)
    return motion
