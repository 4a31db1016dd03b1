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


def test_a_shut_slot_has_no_picture_takes_none_and_counts_none_lost() -> None:
    """As before the first; opened, it takes the next."""
    tally = Tally()
    slot = FrameSlot(tally)
    picture = TimedPicture(VideoFrame(0, np.zeros((2, 2, 3), np.uint8)), 0.0, 0.0)
    slot.put(picture)
    slot.shut(True)
    slot.put(picture)
    assert slot.latest() is None
    slot.shut(False)
    assert slot.latest() is None
    slot.put(picture)
    assert slot.latest() is picture
    assert tally.count("frames_overwritten_total") == 0
