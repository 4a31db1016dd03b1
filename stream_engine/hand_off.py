"""Between painter and track: a slot for the latest picture."""

import threading
from dataclasses import dataclass

from stream_engine.motion.handover import Handover
from stream_engine.telemetry.metrics import Tally
from stream_engine.types import F32, VideoFrame


@dataclass(frozen=True, slots=True)
class TimedMotion:
    """One motion frame on its way to the picture.

    Attributes:
        pts: Media time in ticks.
        coefficients: float32 [D].
        ready_s: When it became final.
        handover: The last cut when it was taken, if there was one.
    """

    pts: int
    coefficients: F32
    ready_s: float
    handover: Handover | None = None


@dataclass(frozen=True, slots=True)
class TimedPicture:
    """One picture on its way out.

    Attributes:
        frame: The picture.
        drawn_s: When it was finished.
        soonest_s: When it would have been, had it not waited for its time to be begun.
        handover: The last cut that it knows of.
    """

    frame: VideoFrame
    drawn_s: float
    soonest_s: float
    handover: Handover | None = None


class FrameSlot:
    """Keeps the latest picture, nothing else; one that was never looked at is counted.

    *Thread*: any.
    """

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._picture: TimedPicture | None = None
        self._seen = True
        self._shut = False
        self._lock = threading.Lock()

    def put(self, picture: TimedPicture) -> None:
        """Replace the picture."""
        with self._lock:
            if self._shut:
                return
            if not self._seen:
                self._tally.add("frames_overwritten_total")
            self._picture = picture
            self._seen = False

    def latest(self) -> TimedPicture | None:
        """Look at the picture; None before the first and while shut."""
        with self._lock:
            self._seen = True
            return self._picture

    def shut(self, shut: bool) -> None:
        """Forget the picture and take no other, or take pictures again."""
        with self._lock:
            self._shut = shut
            if shut:
                self._picture = None
                self._seen = True
