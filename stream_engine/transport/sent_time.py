"""Which RTP timestamp a moment of media time has, for clients that keep time themselves."""

from typing import Any

from stream_engine.types import TICKS_PER_SECOND

TIMESTAMP_ATTRIBUTE = "_RTCRtpSender__rtp_timestamp"
"""aiortc's private name for the timestamp of the last packet sent; a test fails when it moves."""

VOICE_RTP_HZ = 48_000
FACE_RTP_HZ = 90_000

_WRAP = 1 << 32


class SentTime:
    """Reads a sender's random origin off what it sent.

    aiortc asks a track for the next item when all packets of the one before have left; at that
    moment the last timestamp belongs to the last item.

    *State*: one number. *Thread*: the loop.

    Args:
        sender: An ``RTCRtpSender``.
        rate_hz: Of its RTP clock.
    """

    def __init__(self, sender: Any, rate_hz: int) -> None:
        assert hasattr(sender, TIMESTAMP_ATTRIBUTE), "aiortc moved its timestamp"
        self._sender = sender
        self._rate_hz = rate_hz
        self.zero: int | None = None

    def sent(self, pts: int) -> None:
        """Take note that the item of media time ``pts`` has left, if any packet has."""
        timestamp: int = getattr(self._sender, TIMESTAMP_ATTRIBUTE)
        if timestamp:
            self.zero = (timestamp - pts * self._rate_hz // TICKS_PER_SECOND) % _WRAP
