"""Timestamps of media time."""

import asyncio
from typing import Any

import aioice.ice
import pytest
from aiortc import RTCPeerConnection
from aiortc.clock import current_ntp_time
from aiortc.rtp import RtcpSenderInfo, RtcpSrPacket
from hypothesis import given
from hypothesis import strategies as st

from stream_engine.clock import MonotonicClock
from stream_engine.config import EngineConfig
from stream_engine.household import Household
from stream_engine.telemetry.metrics import Tally
from stream_engine.transport.peer import Peer
from stream_engine.transport.sent_time import (
    FACE_RTP_HZ,
    LIPS_EARLY_S,
    REPORT_ATTRIBUTE,
    REPORTED_ATTRIBUTE,
    TIMESTAMP_ATTRIBUTE,
    VOICE_RTP_HZ,
    SentTime,
)
from stream_engine.types import F32, TICKS_PER_SECOND
from tests.fakes.caller import Caller
from tests.fakes.clock import ManualClock
from tests.fakes.stages import FakeStages


class Sender:
    """What is read of an ``RTCRtpSender``."""

    def __init__(self) -> None:
        setattr(self, TIMESTAMP_ATTRIBUTE, 0)
        self.reports: list[RtcpSrPacket] = []

    async def _send_rtcp(self, packets: list[RtcpSrPacket]) -> None:
        self.reports += packets


class Line:
    """A programme that is an hour old, or older."""

    def __init__(self, old_s: float) -> None:
        self.clock, self.tally = ManualClock(1000.0 + old_s), Tally()

    def due(self, pts: int) -> float:
        return 1000.0 + pts / TICKS_PER_SECOND

    def voice(self, pts: int, count: int) -> F32:
        raise NotImplementedError

    def picture(self, pts: int) -> None:
        raise NotImplementedError


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


@pytest.mark.parametrize("old_s", [3.0, 3600.0, 100_000.0])
def test_reports_say_when_voice_and_picture_were_due_whenever_they_left(old_s: float) -> None:
    """A tenth of a second late, or on time; after the timestamps have wrapped around, too."""

    async def report(rate_hz: int, late_s: float, early_s: float = 0.0) -> float:
        sender, line = Sender(), Line(old_s)
        at = SentTime(sender, rate_hz)
        at.report_due(line, early_s)
        pts = int((old_s - late_s) * TICKS_PER_SECOND)
        timestamp = (123_456 + pts * rate_hz // TICKS_PER_SECOND) % 2**32
        await sender._send_rtcp([RtcpSrPacket(1, RtcpSenderInfo(7, timestamp, 1, 1))])
        assert sender.reports[0].sender_info.ntp_timestamp == 7  # nothing has left: as it was
        setattr(sender, TIMESTAMP_ATTRIBUTE, timestamp)
        at.sent(pts)
        await sender._send_rtcp([RtcpSrPacket(1, RtcpSenderInfo(7, timestamp, 1, 1))])
        said = sender.reports[1].sender_info.ntp_timestamp
        assert getattr(sender, REPORTED_ATTRIBUTE) == said >> 16 & 0xFFFFFFFF
        return (current_ntp_time() - said) / 2**32

    for rate_hz, late_s in ((VOICE_RTP_HZ, 0.0), (VOICE_RTP_HZ, 0.1), (FACE_RTP_HZ, 0.1)):
        assert asyncio.run(report(rate_hz, late_s)) == pytest.approx(late_s, abs=0.02)
    assert asyncio.run(report(FACE_RTP_HZ, 0.1, 0.2)) == pytest.approx(0.3, abs=0.02)


def test_aiortc_keeps_the_timestamp_where_it_is_looked_for() -> None:
    """A sender of the pinned version has the attribute."""

    async def look() -> bool:
        connection = RTCPeerConnection()
        sender = connection.addTransceiver("audio").sender
        names = (TIMESTAMP_ATTRIBUTE, REPORT_ATTRIBUTE, REPORTED_ATTRIBUTE)
        found = all(hasattr(sender, name) for name in names)
        await connection.close()
        return found

    assert asyncio.run(look())


@pytest.mark.net
@pytest.mark.slow
def test_a_player_is_told_one_time_for_voice_and_picture(monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a real call: whatever the machine does meanwhile, lips lead by what a screen takes."""
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda *_, **__: ["127.0.0.1"])
    zero_s: dict[str, list[float]] = {"voice": [], "face": []}

    async def play() -> None:
        house = Household(FakeStages(), EngineConfig(), MonotonicClock())
        house.start()
        peer, caller = Peer(house, house.make_parts("ultra", "default"), print), Caller()
        try:
            await caller.call(peer)
            for receiver in caller.pc.getReceivers():
                at = peer.connection.sent["voice" if receiver.track.kind == "audio" else "face"]
                told = zero_s["voice" if receiver.track.kind == "audio" else "face"]
                handle = receiver._handle_rtcp_packet

                async def take(
                    packet: object,
                    handle: Any = handle,
                    at: SentTime = at,
                    told: list[float] = told,
                ) -> None:
                    if isinstance(packet, RtcpSrPacket) and at.zero is not None:
                        info = packet.sender_info
                        pts = at.media_time(info.rtp_timestamp, peer.session)
                        told.append(info.ntp_timestamp / 2**32 - pts / TICKS_PER_SECOND)
                    await handle(packet)

                receiver._handle_rtcp_packet = take
            await caller.until(lambda: min(map(len, zero_s.values())) >= 3, 20.0)
        finally:
            await peer.close()
            await caller.close()
            await asyncio.to_thread(house.stop)

    asyncio.run(play())
    # The first of each may have gone out before its origin was known, as aiortc writes it.
    assert zero_s["voice"][-1] - LIPS_EARLY_S == pytest.approx(zero_s["face"][-1], abs=0.012)
