import numpy as np

from stream_engine.hand_off import FrameSlot, TimedPicture
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import VideoFrame


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
