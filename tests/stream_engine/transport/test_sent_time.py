"""Timestamps of media time."""

import asyncio

import pytest
from aiortc import RTCPeerConnection
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.transport.sent_time import (
    FACE_RTP_HZ,
    TIMESTAMP_ATTRIBUTE,
    VOICE_RTP_HZ,
    SentTime,
)


class Sender:
    """What is read of an ``RTCRtpSender``."""

    def __init__(self) -> None:
        setattr(self, TIMESTAMP_ATTRIBUTE, 0)


@given(st.integers(1, 2**32 - 1), st.integers(0, 10**9).map(lambda k: k * 960))
@pytest.mark.parametrize("rate_hz", [VOICE_RTP_HZ, FACE_RTP_HZ])
def test_time_zero_is_the_timestamp_less_the_time_round_the_clock(
    rate_hz: int, timestamp: int, pts: int
) -> None:
    """Adding the time again, modulo 2^32, gives the timestamp."""
    sender = Sender()
    at = SentTime(sender, rate_hz)
    setattr(sender, TIMESTAMP_ATTRIBUTE, timestamp)
    at.sent(pts)
    assert at.zero is not None
    assert 0 <= at.zero < 2**32
    assert (at.zero + pts * rate_hz // 48_000) % 2**32 == timestamp


def test_before_the_first_packet_nothing_is_known() -> None:
    """Aiortc says 0 then."""
    at = SentTime(Sender(), VOICE_RTP_HZ)
    at.sent(0)
    assert at.zero is None


def test_aiortc_keeps_the_timestamp_where_it_is_looked_for() -> None:
    """A sender of the pinned version has the attribute."""

    async def look() -> bool:
        connection = RTCPeerConnection()
        found = hasattr(connection.addTransceiver("audio").sender, TIMESTAMP_ATTRIBUTE)
        await connection.close()
        return found

    assert asyncio.run(look())
