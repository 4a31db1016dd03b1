"""Which RTP timestamp a moment of media time has, and at which time of the world it was due."""

from typing import Any

from aiortc.clock import current_ntp_time
from aiortc.rtp import RtcpSrPacket

from stream_engine.transport.pace import Programme
from stream_engine.types import TICKS_PER_SECOND

TIMESTAMP_ATTRIBUTE = "_RTCRtpSender__rtp_timestamp"
"""aiortc's private name for the timestamp of the last packet sent; a test fails when it moves."""

REPORT_ATTRIBUTE = "_send_rtcp"
REPORTED_ATTRIBUTE = "_RTCRtpSender__lsr"
"""More of them: what sends reports, and by what an answer to the last one is known."""

VOICE_RTP_HZ = 48_000
FACE_RTP_HZ = 90_000

LIPS_EARLY_S = 0.035
"""A picture is reported to have been due so much sooner than the voice that goes with it.

Players put both together when they hand them on, and do not know that the screen takes 20 ms
longer; and people bear a voice that is late (100 ms) better than one that is early (45 ms), so the
middle between is aimed at, not the edge.
"""

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

    def report_due(self, programme: Programme, early_s: float = 0.0) -> None:
        """Let sender reports say when a packet was due, not when it came to be sent.

        Players put voice and picture together by these reports. Each was stamped as it left: with
        the time it took to be encoded, and to get its turn on a busy machine. Due are both by one
        line.

        Args:
            programme: Whose line it is.
            early_s: What is taken off the time.
        """
        assert hasattr(self._sender, REPORT_ATTRIBUTE), "aiortc moved its reports"
        send = getattr(self._sender, REPORT_ATTRIBUTE)

        async def send_reports(packets: list[Any]) -> None:
            for packet in packets:
                if isinstance(packet, RtcpSrPacket) and self.zero is not None:
                    info = packet.sender_info
                    late_s = programme.clock.now() - programme.due(
                        self.media_time(info.rtp_timestamp, programme)
                    )
                    info.ntp_timestamp = current_ntp_time() - int((late_s + early_s) * _WRAP)
                    setattr(self._sender, REPORTED_ATTRIBUTE, info.ntp_timestamp >> 16 & 0xFFFFFFFF)
            await send(packets)

        setattr(self._sender, REPORT_ATTRIBUTE, send_reports)

    def media_time(self, timestamp: int, programme: Programme) -> int:
        """Say which moment a timestamp stands for: of all that have it the one nearest to now."""
        assert self.zero is not None
        since = (timestamp - self.zero) % _WRAP
        now = (programme.clock.now() - programme.due(0)) * self._rate_hz
        since += _WRAP * round((now - since) / _WRAP)
        return since * TICKS_PER_SECOND // self._rate_hz
