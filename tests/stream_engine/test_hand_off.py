import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.hand_off import FrameSlot, MotionQueue, TimedMotion, TimedPicture
from stream_engine.motion.arkit import COEFFICIENT_COUNT
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import TICKS_PER_FRAME, VideoFrame

ZERO = np.zeros(COEFFICIENT_COUNT, np.float32)


def motion(frame: int) -> TimedMotion:
    """One frame at rest."""
    return TimedMotion(frame * TICKS_PER_FRAME, ZERO, 0.0)


@given(st.lists(st.integers(1, 6), max_size=20), st.sampled_from([1, 2]))
def test_the_queue_never_holds_more_than_two_hops(pushes: list[int], hop: int) -> None:
    """What does not fit pushes the oldest out, and every frame is accounted for."""
    tally = Tally()
    queue = MotionQueue(hop, tally)
    pushed, taken = 0, 0
    for count in pushes:
        for _ in range(count):
            queue.push(motion(pushed))
            pushed += 1
        assert len(queue._frames) <= 2 * hop
        assert queue.room() == (len(queue._frames) <= hop)
        taken += queue.pop_until((pushed - 2) * TICKS_PER_FRAME) is not None
    lost = tally.count("motion_dropped_total") + tally.count("frames_skipped_total")
    assert pushed == taken + lost + len(queue._frames)


def test_the_slot_keeps_the_latest_and_counts_what_nobody_saw() -> None:
    """Two pictures in, one look: the second, and one overwritten."""
    tally = Tally()
    slot = FrameSlot(tally)
    assert slot.latest() is None
    for pts in (0, 1920):
        slot.put(TimedPicture(VideoFrame(pts, np.zeros((2, 2, 3), np.uint8)), 0.0, 0.0))
    latest = slot.latest()
    assert latest is not None
    assert latest.frame.pts == 1920
    slot.put(latest)
    assert tally.count("frames_overwritten_total") == 1
