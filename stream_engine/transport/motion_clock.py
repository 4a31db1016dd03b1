"""When the frames of a motion file were: timecodes, counts or seconds; then 25 in a second."""

import math
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from stream_engine.errors import AssetError
from stream_engine.types import F32, MOTION_FPS

F64 = NDArray[np.float64]

_USUAL_FPS = (24, 25, 30, 48, 50, 60)
_TIMECODE = re.compile(r"(\d+):(\d\d):(\d\d)([:;])(\d+(?:\.\d+)?)")
_LONGEST_GAP_S, _DAY_S = 5.0, 86_400
_ROUNDING = 1e-3  # of a frame: times may be float32
_SAME_RATE = 2e-3  # 29.97 is 30,000 / 1001
_NTSC = 1000.0 / 1001.0
_LABELS_DROPPED = {30: 2, 60: 4}


class Timecode(NamedTuple):
    """``HH:MM:SS:FF.mmm``, or with ``;`` before the frames, where labels are dropped."""

    seconds: int
    frames: float
    drops: bool


def timecode(frame: int) -> str:
    """``HH:MM:SS:FF.mmm`` of a frame counted from the start of the speech."""
    seconds, of_second = divmod(frame, MOTION_FPS)
    minutes, second = divmod(seconds, 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour:02d}:{minute:02d}:{second:02d}:{of_second:02d}.000"


def parse_timecode(text: str) -> Timecode | None:
    """Read a timecode; None if it is none."""
    found = _TIMECODE.fullmatch(text.strip())
    if found is None:
        return None
    hours, minutes, seconds = (int(part) for part in found.groups()[:3])
    return Timecode(3600 * hours + 60 * minutes + seconds, float(found[5]), found[4] == ";")


def seconds_of(codes: Sequence[Timecode], fps: float | None) -> F64:
    """Say when timecodes are, counted from the first.

    Timecodes of 29.97 frames a second (any usual rate less a thousandth) count whole frames, so
    that their seconds are a thousandth too long; those with ``;`` make up for it by leaving out
    labels at the start of nine minutes in ten.

    Args:
        codes: At least one.
        fps: Frames in a second; as the timecodes themselves say by default.

    Returns:
        Seconds [N], midnight passed.
    """
    drops = any(code.drops for code in codes)
    rate = fps or _rate_of(codes) * (_NTSC if drops else 1.0)
    labels = _labels(rate)
    seconds = np.array([code.seconds for code in codes], np.float64)
    frames = seconds * labels + np.array([code.frames for code in codes])
    a_day = _DAY_S * labels
    if drops:
        dropped = _LABELS_DROPPED.get(int(labels), 0)
        minutes = seconds // 60
        frames -= dropped * (minutes - minutes // 10)
        a_day -= dropped * (1440 - 144)
    unwrapped = np.unwrap(frames, period=a_day)
    counted: F64 = (unwrapped - unwrapped[0]) / rate
    return counted


def _labels(rate: float) -> float:
    """Labels of a timecode's second: a whole number for usual rates, also a thousandth slower."""
    for whole in (round(rate), round(rate / _NTSC)):
        if min(abs(rate - whole), abs(rate / _NTSC - whole)) < _SAME_RATE:
            return whole
    return rate


def _rate_of(codes: Sequence[Timecode]) -> float:
    """Smallest usual rate whose frame numbers reach as high; 25 or more if no second is full."""
    highest = max(code.frames for code in codes)
    full = len({code.seconds for code in codes}) > 2
    usual = [fps for fps in _USUAL_FPS if fps > highest and (full or fps >= MOTION_FPS)]
    return float(usual[0]) if usual else math.floor(highest) + 1.0


def check_times(path: str, seconds: F64) -> None:
    """Refuse time that runs backwards or jumps.

    Args:
        path: For the message.
        seconds: Of the frames, [N].

    Raises:
        AssetError: If it does; says where.
    """
    steps = np.diff(seconds)
    wrong = ~((steps >= 0) & (steps <= _LONGEST_GAP_S))
    if wrong.any():
        at = int(np.argmax(wrong))
        raise AssetError(
            f"time {'runs backwards' if steps[at] < 0 else 'jumps'} in the motion",
            got=f"{steps[at]:+.2f} s from frame {at} to the next in {path}",
            expected=f"steps of 0..{_LONGEST_GAP_S:.0f} s",
        )


def frames_per_second(seconds: F64) -> float:
    """Usual distance of frames as a rate; 0 if there are not two."""
    steps = np.diff(seconds)
    usual = float(np.median(steps)) if len(steps) else 0.0
    return 1.0 / usual if usual > 0.0 else 0.0


def at_motion_rate(seconds: F64, values: F64, end_s: float) -> F32:
    """Draw values at 25 frames a second, straight between those that are there, held at the ends.

    Args:
        seconds: When they are, from 0 on; [N].
        values: [N, D].
        end_s: Time of the last frame of the recording.

    Returns:
        float32 [T, D].
    """
    at = np.arange(math.floor(end_s * MOTION_FPS + _ROUNDING) + 1) / MOTION_FPS
    columns = [np.interp(at, seconds, column) for column in values.T]
    motion: F32 = np.stack(columns, axis=1).astype(np.float32)
    return motion
