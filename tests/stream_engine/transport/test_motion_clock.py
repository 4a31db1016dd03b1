"""When the frames of a motion file were."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.errors import AssetError
from stream_engine.transport.motion_clock import (
    Timecode,
    at_motion_rate,
    check_times,
    frames_per_second,
    parse_timecode,
    seconds_of,
    timecode,
)


def drop_frame(number: int, labels: int, dropped: int) -> str:
    """Timecode of a frame by the definition: count labels, leaving out those that are dropped."""
    label = 0
    for _ in range(number):
        label += 1
        second, frame = divmod(label, labels)
        if second % 60 == 0 and frame == 0 and second // 60 % 10 != 0:
            label += dropped
    second, frame = divmod(label, labels)
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d};{frame:02d}.000"


def codes(texts: list[str]) -> list[Timecode]:
    found = [parse_timecode(text) for text in texts]
    return [code for code in found if code is not None]


def test_timecodes_count_25_frames_a_second() -> None:
    """Hours, minutes, seconds, frames."""
    assert timecode(25 * 3_661 + 7) == "01:01:01:07.000"


@given(st.integers(0, 24 * 3600 * 25 - 1))
def test_reading_is_the_inverse_of_writing(frame: int) -> None:
    """Any frame of a day."""
    assert parse_timecode(timecode(frame)) == Timecode(frame // 25, frame % 25, drops=False)


@pytest.mark.parametrize("text", ["", "1.5", "soon", "1:2:3:4", "00:00:00", "00:00:00:04,5"])
def test_other_text_is_no_timecode(text: str) -> None:
    """Seconds, words, parts of a timecode."""
    assert parse_timecode(text) is None


@pytest.mark.parametrize("fps", [24, 25, 30, 48, 50, 60])
def test_usual_rates_show_in_the_timecodes(fps: int) -> None:
    """A second that is full says how many frames it has."""
    texts = [f"10:00:{k // fps:02d}:{k % fps:02d}.000" for k in range(3 * fps)]
    assert np.allclose(seconds_of(codes(texts), None), np.arange(3 * fps) / fps)


@pytest.mark.parametrize("fps", [29.97, 30_000 / 1001, 59.94, 23.976])
def test_a_thousandth_less_is_counted_in_whole_frames(fps: float) -> None:
    """A minute of 29.97 frames a second lasts 60.06 s, though its timecodes say 60."""
    labels = math.ceil(fps)
    count = 60 * labels
    texts = [f"00:00:{k // labels:02d}:{k % labels:02d}.000" for k in range(count)]
    assert np.allclose(seconds_of(codes(texts), fps), np.arange(count) / fps)


@pytest.mark.parametrize(("labels", "dropped"), [(30, 2), (60, 4)])
def test_labels_that_are_dropped_are_no_time(labels: int, dropped: int) -> None:
    """With ``;`` frames follow each other evenly over minutes, a thousandth slower."""
    around = [
        *range(200),
        *range(58 * labels, 62 * labels, 7),
        *range(598 * labels, 602 * labels, 7),
    ]
    texts = [drop_frame(k, labels, dropped) for k in around]
    rate = labels * 1000 / 1001
    assert np.allclose(seconds_of(codes(texts), None), np.array(around) / rate, atol=1e-9)


def test_odd_rates_are_taken_at_their_word() -> None:
    """12.5 frames a second: parts of a second, as ever."""
    texts = ["00:00:01:05.000", "00:00:02:00.000", "00:00:02:05.000"]
    assert np.allclose(seconds_of(codes(texts), 12.5), [0.0, 0.6, 1.0])


def test_midnight_is_passed() -> None:
    """Timecodes start anew; time does not."""
    assert np.allclose(seconds_of(codes(["23:59:59:24.000", "00:00:00:00.000"]), 25.0), [0, 0.04])


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ([0.0, 0.04, 0.02], "backwards.*from frame 1"),
        ([0.0, 6.0], r"jumps.*\+6.00 s"),
        ([0.0, math.nan], "jumps"),
    ],
)
def test_time_that_cannot_be_is_refused(steps: list[float], said: str) -> None:
    """Back, far ahead, nowhere."""
    with pytest.raises(AssetError, match=said):
        check_times("m.csv", np.array(steps))


def test_time_that_runs_passes() -> None:
    """A gap of five seconds too."""
    check_times("m.csv", np.array([0.0, 0.0, 5.0]))


def test_the_rate_is_that_of_most_frames() -> None:
    """Gaps do not count; one frame has none."""
    assert frames_per_second(np.array([0.0, 0.02, 0.04, 1.0])) == pytest.approx(50.0)
    assert frames_per_second(np.array([1.0])) == 0.0


@given(st.floats(10.0, 120.0), st.integers(2, 300))
def test_straight_lines_stay_straight(fps: float, count: int) -> None:
    """At any rate; before the first frame and after the last values are held."""
    seconds = 0.1 + np.arange(count) / fps
    motion = at_motion_rate(seconds, seconds[:, None] * [1.0, -2.0], float(seconds[-1]) + 0.2)
    at = np.clip(np.arange(len(motion)) / 25, seconds[0], seconds[-1])
    assert len(motion) == math.floor((seconds[-1] + 0.2) * 25 + 1e-3) + 1
    assert np.allclose(motion, at[:, None] * [1.0, -2.0], atol=1e-5)
