"""Nobody: an engine that never wakes, a client that never looks."""

from stream_engine.batching.lane import Lane
from stream_engine.types import MotionFrames


class Nobody:
    """Implements `LaneOwner` and `MotionSink`."""

    def wake(self) -> None:
        """Nobody sleeps."""

    def remove(self, lane: Lane) -> None:
        """Nobody leaves."""

    def push(self, frames: MotionFrames) -> None:
        """Nobody looks."""

    def finish(self) -> None:
        """Nobody waits."""

    def fail(self, error: Exception) -> None:
        """Nobody minds."""
