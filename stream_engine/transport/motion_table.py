"""Motion out of CSV files: Live Link Face, Audio2Face, or any table with ARKit's names on top."""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from stream_engine.errors import AssetError
from stream_engine.transport.face_recording import (
    FaceRecording,
    bounds_of,
    coefficient_of,
    face_recording,
    unit_of,
)
from stream_engine.transport.motion_clock import (
    F64,
    Timecode,
    check_times,
    parse_timecode,
    seconds_of,
)

_TIME_COLUMNS = ("timecode", "time", "timestamp", "time_s", "seconds", "time (s)")
_SIGNS = {"headPitch": -1.0, "headRoll": -1.0}
"""The app's pitch and roll count the other way."""

_ABSOLUTE_S = 1.0


@dataclass(slots=True)
class _Rows:
    """Of one table; rows without a face have a time and no weights."""

    header: list[str]
    times: list[str]
    lines: list[int]
    faces: list[int]
    values: list[list[float]]


def read_table(path: Path, fps: float | None = None) -> FaceRecording:
    """Read a CSV whose columns have ARKit's names, in any case, behind any prefix.

    Time is a timecode (``HH:MM:SS:FF.mmm``), or seconds, in a column called timecode, time or
    timestamp; without one, rows are counted at ``fps``. Rows in which no face was found (a count
    of 0) are bridged, as are frames left out.

    Args:
        path: The file.
        fps: Frames that a second of the timecode counts, as the timecodes themselves say by
            default; of any other table, rows in a second.

    Returns:
        The recording, from its first row.

    Raises:
        AssetError: If the file is missing, empty, cut off or holds something else; says where.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = _read(path, csv.reader(file))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise AssetError(
            "motion cannot be read", got=f"{path}: {error}", expected="a Live Link Face CSV"
        ) from error
    if not rows.values:
        raise AssetError("motion holds no frame with a face", got=str(path))
    kind, seconds = _clock(path, rows, fps)
    check_times(str(path), seconds)
    names = [name for name in map(coefficient_of, rows.header) if name is not None]
    table = np.array(rows.values) * np.array([_SIGNS.get(name, 1.0) for name in names])
    found = face_recording(kind, str(path), seconds[rows.faces], names, table)
    return replace(found, end_s=float(seconds[rows.faces[-1]]))


def _read(path: Path, reader: Iterator[list[str]]) -> _Rows:
    header = [name.strip() for name in next(reader, [])]
    lower = [name.lower() for name in header]
    wanted = [(k, name) for k, name in enumerate(map(coefficient_of, header)) if name is not None]
    if not wanted:
        raise AssetError(
            "motion lacks columns",
            got=f"{path} with {', '.join(header[:5]) or 'no header'}",
            expected="the header of a Live Link Face CSV (Timecode, 52 weights, head rotation), or "
            "other columns with ARKit's names",
            fix="export with ARKit names; VRM expressions and Oculus visemes are not read",
        )
    time = next((lower.index(name) for name in _TIME_COLUMNS if name in lower), None)
    count = lower.index("blendshapecount") if "blendshapecount" in lower else None
    rows = _Rows(header, [], [], [], [])
    for line, row in enumerate(reader, start=2):
        if not row:
            continue
        lost = count is not None and len(row) > count and row[count].strip() == "0"
        if not lost and len(row) < len(header):
            raise AssetError(
                "motion is cut off",
                got=f"{len(row)} columns in line {line} of {path}",
                expected=str(len(header)),
                fix="delete the line if it is the last",
            )
        if not lost:
            rows.faces.append(len(rows.times))
            rows.values.append([_number(row[k], line, name) for k, name in wanted])
        rows.times.append("" if time is None else row[time].strip())
        rows.lines.append(line)
    return rows


def _clock(path: Path, rows: _Rows, fps: float | None) -> tuple[str, F64]:
    """What kind of table it is, and when its rows were."""
    codes: list[Timecode] = []
    for text, line in zip(rows.times, rows.lines, strict=True):
        code = parse_timecode(text)
        if code is not None:
            codes.append(code)
        elif codes:
            raise _bad_time(text, line)
    if codes and len(codes) == len(rows.times):
        return "Live Link Face CSV", seconds_of(codes, fps)
    if fps is not None:
        return "CSV", np.arange(len(rows.times)) / fps
    if not any(rows.times):
        raise AssetError(
            "motion does not say when its frames were",
            got=f"{path} without a column timecode, time or timestamp",
            fix="say --fps",
        )
    seconds = np.array([_time(text, at) for text, at in zip(rows.times, rows.lines, strict=True)])
    if len(seconds) > 1 and np.median(np.diff(seconds)) >= 1.0:
        raise AssetError(
            "times of the motion are no seconds",
            got=f"{seconds[0]:g}, {seconds[1]:g}, ... in {path}",
            expected="seconds, or HH:MM:SS:FF.mmm",
            fix="say --fps, which counts rows",
        )
    return "CSV", seconds if seconds[0] < _ABSOLUTE_S else seconds - seconds[0]


def _time(text: str, line: int) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise _bad_time(text, line)
    return value


def _bad_time(text: str, line: int) -> AssetError:
    return AssetError(
        "timecode cannot be read",
        got=f"{text!r} in line {line}",
        expected="HH:MM:SS:FF.mmm, or seconds in every line",
    )


def _number(text: str, line: int, name: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    low, high = bounds_of(name)
    if not low <= value <= high:
        raise AssetError(
            "motion holds a value that cannot be used",
            got=f"{text!r} in line {line}, column {name}",
            expected=unit_of(name),
        )
    return value
