"""Frames with their sound, and what a cut leaves of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from clients.python.face import Cut, Frame, FrameJoiner, Pose, cut_of, samples_in, without
from stream_engine.motion.arkit import ARKIT_NAMES, COEFFICIENT_NAMES
from stream_engine.realtime_deltas import Sound
from stream_engine.realtime_wire import CutAnswer
from stream_engine.types import TICKS_PER_FRAME, MotionFrames

RATE_HZ = 24_000
LOUD = np.full(1920, 9000, np.int16)
ROWS = np.linspace(0.0, 1.0, 110, dtype=np.float32).reshape(2, 55)


def joined(sound_pts: int) -> list[Frame]:
    joiner = FrameJoiner(COEFFICIENT_NAMES, RATE_HZ)
    joiner.hear(Sound(sound_pts, LOUD, RATE_HZ))
    return list(joiner.join(MotionFrames(3, ROWS)))


def test_a_frame_has_its_weights_pose_and_sound() -> None:
    """Two of one message: names of Apple, 40 ms each, nothing left over."""
    first, second = joined(3 * TICKS_PER_FRAME)
    assert (first.index, first.pts, second.index) == (3, 5760, 4)
    assert tuple(first.weights) == ARKIT_NAMES
    assert first.weights["jawOpen"] == round(float(ROWS[0, 17]), 4)
    assert second.pose == Pose(*ROWS[1, 52:].astype(float).round(4))
    assert first.audio + second.audio == LOUD.tobytes()


def test_sound_of_another_time_is_not_taken_for_its_own() -> None:
    """Where a delta was dropped there is no sound."""
    assert [frame.audio for frame in joined(0)] == [b"", b""]


@given(st.integers(0, 8 * TICKS_PER_FRAME))
def test_nothing_that_was_cut_is_left(pts: int) -> None:
    """Frames from the cut's on are gone; sound before it is whole, and gone 5 ms after it."""
    cut = Cut("a", pts, pts // 2, pts // TICKS_PER_FRAME + 1, 0, 90.0, 0, 0)
    left = [without(frame, cut) for frame in joined(3 * TICKS_PER_FRAME)]
    for index, frame in zip((3, 4), left, strict=True):
        if index >= cut.frame:
            assert frame is None
            continue
        assert frame is not None
        pcm = np.frombuffer(frame.audio, "<i2")
        edge = (pts - frame.pts) * RATE_HZ // 48_000
        assert (pcm[:edge] == 9000).all()
        assert (np.diff(pcm[max(edge, 0) :].astype(int)) <= 0).all()
        assert not pcm[edge + 120 :].any()


@given(st.integers(0, 10**7), st.sampled_from([8_000, 16_000, 22_050, 24_000, 44_100, 48_000]))
def test_a_cut_names_its_sample(samples: int, rate_hz: int) -> None:
    """Three decimals of a millisecond tell every sample from the next."""
    assert samples_in(round(1000.0 * samples / rate_hz, 3), rate_hz) == samples
    answer = CutAnswer("response.cancelled", "a", 96_000, 51, 54, 97.5, 500.0, 20.0)
    cut = cut_of(answer, RATE_HZ)
    assert (cut.sample, cut.heard_samples, cut.dropped_samples) == (48_000, 12_000, 480)
